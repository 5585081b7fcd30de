#!/bin/sh
# Redis as its official image starts it: as root for a moment, then as a user of its own.
set -eu
chown -R 999:999 /data
exec setpriv --reuid 999 --regid 999 --clear-groups "$@"
