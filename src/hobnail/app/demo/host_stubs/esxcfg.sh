#!/bin/sh
# The esxcfg-… programs, as far as hosts of all releases have them.
. /stub/common.sh
name=${0##*/}
called "$name" "$@"

case $name in
esxcfg-nics)
	[ "$*" = -l ] || die "Invalid option $*"
	echo "Name    PCI      Driver      Link Speed     Duplex MAC Address       MTU    Description"
	awk '{ printf "%-7s 02:00.0 e1000       Up   1000Mbps  Full   %s 1500   Card\n", $1, $2 }' "$stub/nics"
	;;
esxcfg-advcfg)
	{ [ $# -eq 3 ] && [ "$1" = -s ]; } || die "usage: esxcfg-advcfg -s VALUE PATH"
	case $3 in /*/*) keep advanced "$3" "$2" ;; *) die "Unable to find option" ;; esac
	;;
esxcfg-route)
	[ $# -eq 1 ] || die "usage: esxcfg-route GATEWAY"
	case $1 in -*) die "Invalid option $1" ;; *) keep route default "$1" ;; esac
	;;
esxcfg-init)
	{ [ $# -eq 4 ] && [ "$1" = -R ] && [ "$3" = -K ]; } || die "usage: esxcfg-init -R MAC -K VMK"
	kept vmk "$4" >/dev/null || die "no vmkernel nic $4"
	keep bootnic "$4" "$2"
	;;
esxcfg-nas)
	case $1 in
	-l)
		awk -F"$TAB" '{ split($2, at, "|"); printf "%s is %s from %s mounted available\n", $1, at[2], at[1] }' "$stub/nfs"
		;;
	-a)
		{ [ $# -eq 6 ] && [ "$2" = -o ] && [ "$4" = -s ]; } || die "usage: esxcfg-nas -a -o HOST -s SHARE LABEL"
		kept nfs "$6" >/dev/null && die "Error performing operation: Unable to complete Sysinfo operation"
		keep nfs "$6" "$3|$5|false|3"
		echo "Connecting to NAS volume: $6"
		echo "$6 created and connected."
		;;
	*) die "Invalid option $1" ;;
	esac
	;;
esxcfg-vswitch)
	case $1 in
	-l)
		awk -F"$TAB" '{ print $1 }' "$stub/uplinks" | while read -r switch; do
			echo "Switch Name      Num Ports   Used Ports  Configured Ports  MTU     Uplinks"
			printf '%s         64          1           64                %s    %s\n\n' "$switch" \
				"$(kept mtu "$switch")" "$(kept uplinks "$switch" | sed 's/ /,/g')"
			echo "  PortGroup Name        VLAN ID  Used Ports  Uplinks"
			awk -F"$TAB" -v switch="$switch" '{ split($2, at, "|")
				if (at[1] == switch) printf "  %-20s  %-7s  0           \n", $1, at[2] }' "$stub/groups"
			echo
		done
		;;
	-a)
		[ $# -eq 2 ] || die "usage"
		kept uplinks "${2%%:*}" >/dev/null && die "vswitch ${2%%:*} already exists"
		keep uplinks "${2%%:*}" ""
		;;
	-m)
		kept uplinks "$3" >/dev/null || die "no vswitch $3"
		keep mtu "$3" "$2"
		;;
	-A)
		kept uplinks "$3" >/dev/null || die "no vswitch $3"
		kept groups "$2" >/dev/null && die "portgroup $2 already exists"
		keep groups "$2" "$3|0"
		;;
	-L)
		free_nic "$2"
		uplinks=$(kept uplinks "$3") || die "no vswitch $3"
		keep uplinks "$3" "${uplinks:+$uplinks }$2"
		;;
	-v)
		{ [ $# -eq 5 ] && [ "$3" = -p ]; } || die "usage: esxcfg-vswitch -v VLAN -p GROUP SWITCH"
		kept groups "$4" >/dev/null || die "no portgroup $4"
		keep groups "$4" "$5|$2"
		;;
	*) die "Invalid option $1" ;;
	esac
	;;
esxcfg-vmknic)
	if [ "$*" = -l ]; then
		echo "Interface  Port Group          IP Family IP Address    Netmask   MAC Address  MTU  Enabled Type"
		[ ! -f "$stub/vmk" ] || awk -F"$TAB" '{ printf "%-9s  %-18s  IPv4  x  x\n", $1, $2 }' "$stub/vmk"
		exit 0
	fi
	options "a:add P:P i:ip= n:netmask= p:portgroup= m:mtu=" "$@"
	kept groups "${o_p:?}" >/dev/null || die "no portgroup $o_p"
	touch "$stub/vmk"
	vmk=$(awk -F"$TAB" -v group="$o_p" '$2 == group { print $1 }' "$stub/vmk")
	if [ -n "${o_a:-}" ]; then
		[ -z "$vmk" ] || die "A vmkernel nic for the connection point already exists"
		vmk=vmk$(wc -l <"$stub/vmk")
		keep vmk "$vmk" "$o_p"
	fi
	[ -n "$vmk" ] || die "no vmkernel nic in $o_p"
	case ${o_i:?} in
	DHCP) keep ipv4 "$vmk" dhcp ;;
	*) keep ipv4 "$vmk" "$o_i ${o_n:?}" ;;
	esac
	keep mtu "$vmk" "${o_m:-1500}"
	;;
*) die "no such program: $name" ;;
esac
