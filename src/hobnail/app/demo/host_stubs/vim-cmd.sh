#!/bin/sh
# vim-cmd: talks to the management agent, which comes up after some calls. Its faults end with status 0.
. /stub/common.sh
called vim-cmd "$@"
if [ ! -e "$stub/hostd" ]; then
	read -r left <"$stub/hostd-after"
	[ "$left" -le 0 ] && : >"$stub/hostd"
	echo $((left - 1)) >"$stub/hostd-after"
fi
[ -e "$stub/hostd" ] || die "Failed to login: Connection refused"

fault() {
	echo "($1) {"
	exit 0
}

verb=$1
shift
case $verb in
hostsvc/hostsummary) [ $# -eq 0 ] && echo "Listsummary:" ;;
hostsvc/enable_ssh | hostsvc/disable_ssh | hostsvc/start_ssh | hostsvc/stop_ssh)
	since 5 0 || fault vmodl.fault.MethodNotFound
	case ${verb#hostsvc/} in
	enable_ssh) keep policy ssh on ;;
	disable_ssh) keep policy ssh off ;;
	start_ssh) keep running SSH on ;;
	stop_ssh) keep running SSH off ;;
	esac
	;;
hostsvc/enable_esx_shell | hostsvc/disable_esx_shell | hostsvc/start_esx_shell | hostsvc/stop_esx_shell)
	since 5 0 || fault vmodl.fault.MethodNotFound
	case ${verb#hostsvc/} in
	enable_*) keep policy shell on ;;
	disable_*) keep policy shell off ;;
	start_*) keep running ESXShell on ;;
	stop_*) keep running ESXShell off ;;
	esac
	;;
hostsvc/*_remote_tsm | hostsvc/*_local_tsm)
	since 4 1 || fault vmodl.fault.MethodNotFound
	case $verb in *remote*) name=SSH policy=ssh ;; *) name=ESXShell policy=shell ;; esac
	case ${verb#hostsvc/} in
	enable_*) keep policy $policy on ;;
	disable_*) keep policy $policy off ;;
	start_*) keep running $name on ;;
	stop_*) keep running $name off ;;
	*) fault vmodl.fault.MethodNotFound ;;
	esac
	;;
hostsvc/advopt/update)
	[ $# -eq 3 ] || fault vmodl.fault.InvalidArgument
	case $2 in
	string | int | long | bool) keep advanced "$1" "$3" ;;
	*) fault vmodl.fault.InvalidArgument ;;
	esac
	;;
hostsvc/vmotion/vnic_set)
	kept vmk "$1" >/dev/null || fault vim.fault.InvalidArgument
	keep vmotion "$1" yes
	;;
vimsvc/license)
	case $1 in
	--set=*-*) keep license key "${1#--set=}" ;;
	*) fault vmodl.fault.InvalidArgument ;;
	esac
	;;
*) fault vmodl.fault.MethodNotFound ;;
esac
