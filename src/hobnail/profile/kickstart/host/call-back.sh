# Tells the server that the installation is done, so that the host boots from its disk the next time. Where that fails
# the installation counts as failed: the installer stops here and does not reboot, or it would install for ever.
# The line above this one sets url. wget can neither POST nor https on old releases, and needs none of them.

localcli network firewall ruleset set -r httpClient -e true </dev/null >/dev/null 2>&1 || :
tries=0
while [ "$tries" -lt 10 ]; do
	if wget -q -O - "$url" </dev/null >/dev/null 2>&1; then
		localcli network firewall ruleset set -r httpClient -e false </dev/null >/dev/null 2>&1 || :
		exit 0
	fi
	tries=$((tries + 1))
	sleep 5
done
echo "hobnail: installed, but the server did not answer the call-back; tell it by hand, then reboot" >&2
logger -t hobnail "the server did not answer the call-back" 2>/dev/null || :
exit 1
