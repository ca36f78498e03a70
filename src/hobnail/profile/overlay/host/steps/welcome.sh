#!/bin/sh
# 6.0 and later: the text on the console, from a file of its own, as it may have several lines.
text=$(cat "$hobnail/welcome") || exit 1
try "welcome text" cli system welcomemsg set -m "$text"
