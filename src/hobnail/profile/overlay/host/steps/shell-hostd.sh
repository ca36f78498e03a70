#!/bin/sh
# 5.0 and later: the management agent's own opinion of the shell, which it would enforce later.
get shell || exit 0
if [ "$value" = on ]; then
	try "shell may start" vim-cmd hostsvc/enable_esx_shell
else
	try "shell may not start" vim-cmd hostsvc/disable_esx_shell
fi
