#!/bin/sh
# What the stand-ins for a host's programs share. They keep their state in files of /stub, know what their release
# knew, and refuse every word that they do not know: a wrong option in a script of ours fails here.
# /stub/fail holds lines; a call that begins with one of them fails, as on a host where something is broken.

stub=/stub
TAB='	'
read -r release <"$stub/release"

die() {
	echo "$*" >&2
	exit 1
}

# since MAJOR MINOR: whether the release is that or later.
since() {
	major=${release%%.*}
	minor=${release#*.}
	minor=${minor%%.*}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

need() {
	since "$1" "$2" || die "Error: Unknown command or namespace ($release)"
}

# The call is written down, and fails where it is meant to.
called() {
	echo "$*" >>"$stub/calls"
	while IFS= read -r failing; do
		case "$* " in
		"$failing "*) die "Error: failed on purpose" ;;
		esac
	done <"$stub/fail"
}

# keep FILE KEY VALUE: one line for each key, sorted.
keep() {
	touch "$stub/$1"
	{
		awk -F"$TAB" -v key="$2" '$1 != key' "$stub/$1"
		printf '%s\t%s\n' "$2" "$3"
	} | sort >"$stub/$1.new"
	mv "$stub/$1.new" "$stub/$1"
}

# kept FILE KEY: the value; fails where there is none.
kept() {
	[ -f "$stub/$1" ] || return 1
	awk -F"$TAB" -v key="$2" '$1 == key { print $2; found = 1 } END { exit !found }' "$stub/$1"
}

drop() {
	awk -F"$TAB" -v key="$2" '$1 != key' "$stub/$1" >"$stub/$1.new"
	mv "$stub/$1.new" "$stub/$1"
}

# options SPEC WORDS...: puts option values into o_LETTER. SPEC is "v:host= r:readonly" and the like: letter, long
# name, "=" where it takes a value.
options() {
	spec=$1
	shift
	while [ $# -gt 0 ]; do
		found=
		for one in $spec; do
			letter=${one%%:*}
			long=${one#*:}
			takes=no
			case $long in *=) takes=yes long=${long%=} ;; esac
			case $1 in
			"--$long="*) [ $takes = yes ] && given=${1#*=} found=$letter ;;
			"--$long" | "-$letter")
				if [ $takes = yes ]; then
					[ $# -ge 2 ] || die "Error: option $1 needs a value"
					given=$2 found=$letter
					shift
				else
					given=yes found=$letter
				fi
				;;
			esac
			[ -z "$found" ] || break
		done
		[ -n "$found" ] || die "Error: Invalid option $1"
		eval "seen=\${o_$found:-}"
		if [ -n "$seen" ]; then given="$seen $given"; fi
		eval "o_$found=\$given"
		shift
	done
}

boolean() {
	case $1 in
	true | yes | y | 1 | false | no | n | 0) ;;
	*) die "Error: $1 is neither true nor false" ;;
	esac
}

# free_nic NAME: a card that is there and in no vSwitch yet.
free_nic() {
	awk -v nic="$1" '$1 == nic { found = 1 } END { exit !found }' "$stub/nics" || die "Error: no such uplink $1"
	case " $(awk -F"$TAB" '{ printf "%s ", $2 }' "$stub/uplinks")" in
	*" $1 "*) die "Error: Uplink already exists: $1" ;;
	esac
}
