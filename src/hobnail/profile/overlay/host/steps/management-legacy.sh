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

case $(esxcfg-vmknic -l </dev/null) in
*"$group"*) new=no ;;
*) new=yes ;;
esac
if get dhcp; then
	if [ "$new" = yes ]; then # -P and esxcfg-init -R as xCAT has them
		try "address by DHCP" esxcfg-vmknic -a -i DHCP -P -p "$group"
		booted_from && try "management by the card $mac" esxcfg-init -R "$mac" -K vmk0
	else
		try "address by DHCP" esxcfg-vmknic -i DHCP -p "$group"
	fi
elif get address; then
	address=$value
	get netmask
	set -- -i "$address" -n "$value" -p "$group"
	[ "$new" = no ] || set -- -a "$@"
	try "address $address" esxcfg-vmknic "$@"
fi
get gateway && try "gateway $value" esxcfg-route "$value"
:
