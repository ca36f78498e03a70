#!/bin/sh
# To 4.1. Names end at two blanks or more in what esxcfg-vswitch lists.
while IFS=$US read -r key name mtu uplinks _ <&3; do
	[ "$key" = switch ] || continue
	case "
$(esxcfg-vswitch -l </dev/null)" in
	*"
$name "*) say already "vSwitch $name" ;;
	*) try "vSwitch $name" esxcfg-vswitch -a "$name" ;;
	esac
	[ -z "$mtu" ] || try "vSwitch $name, MTU $mtu" esxcfg-vswitch -m "$mtu" "$name"
	for uplink in $uplinks; do
		nic_of "$uplink" || continue
		if holds "$(esxcfg-vswitch -l </dev/null)" "$nic"; then
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
