#!/bin/sh
# To 4.1: the file of the resolver.
{
	get search && cat <<LINE
search $value
LINE
	while IFS=$US read -r key address _; do
		[ "$key" = name_server ] && cat <<LINE
nameserver $address
LINE
	done <"$settings"
} | put /etc/resolv.conf
