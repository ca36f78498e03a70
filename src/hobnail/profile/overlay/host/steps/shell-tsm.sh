#!/bin/sh
# 4.1: the shell on the console is "local Tech Support Mode".
get shell || exit 0
if [ "$value" = on ]; then
	try "shell may start" vim-cmd hostsvc/enable_local_tsm
	try "shell started" vim-cmd hostsvc/start_local_tsm
else
	try "shell stopped" vim-cmd hostsvc/stop_local_tsm
	try "shell may not start" vim-cmd hostsvc/disable_local_tsm
fi
