#!/bin/sh
# 5.0 and later; NFS 4.1 from 6.0 on. The network may still be coming up: five tries.
while IFS=$US read -r key label server share read_only version _ <&3; do
	[ "$key" = nfs ] || continue
	if [ "$version" = 4.1 ]; then
		space=nfs41
		set -- --hosts="$server" --share="$share" --volume-name="$label"
	else
		space=nfs
		set -- --host="$server" --share="$share" --volume-name="$label"
	fi
	[ "$read_only" = yes ] && set -- "$@" -r
	tries=0
	while :; do
		case "
$(cli storage "$space" list </dev/null)" in
		*"
$label  "*)
			[ "$tries" = 0 ] && say already "store $label"
			break
			;;
		esac
		tries=$((tries + 1))
		try "store $label, try $tries" cli storage "$space" add "$@" && break
		[ "$tries" -lt 5 ] || break
		sleep 10
	done
done 3<"$settings"
