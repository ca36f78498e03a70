#!/bin/sh
# Before the management agents. Releases to 4.1 source this file, later ones run it with a word; either will do.
case ${1:-start} in
stop | status | restart) ;;
*) /bin/sh /usr/lib/hobnail/run.sh early </dev/null >/dev/null 2>&1 ;;
esac
# shellcheck disable=SC2317 # reached where the file is run, not sourced
return "${SUCCESS:-0}" 2>/dev/null || exit 0
