#!/bin/sh
# To 4.1: the file of the resolver. Servers that DHCP brought stay where none are asked for.
{
	if get search; then
		cat <<LINE
search $value
LINE
	else
		sed -n '/^search /p' /etc/resolv.conf 2>/dev/null
	fi
	if get name_server; then
		while IFS=$US read -r key address _; do
			[ "$key" = name_server ] && cat <<LINE
nameserver $address
LINE
		done <"$settings"
	else
		sed -n '/^nameserver /p' /etc/resolv.conf 2>/dev/null
	fi
} | put /etc/resolv.conf
