#!/bin/sh
# What every step uses. Old busybox ash must run this: no printf, no local, no arrays, nothing evaluated.
# Values come from the data file only, by `read -r`; see values.py for its form.

hobnail=/usr/lib/hobnail
settings=$hobnail/settings
run=/var/run/hobnail
log=/var/log/hobnail.log

phase=${phase:-none}
step=${step:-none}
hostd=${hostd:-no}
value=
US=
read -r US <"$settings" || :

# say RESULT TEXT: RESULT is ok, already, failed or note.
say() {
	said=$1
	shift
	cat >>"$log" <<SAID
$(date -u '+%Y-%m-%dT%H:%M:%SZ') $phase $step $said: $*
SAID
	logger -t hobnail "$phase $step $said: $*" || :
}

# get KEY: puts the first field of KEY's record into `value`; fails where there is none.
# shellcheck disable=SC2034 # `value` is for the steps
get() {
	value=
	while IFS=$US read -r key field _; do
		[ "$key" = "$1" ] || continue
		value=$field
		return 0
	done <"$settings"
	return 1
}

# quietly COMMAND...: runs it, its output goes into `output`. Fails when it fails, and when vim-cmd, which then
# still ends with 0, prints a fault.
quietly() {
	output=$("$@" </dev/null 2>&1) || return 1
	case $output in
	*"(vim.fault."* | *"(vmodl.fault."*) return 1 ;;
	esac
	return 0
}

# try WHAT COMMAND...: runs it and logs the result, on failure with what it printed.
try() {
	what=$1
	shift
	if quietly "$@"; then
		say ok "$what"
		return 0
	fi
	say failed "$what: $(first_line "$output")"
	return 1
}

# try_secret: as try, for commands that may print a secret.
try_secret() {
	what=$1
	shift
	if quietly "$@"; then
		say ok "$what"
		return 0
	fi
	say failed "$what"
	return 1
}

first_line() {
	while IFS= read -r line; do
		if [ -n "$line" ]; then
			cat <<LINE
$line
LINE
			return 0
		fi
	done <<TEXT
$1
TEXT
}

# cli WORDS...: esxcli where the management agent answers, else localcli, which needs none.
cli() {
	if [ "$hostd" = yes ]; then
		esxcli "$@"
	else
		localcli "$@"
	fi
}

# put FILE: makes FILE hold standard input. Written in place, so that owner, mode and sticky bit stay.
put() {
	cat >"$run/new" || return 1
	if [ -f "$1" ] && [ "$(cat "$run/new")" = "$(cat "$1")" ]; then
		rm -f "$run/new"
		say already "$1"
		return 0
	fi
	if cat "$run/new" >"$1" && [ "$(cat "$run/new")" = "$(cat "$1")" ]; then
		rm -f "$run/new"
		say ok "$1 written"
		return 0
	fi
	rm -f "$run/new"
	say failed "$1 could not be written"
	return 1
}

# holds TEXT PART: whether PART, with blanks, commas or line ends around it, is in TEXT.
holds() {
	for word in $(words_of "$1"); do
		[ "$word" = "$2" ] && return 0
	done
	return 1
}

# words_of TEXT: TEXT without commas, to be split at blanks.
words_of() {
	sed 's/,/ /g' <<TEXT
$1
TEXT
}

# nic_of TEXT: puts the vmnic of a MAC address into `nic`; a name stays as it is.
nic_of() {
	case $1 in
	*:*) nic=$(esxcfg-nics -l </dev/null | awk -v mac="$1" \
		'{ for (i = 2; i <= NF; i++) if (tolower($i) == mac) { print $1; exit } }') ;;
	*) nic=$1 ;;
	esac
	[ -n "$nic" ] && return 0
	say failed "no network card has the address $1"
	return 1
}

# booted_from: puts the MAC address that the boot loader named into `mac`; empty where it named none.
booted_from() {
	mac=$(vsish -e get /system/bootCmdLine </dev/null 2>/dev/null |
		sed -n 's/.*BOOTIF=01-\([0-9a-fA-F-]*\).*/\1/p' | sed 's/-/:/g' | awk '{ print tolower($0) }')
	[ -n "$mac" ]
}

# switch_line NAME: what esxcfg-vswitch lists of a vSwitch itself: its name, numbers, uplinks.
switch_line() {
	esxcfg-vswitch -l </dev/null | NAME="$1 " awk 'index($0, ENVIRON["NAME"]) == 1 { print; exit }'
}
