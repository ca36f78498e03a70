#!/bin/sh
# To 5.0: the port of a port group is made vMotion's. To 4.1 its name is looked up, as it could not be chosen.
while IFS=$US read -r key name group _ <&3; do
	[ "$key" = vmotion ] || continue
	get era
	if [ "$value" = legacy ]; then
		name=$(esxcfg-vmknic -l </dev/null | GROUP="$group  " awk 'index($0, ENVIRON["GROUP"]) { print $1; exit }')
	fi
	if [ -n "$name" ]; then
		try "vMotion on $name" vim-cmd hostsvc/vmotion/vnic_set "$name"
	else
		say failed "no VMkernel port stands in $group"
	fi
done 3<"$settings"
