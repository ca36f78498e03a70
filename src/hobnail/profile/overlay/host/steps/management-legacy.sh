#!/bin/sh
# To 4.1: the kernel alone is up. vSwitch0 and its port group may be there already.
group="Management Network"
if get uplink; then
	nic_of "$value" || exit 0
elif booted_from; then
	nic_of "$mac" || exit 0
else
	nic=
fi
switches=$(esxcfg-vswitch -l </dev/null)
case $switches in
*vSwitch0*) say already "vSwitch0" ;;
*) try "vSwitch0" esxcfg-vswitch -a vSwitch0:64 ;;
esac
case $switches in
*"$group"*) say already "port group $group" ;;
*) try "port group $group" esxcfg-vswitch -A "$group" vSwitch0 ;;
esac
if [ -n "$nic" ]; then
	if holds "$(switch_line vSwitch0)" "$nic"; then
		say already "uplink $nic"
	else
		try "uplink $nic" esxcfg-vswitch -L "$nic" vSwitch0
	fi
fi
get vlan && try "VLAN $value" esxcfg-vswitch -v "$value" -p "$group" vSwitch0

mode=-a
case $(esxcfg-vmknic -l </dev/null) in
*"$group"*) mode= ;;
esac
if get dhcp; then
	# shellcheck disable=SC2086 # nothing, where the port is there
	try "address by DHCP" esxcfg-vmknic $mode -i DHCP -p "$group"
elif get address; then
	address=$value
	get netmask
	# shellcheck disable=SC2086
	try "address $address" esxcfg-vmknic $mode -i "$address" -n "$value" -p "$group"
fi
get gateway && try "gateway $value" esxcfg-route "$value"
:
