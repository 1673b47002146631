#!/bin/sh
# npm run bench [-- NAME]: installs what the tests need, then measures. Needs root for its private Postfix.
top=$(dirname "$(readlink -f "$0")")/../..
cd "$top" || exit 2
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
sh src/demonstration/prepare.sh test || exit
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
exec "node_modules/node-linux-$machine/bin/node" test/bench/bench.ts "$@"
