#!/bin/sh
# To 4.1: two options of the management agent.
get syslog_host || exit 0
try "syslog to $value" vim-cmd hostsvc/advopt/update Syslog.Remote.Hostname string "$value"
get syslog_port
try "syslog to port $value" vim-cmd hostsvc/advopt/update Syslog.Remote.Port int "$value"
