#!/bin/sh
# 5.0 and later: servers and domains are added to what is there.
servers=$(cli network ip dns server list </dev/null)
domains=$(cli network ip dns search list </dev/null)
while IFS=$US read -r key name _ <&3; do
	case $key in
	name_server)
		if holds "$servers" "$name"; then
			say already "name server $name"
		else
			try "name server $name" cli network ip dns server add --server="$name"
		fi
		;;
	search_domain)
		if holds "$domains" "$name"; then
			say already "search domain $name"
		else
			try "search domain $name" cli network ip dns search add --domain="$name"
		fi
		;;
	esac
done 3<"$settings"
