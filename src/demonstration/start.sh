#!/bin/sh
# npm start: installs what is missing, then runs the demonstration with the Node that came with it.
here=$(dirname "$(readlink -f "$0")")
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
sh "$here/prepare.sh" start || exit
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
exec "$here/../../node_modules/node-linux-$machine/bin/node" "$here/demonstrate.ts" "$@"
