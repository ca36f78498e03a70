#!/bin/sh
# 5.0 and later, before the management agent: the service of the shell on the console (as xCAT does).
get shell || exit 0
if [ "$value" = on ]; then
	try "shell starts with the host" chkconfig ESXShell on
	try "shell started" /etc/init.d/ESXShell start
else
	try "shell does not start with the host" chkconfig ESXShell off
	try "shell stopped" /etc/init.d/ESXShell stop
fi
