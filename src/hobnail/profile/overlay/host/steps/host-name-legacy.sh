#!/bin/sh
# To 4.1: the name is an advanced option, and the kernel's.
get fqdn || exit 0
try "name $value kept" esxcfg-advcfg -s "$value" /Misc/HostName
try "name is $value" hostname "${value%%.*}"
