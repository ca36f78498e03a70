#!/bin/sh
# 4.1: the SSH server is "remote Tech Support Mode".
get ssh || exit 0
if [ "$value" = on ]; then
	try "SSH may start" vim-cmd hostsvc/enable_remote_tsm
	try "SSH started" vim-cmd hostsvc/start_remote_tsm
else
	try "SSH stopped" vim-cmd hostsvc/stop_remote_tsm
	try "SSH may not start" vim-cmd hostsvc/disable_remote_tsm
fi
