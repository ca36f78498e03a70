#!/bin/sh
# 7.0 and later.
set -- --enabled=yes
while IFS=$US read -r key server _; do
	[ "$key" = ntp_server ] && set -- "$@" --server="$server"
done <"$settings"
try "time servers" cli system ntp set "$@"
try "firewall lets NTP out" cli network firewall ruleset set -r ntpClient -e true
