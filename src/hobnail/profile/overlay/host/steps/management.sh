#!/bin/sh
# 5.0 and later: the image has made vSwitch0, its port group and vmk0 already.
group="Management Network"
if get uplink && nic_of "$value"; then
	uplinks=$(cli network vswitch standard list -v vSwitch0 </dev/null | sed -n 's/^ *Uplinks: *//p')
	if holds "$uplinks" "$nic"; then
		say already "uplink $nic"
		added=yes
	elif try "uplink $nic" cli network vswitch standard uplink add -v vSwitch0 -u "$nic"; then
		added=yes
	else
		added=no
	fi
	# The card that was asked for is the only one; another is let go when it is sure that the host stays reachable.
	if [ "$added" = yes ]; then
		for other in $(words_of "$uplinks"); do
			[ "$other" = "$nic" ] ||
				try "uplink $other removed" cli network vswitch standard uplink remove -v vSwitch0 -u "$other"
		done
	fi
fi
get vlan && try "VLAN $value" cli network vswitch standard portgroup set -p "$group" -v "$value"
if get dhcp; then
	try "address by DHCP" cli network ip interface ipv4 set -i vmk0 -t dhcp
elif get address; then
	address=$value
	get netmask
	try "address $address" cli network ip interface ipv4 set -i vmk0 -I "$address" -N "$value" -t static
fi
get gateway || exit 0
gateway=$value
if get route_command && [ "$value" = esxcfg ]; then
	try "gateway $gateway" esxcfg-route "$gateway"
	exit 0
fi
old=$(cli network ip route ipv4 list </dev/null | awk '$1 == "default" { print $3; exit }')
if [ "$old" = "$gateway" ]; then
	say already "gateway $gateway"
	exit 0
fi
[ -z "$old" ] || try "gateway $old removed" cli network ip route ipv4 remove -n default -g "$old"
try "gateway $gateway" cli network ip route ipv4 add -n default -g "$gateway"
