#!/bin/sh
# 5.0 and later, before the management agent: the firewall, the service's switch, the service.
get ssh || exit 0
if [ "$value" = on ]; then
	try "firewall lets SSH in" cli network firewall ruleset set -r sshServer -e true
	try "SSH starts with the host" chkconfig SSH on
	try "SSH started" /etc/init.d/SSH start
else
	try "SSH does not start with the host" chkconfig SSH off
	try "SSH stopped" /etc/init.d/SSH stop
fi
