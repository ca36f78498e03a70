#!/bin/sh
# 5.0 and later: the shell on the console.
get shell || exit 0
if [ "$value" = on ]; then
	try "shell may start" vim-cmd hostsvc/enable_esx_shell
	try "shell started" vim-cmd hostsvc/start_esx_shell
else
	try "shell stopped" vim-cmd hostsvc/stop_esx_shell
	try "shell may not start" vim-cmd hostsvc/disable_esx_shell
fi
