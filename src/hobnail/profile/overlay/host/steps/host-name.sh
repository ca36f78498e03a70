#!/bin/sh
# 5.0 and later. Run early, so that agents start with it, and late, as DHCP may have brought another.
if get fqdn; then
	try "name is $value" cli system hostname set --fqdn="$value"
elif get host; then
	try "name is $value" cli system hostname set --host="$value"
elif get domain; then
	try "domain is $value" cli system hostname set --domain="$value"
fi
