#!/bin/sh
# To 6.7: the file of ntpd, and its service. From 5.0 on a firewall is in the way.
{
	echo 'restrict default kod nomodify notrap nopeer noquery'
	echo 'restrict 127.0.0.1'
	while IFS=$US read -r key server _; do
		[ "$key" = ntp_server ] && cat <<LINE
server $server
LINE
	done <"$settings"
	echo 'driftfile /etc/ntp.drift'
} | put /etc/ntp.conf
get era
[ "$value" = legacy ] || try "firewall lets NTP out" cli network firewall ruleset set -r ntpClient -e true
try "ntpd starts with the host" chkconfig ntpd on
try "ntpd started" /etc/init.d/ntpd restart
