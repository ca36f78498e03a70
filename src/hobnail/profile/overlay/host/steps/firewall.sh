#!/bin/sh
# 5.0 and later.
while IFS=$US read -r key ruleset open _ <&3; do
	[ "$key" = firewall ] || continue
	try "ruleset $ruleset: $open" cli network firewall ruleset set -r "$ruleset" -e "$open"
done 3<"$settings"
