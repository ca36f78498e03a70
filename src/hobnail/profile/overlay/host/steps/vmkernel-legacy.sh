#!/bin/sh
# To 4.1: ports take the next free name, so a port is known by its port group.
while IFS=$US read -r key _ group address netmask mtu _ <&3; do
	[ "$key" = vmkernel ] || continue
	case $(esxcfg-vmknic -l </dev/null) in
	*"$group  "*) set -- ;;
	*) set -- -a ;;
	esac
	[ -z "$mtu" ] || set -- "$@" -m "$mtu"
	if [ -n "$address" ]; then
		set -- "$@" -i "$address" -n "$netmask"
	else
		set -- "$@" -i DHCP
	fi
	try "VMkernel port of $group" esxcfg-vmknic "$@" -p "$group"
done 3<"$settings"
