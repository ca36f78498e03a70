#!/bin/sh
# To 4.1. The names of port groups end at two blanks or more in what esxcfg-vswitch lists.
while IFS=$US read -r key name mtu uplinks _ <&3; do
	[ "$key" = switch ] || continue
	if [ -n "$(switch_line "$name")" ]; then
		say already "vSwitch $name"
	else
		try "vSwitch $name" esxcfg-vswitch -a "$name"
	fi
	[ -z "$mtu" ] || try "vSwitch $name, MTU $mtu" esxcfg-vswitch -m "$mtu" "$name"
	for uplink in $uplinks; do
		nic_of "$uplink" || continue
		if holds "$(switch_line "$name")" "$nic"; then
			say already "uplink $nic of $name"
		else
			try "uplink $nic of $name" esxcfg-vswitch -L "$nic" "$name"
		fi
	done
done 3<"$settings"
while IFS=$US read -r key name switch vlan _ <&3; do
	[ "$key" = port_group ] || continue
	case $(esxcfg-vswitch -l </dev/null) in
	*"
  $name  "*) say already "port group $name" ;;
	*) try "port group $name" esxcfg-vswitch -A "$name" "$switch" ;;
	esac
	try "port group $name, VLAN $vlan" esxcfg-vswitch -v "$vlan" -p "$name" "$switch"
done 3<"$settings"
