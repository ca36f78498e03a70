#!/bin/sh
# 5.0 and later.
while IFS=$US read -r key name mtu uplinks _ <&3; do
	[ "$key" = switch ] || continue
	if quietly cli network vswitch standard list -v "$name"; then
		say already "vSwitch $name"
	else
		try "vSwitch $name" cli network vswitch standard add -v "$name"
	fi
	[ -z "$mtu" ] || try "vSwitch $name, MTU $mtu" cli network vswitch standard set -v "$name" -m "$mtu"
	for uplink in $uplinks; do
		nic_of "$uplink" || continue
		if holds "$(cli network vswitch standard list -v "$name" </dev/null | sed -n 's/^ *Uplinks: *//p')" "$nic"; then
			say already "uplink $nic of $name"
		else
			try "uplink $nic of $name" cli network vswitch standard uplink add -v "$name" -u "$nic"
		fi
	done
done 3<"$settings"
while IFS=$US read -r key name switch vlan _ <&3; do
	[ "$key" = port_group ] || continue
	case "
$(cli network vswitch standard portgroup list </dev/null)" in
	*"
$name  "*) say already "port group $name" ;;
	*) try "port group $name" cli network vswitch standard portgroup add -v "$switch" -p "$name" ;;
	esac
	try "port group $name, VLAN $vlan" cli network vswitch standard portgroup set -p "$name" -v "$vlan"
done 3<"$settings"
