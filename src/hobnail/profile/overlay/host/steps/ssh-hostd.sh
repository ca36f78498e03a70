#!/bin/sh
# 5.0 and later: the management agent's own opinion of SSH, which it would enforce later.
get ssh || exit 0
if [ "$value" = on ]; then
	try "SSH may start" vim-cmd hostsvc/enable_ssh
else
	try "SSH may not start" vim-cmd hostsvc/disable_ssh
fi
