#!/bin/sh
# 5.0 and later: numbers and texts are set by different words.
while IFS=$US read -r key option kind setting _ <&3; do
	[ "$key" = advanced ] || continue
	if [ "$kind" = int ]; then
		try "$option" cli system settings advanced set -o "$option" -i "$setting"
	else
		try "$option" cli system settings advanced set -o "$option" -s "$setting"
	fi
done 3<"$settings"
