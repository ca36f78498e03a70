#!/bin/sh
# To 4.1.
while IFS=$US read -r key option _ setting _ <&3; do
	[ "$key" = advanced ] && try "$option" esxcfg-advcfg -s "$setting" "$option"
done 3<"$settings"
:
