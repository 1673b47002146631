#!/bin/sh
# run-postfix.sh FILE COMMAND...: runs Postfix's master until it ends or we get SIGTERM. Where FILE is given, the command
# sees it as /etc/resolv.conf: meant for a mount namespace of its own (unshare --mount), so nobody else sees the change.
# We stay beside the master because it changes users for a moment, and with that Linux forgets the parent-death signal
# (prctl(2), PR_SET_PDEATHSIG) that we keep for it.
resolver=$1
shift
if [ -n "$resolver" ]; then mount --bind "$resolver" /etc/resolv.conf || exit; fi

end() {
  trap '' TERM
  master=$!
  [ -n "$master" ] || exit 1
  kill -TERM "$master"
  # Ten seconds for what is in hand. Each sleep also takes note of children that have ended.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "$master" 2>/dev/null || exit 0
      sleep 0.1
    done
  done
  kill -KILL -- "-$master"
  exit 1
}
trap end TERM
# The master ends its children by its process group, so it must lead one.
setsid "$@" &
wait $!
