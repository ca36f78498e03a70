#!/bin/sh
# 5.0 and later.
get syslog || exit 0
try "syslog to $value" cli system syslog config set --loghost="$value"
try "firewall lets syslog out" cli network firewall ruleset set -r syslog -e true
try "syslog reloaded" cli system syslog reload
