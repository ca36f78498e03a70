#!/bin/sh
# Releases to 5.0 run etc/rc.local when they are up; it is the image's own, so a line is put before its `exit 0`.
call='/bin/sh /usr/lib/hobnail/run.sh late </dev/null >/dev/null 2>&1 &'
if grep -q hobnail/run.sh /etc/rc.local 2>/dev/null; then
	say already "etc/rc.local calls the late steps"
else
	[ -f /etc/rc.local ] || { echo '#!/bin/sh' >/etc/rc.local && chmod 755 /etc/rc.local; }
	CALL=$call awk '
		/^exit / && !put { print ENVIRON["CALL"]; put = 1 }
		{ print }
		END { if (!put) print ENVIRON["CALL"] }' /etc/rc.local | put /etc/rc.local
fi
