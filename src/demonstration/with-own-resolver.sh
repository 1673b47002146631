#!/bin/sh
# with-own-resolver.sh FILE COMMAND...: runs a command that sees FILE as /etc/resolv.conf. Meant for a mount namespace
# of its own (unshare --mount): nobody else sees the change, and it ends with the command.
set -e
mount --bind "$1" /etc/resolv.conf
shift
exec "$@"
