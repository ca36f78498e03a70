#!/bin/sh
# esxcli and localcli of 5.0 and later: the one needs the management agent, the other does not.
. /stub/common.sh
need 5 0
name=${0##*/}
if [ "$name" = esxcli ] && [ ! -e "$stub/hostd" ]; then
	die "Connect to localhost failed: Connection failure"
fi
called esxcli "$@"

words=
while [ $# -gt 0 ]; do
	case $1 in
	-*) break ;;
	esac
	words="$words $1"
	shift
done

case ${words# } in
"system hostname set")
	options "f:fqdn= H:host= d:domain=" "$@"
	if [ -n "${o_f:-}" ]; then
		keep hostname fqdn "$o_f"
	elif [ -n "${o_H:-}" ]; then
		keep hostname fqdn "$o_H"
	else
		keep hostname domain "${o_d:?}"
	fi
	;;
"system account list") options "" "$@" ;;
"system ntp set")
	need 7 0
	options "s:server= e:enabled=" "$@"
	boolean "${o_e:?}"
	keep ntp servers "${o_s:?}"
	;;
"system syslog config set")
	options "l:loghost=" "$@"
	keep syslog loghost "${o_l:?}"
	;;
"system syslog reload") options "" "$@" ;;
"system settings advanced set")
	options "o:option= i:int-value= s:string-value=" "$@"
	case ${o_o:?} in
	/*/*) ;;
	*) die "Error: Unable to find option $o_o" ;;
	esac
	[ -z "${o_i:-}" ] || [ "$o_i" -eq "$o_i" ] || die "Error: not a number"
	keep advanced "$o_o" "${o_i:-${o_s:-}}"
	;;
"system welcomemsg set")
	need 6 0
	options "m:message=" "$@"
	printf '%s\n' "${o_m:?}" >"$stub/welcome"
	;;
"network firewall ruleset set")
	options "r:ruleset-id= e:enabled=" "$@"
	boolean "${o_e:?}"
	keep firewall "${o_r:?}" "$o_e"
	;;
"network ip dns server list")
	options "" "$@"
	echo "   DNSServers: $(kept dns servers | sed 's/ /, /g')"
	;;
"network ip dns server add")
	options "s:server=" "$@"
	case " $(kept dns servers) " in
	*" ${o_s:?} "*) die "Error: $o_s is there already" ;;
	esac
	old=$(kept dns servers)
	keep dns servers "${old:+$old }$o_s"
	;;
"network ip dns search list")
	options "" "$@"
	echo "   DNSSearch Domains: $(kept dns search | sed 's/ /, /g')"
	;;
"network ip dns search add")
	options "d:domain=" "$@"
	case " $(kept dns search) " in
	*" ${o_d:?} "*) die "Error: $o_d is there already" ;;
	esac
	old=$(kept dns search)
	keep dns search "${old:+$old }$o_d"
	;;
"network vswitch standard list")
	options "v:vswitch-name=" "$@"
	uplinks=$(kept uplinks "${o_v:?}") || die "Error: Unable to find vswitch $o_v"
	printf '%s\n   Name: %s\n   MTU: %s\n   Uplinks: %s\n' "$o_v" "$o_v" "$(kept mtu "$o_v")" \
		"$(echo "$uplinks" | sed 's/ /, /g')"
	;;
"network vswitch standard add")
	options "v:vswitch-name= P:ports=" "$@"
	kept uplinks "${o_v:?}" >/dev/null && die "Error: vswitch $o_v exists"
	keep uplinks "$o_v" ""
	;;
"network vswitch standard set")
	options "v:vswitch-name= m:mtu=" "$@"
	kept uplinks "${o_v:?}" >/dev/null || die "Error: Unable to find vswitch $o_v"
	keep mtu "$o_v" "${o_m:?}"
	;;
"network vswitch standard uplink add")
	options "v:vswitch-name= u:uplink-name=" "$@"
	free_nic "${o_u:?}"
	uplinks=$(kept uplinks "${o_v:?}") || die "Error: Unable to find vswitch $o_v"
	keep uplinks "$o_v" "${uplinks:+$uplinks }$o_u"
	;;
"network vswitch standard uplink remove")
	options "v:vswitch-name= u:uplink-name=" "$@"
	left=
	for one in $(kept uplinks "${o_v:?}"); do
		[ "$one" = "${o_u:?}" ] || left="${left:+$left }$one"
	done
	keep uplinks "$o_v" "$left"
	;;
"network vswitch standard portgroup list")
	options "" "$@"
	printf 'Name                Virtual Switch  Active Clients  VLAN ID\n'
	awk -F"$TAB" '{ split($2, at, "|"); printf "%-18s  %-14s  %14d  %7d\n", $1, at[1], 0, at[2] }' "$stub/groups"
	;;
"network vswitch standard portgroup add")
	options "v:vswitch-name= p:portgroup-name=" "$@"
	kept uplinks "${o_v:?}" >/dev/null || die "Error: Unable to find vswitch $o_v"
	kept groups "${o_p:?}" >/dev/null && die "Error: portgroup $o_p exists"
	keep groups "$o_p" "$o_v|0"
	;;
"network vswitch standard portgroup set")
	options "p:portgroup-name= v:vlan-id=" "$@"
	at=$(kept groups "${o_p:?}") || die "Error: no portgroup $o_p"
	keep groups "$o_p" "${at%%|*}|${o_v:?}"
	;;
"network ip interface list")
	options "" "$@"
	awk -F"$TAB" '{ printf "%s\n   Name: %s\n   Enabled: true\n\n", $1, $1 }' "$stub/vmk"
	;;
"network ip interface add")
	options "i:interface-name= p:portgroup-name= m:mtu=" "$@"
	kept groups "${o_p:?}" >/dev/null || die "Error: no portgroup $o_p"
	kept vmk "${o_i:?}" >/dev/null && die "Error: A vmkernel nic for the same name exists"
	keep vmk "$o_i" "$o_p"
	keep mtu "$o_i" "${o_m:-1500}"
	;;
"network ip interface ipv4 set")
	options "i:interface-name= I:ipv4= N:netmask= t:type=" "$@"
	kept vmk "${o_i:?}" >/dev/null || die "Error: no interface $o_i"
	case ${o_t:?} in
	dhcp) keep ipv4 "$o_i" dhcp ;;
	static) keep ipv4 "$o_i" "${o_I:?} ${o_N:?}" ;;
	*) die "Error: type $o_t" ;;
	esac
	;;
"network ip interface tag get")
	need 5 1
	options "i:interface-name=" "$@"
	echo "   Tags: $(kept tags "${o_i:?}" | sed 's/ /, /g')"
	;;
"network ip interface tag add")
	need 5 1
	options "i:interface-name= t:tagname=" "$@"
	case ${o_t:?} in
	Management | VMotion | VSAN | faultToleranceLogging | vSphereReplication) ;;
	*) die "Error: Unknown tag $o_t" ;;
	esac
	old=$(kept tags "${o_i:?}")
	keep tags "$o_i" "${old:+$old }$o_t"
	;;
"network ip route ipv4 list")
	need 5 1
	options "" "$@"
	printf 'Network  Netmask  Gateway  Interface  Source\n-------  -------  -------  ---------  ------\n'
	gateway=$(kept route default) && echo "default  0.0.0.0  $gateway  vmk0  MANUAL"
	;;
"network ip route ipv4 add")
	need 5 1
	options "n:network= g:gateway=" "$@"
	kept route "${o_n:?}" >/dev/null && die "Error: Unable to add route: File exists"
	keep route "$o_n" "${o_g:?}"
	;;
"network ip route ipv4 remove")
	need 5 1
	options "n:network= g:gateway=" "$@"
	[ "$(kept route "${o_n:?}")" = "${o_g:?}" ] || die "Error: no such route"
	drop route "$o_n"
	;;
"vsan network list")
	need 5 5
	options "" "$@"
	[ ! -f "$stub/vsan" ] || awk -F"$TAB" '{ print "   VmkNic Name: " $1 }' "$stub/vsan"
	;;
"vsan network ipv4 add")
	need 5 5
	options "i:interface-name=" "$@"
	kept vsan "${o_i:?}" >/dev/null && die "Error: exists"
	keep vsan "$o_i" yes
	;;
"storage nfs list" | "storage nfs41 list")
	options "" "$@"
	case $words in *nfs41*) need 6 0; version=4.1 ;; *) version=3 ;; esac
	printf 'Volume Name  Host  Share  Accessible  Mounted  Read-Only\n-----------  ----  -----  ----------  -------  ---------\n'
	awk -F"$TAB" -v version="$version" '{ split($2, at, "|")
		if (at[4] == version) printf "%s  %s  %s  true  true  %s\n", $1, at[1], at[2], at[3] }' "$stub/nfs"
	;;
"storage nfs add")
	options "H:host= s:share= v:volume-name= r:-" "$@"
	kept nfs "${o_v:?}" >/dev/null && die "$o_s is already exported by a volume with the name $o_v"
	keep nfs "$o_v" "${o_H:?}|${o_s:?}|$([ -n "${o_r:-}" ] && echo true || echo false)|3"
	;;
"storage nfs41 add")
	need 6 0
	options "H:hosts= s:share= v:volume-name= r:-" "$@"
	kept nfs "${o_v:?}" >/dev/null && die "$o_s is already exported by a volume with the name $o_v"
	keep nfs "$o_v" "${o_H:?}|${o_s:?}|$([ -n "${o_r:-}" ] && echo true || echo false)|4.1"
	;;
*) die "Error: Unknown command or namespace$words" ;;
esac
