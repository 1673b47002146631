#!/bin/sh
# npm test: installs what is missing, then runs the tests with the Node that came with it. Arguments go to vitest.
top=$(dirname "$(readlink -f "$0")")/..
cd "$top" || exit 2
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
sh src/demonstration/prepare.sh test || exit
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
exec "node_modules/node-linux-$machine/bin/node" node_modules/vitest/vitest.mjs run --config test/vitest.config.ts "$@"
