#!/bin/sh
# 5.5: vSAN's network has a command of its own.
while IFS=$US read -r key name _ <&3; do
	[ "$key" = vsan ] || continue
	if holds "$(cli vsan network list </dev/null)" "$name"; then
		say already "$name: vSAN"
	else
		try "$name: vSAN" cli vsan network ipv4 add -i "$name"
	fi
done 3<"$settings"
