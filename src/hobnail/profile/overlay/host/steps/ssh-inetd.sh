#!/bin/sh
# 3.5 and 4.0: inetd starts the SSH server, from a line that is a comment at first.
get ssh || exit 0
if [ "$value" = on ]; then
	if grep -q '^ssh' /etc/inetd.conf; then
		say already "ssh in etc/inetd.conf"
	elif quietly sed -i 's/^#ssh/ssh/' /etc/inetd.conf && grep -q '^ssh' /etc/inetd.conf; then
		say ok "ssh in etc/inetd.conf"
	else
		say failed "etc/inetd.conf has no line of ssh"
	fi
elif grep -q '^ssh' /etc/inetd.conf; then
	try "ssh out of etc/inetd.conf" sed -i 's/^ssh/#ssh/' /etc/inetd.conf
else
	say already "ssh out of etc/inetd.conf"
fi
