#!/bin/sh
# Boots the stand-in of a host: runs the hooks as its release does, and waits for what they left in the background.
if [ -d /etc/vmware/init/init.d ]; then
	SUCCESS=0
	for file in /etc/vmware/init/init.d/*; do
		# shellcheck disable=SC1090 # what the overlay brought
		. "$file"
		status=$?
		[ "$status" -eq 0 ] || { echo "$file returned $status" >&2; exit 1; }
	done
elif [ -x /etc/init.d/47.hobnail ]; then
	/etc/init.d/47.hobnail start || { echo "the init script ended with $?" >&2; exit 1; }
fi
if [ -x /etc/rc.local.d/local.sh ]; then
	/etc/rc.local.d/local.sh || { echo "local.sh ended with $?" >&2; exit 1; }
elif [ -x /etc/rc.local ]; then
	/etc/rc.local || { echo "rc.local ended with $?" >&2; exit 1; }
fi
if [ -f /usr/lib/hobnail/run.sh ] && { [ -x /etc/rc.local.d/local.sh ] || grep -q hobnail /etc/rc.local; }; then
	waited=0
	while [ "$waited" -lt 600 ]; do
		[ ! -e /var/run/hobnail/late.done ] || exit 0
		/bin/busybox sleep 0.05
		waited=$((waited + 1))
	done
	echo "the late steps did not end within 30 seconds" >&2
	exit 1
fi
