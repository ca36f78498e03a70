#!/bin/sh
# Small programs: the log, the services, the clock, the kernel's shell.
. /stub/common.sh
name=${0##*/}
called "$name" "$@"
case $name in
logger)
	{ [ "$1" = -t ] && [ $# -eq 3 ]; } || die "usage: logger -t TAG TEXT"
	echo "$2: $3" >>"$stub/syslog.log"
	;;
sleep) [ $# -eq 1 ] && [ "$1" -gt 0 ] ;; # no time passes here
hostname) [ $# -eq 1 ] && keep hostname kernel "$1" ;;
chkconfig)
	[ $# -eq 2 ] || die "usage: chkconfig SERVICE on|off"
	case $2 in on | off) keep chkconfig "$1" "$2" ;; *) die "usage: chkconfig SERVICE on|off" ;; esac
	;;
vsish)
	[ "$*" = "-e get /system/bootCmdLine" ] || die "VSISHCmdGet: unknown node"
	cat "$stub/bootCmdLine"
	;;
SSH | ESXShell | ntpd) # etc/init.d
	case $1 in
	start | restart) keep running "$name" on ;;
	stop) keep running "$name" off ;;
	*) die "usage: $name start|stop|restart" ;;
	esac
	;;
*) die "no such program: $name" ;;
esac
