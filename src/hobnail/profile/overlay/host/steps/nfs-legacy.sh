#!/bin/sh
# To 4.1. The network may still be coming up: five tries.
while IFS=$US read -r key label server share _ <&3; do
	[ "$key" = nfs ] || continue
	tries=0
	while :; do
		case "
$(esxcfg-nas -l </dev/null)" in
		*"
$label is $share from $server "*)
			[ "$tries" = 0 ] && say already "store $label"
			break
			;;
		esac
		tries=$((tries + 1))
		try "store $label, try $tries" esxcfg-nas -a -o "$server" -s "$share" "$label" && break
		[ "$tries" -lt 5 ] || break
		sleep 10
	done
done 3<"$settings"
