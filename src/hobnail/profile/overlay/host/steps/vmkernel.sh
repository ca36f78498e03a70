#!/bin/sh
# 5.0 and later.
while IFS=$US read -r key name group address netmask mtu tags _ <&3; do
	[ "$key" = vmkernel ] || continue
	case "
$(cli network ip interface list </dev/null)
" in
	*"
$name
"*) say already "VMkernel port $name" ;;
	*)
		set -- -i "$name" -p "$group"
		[ -z "$mtu" ] || set -- "$@" -m "$mtu"
		try "VMkernel port $name" cli network ip interface add "$@"
		;;
	esac
	if [ -n "$address" ]; then
		try "$name: address $address" cli network ip interface ipv4 set -i "$name" -I "$address" -N "$netmask" -t static
	else
		try "$name: address by DHCP" cli network ip interface ipv4 set -i "$name" -t dhcp
	fi
	[ -n "$tags" ] || continue
	have=$(cli network ip interface tag get -i "$name" </dev/null)
	for tag in $tags; do
		if holds "$have" "$tag"; then
			say already "$name: $tag"
		else
			try "$name: $tag" cli network ip interface tag add -i "$name" -t "$tag"
		fi
	done
done 3<"$settings"
