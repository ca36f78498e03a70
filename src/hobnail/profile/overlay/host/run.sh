#!/bin/sh
# run.sh early|late: runs the steps of a phase. A step that fails does not stop the rest, and nothing stops the boot.

phase=${1:-}
case $phase in
early | late) ;;
*) echo "usage: run.sh early|late" >&2; exit 2 ;;
esac

PATH=/bin:/sbin:/usr/bin:/usr/sbin:${PATH:-/bin}
export PATH
umask 077 # root's hash passes through this folder
mkdir -p /var/run/hobnail
umask 022
mkdir -p /var/log
# shellcheck source=lib.sh
. /usr/lib/hobnail/lib.sh
step=run

if ! mkdir "$run/$phase.lock" 2>/dev/null; then
	say note "another run is under way"
	exit 0
fi

# Where nothing ran the early steps (which releases run a script of ours in etc/init.d is not proven), they run now.
if [ "$phase" = late ] && [ ! -e "$run/early.done" ]; then
	sh "$hobnail/run.sh" early
fi

# The management agent takes minutes to come up, and where it never does the rest is done without it.
if [ "$phase" = late ]; then
	waited=0
	while [ "$waited" -lt 60 ]; do
		if quietly vim-cmd hostsvc/hostsummary; then
			hostd=yes
			break
		fi
		waited=$((waited + 1))
		sleep 10
	done
	[ "$hostd" = yes ] || say failed "the management agent did not come up in 10 minutes"
fi

for file in "$hobnail/$phase.d"/*; do
	[ -f "$file" ] || continue
	step=${file##*/}
	step=${step%.sh}
	(
		set -f -u
		# shellcheck disable=SC1090 # one of steps/*.sh
		. "$file"
		exit 0
	) || say failed "the step ended with status $?"
done

for file in "$hobnail/$phase.user"/*; do
	[ -f "$file" ] || continue
	step=${file##*/}
	try "script of the profile" "$file"
done

step=run
say ok "$phase steps are done"
: >"$run/$phase.done"
rmdir "$run/$phase.lock"
exit 0
