#!/usr/bin/env bash
# Brings Node 24 and hands over to services/cli/cli.ts, which does everything else.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")"
# A service manager or `env -i` may leave it out; ~ is then what the system has for this user.
[ -n "${HOME:-}" ] || { unset HOME; HOME=~; export HOME; }
cache="${BLUESKY_CONNECT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bluesky-connect}"
brought="$cache/node-24/node_modules/.bin"

fail() { echo "$1" >&2; exit 1; }
is_right() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a === 24 && b >= 12 ? 0 : 1)' 2>/dev/null; }

if ! is_right node; then
  if ! is_right "$brought/node"; then
    command -v npm >/dev/null || fail "Neither Node 24 (24.12 or newer) nor npm is on PATH: install one of them."
    echo "Bringing Node 24 into $cache ..."
    mkdir -p "$cache" || fail "$cache cannot be written to: set BLUESKY_CONNECT_CACHE to a folder of yours."
    new="$(mktemp -d "$cache/node-24.partial-XXXXXX")"
    trap 'rm -rf "$new"' EXIT
    # What npm gets has to have the SHA-512 of this lock file.
    cp services/bring/node/package.json services/bring/node/package-lock.json "$new"
    (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retry-mintimeout=2000 --fetch-retry-maxtimeout=8000 >/dev/null) ||
      fail "Node 24 could not be brought (see above). Is there a network? Or install Node 24.12 or newer yourself."
    is_right "$new/node_modules/.bin/node" || fail "npm brought no Node that runs here (it has those for Linux on x64 and arm64 whose hash is known): install Node 24.12 or newer yourself."
    # Another run may have been faster.
    is_right "$brought/node" || { rm -rf "$cache/node-24" && mv "$new" "$cache/node-24"; }
    rm -rf "$new"
  fi
  export PATH="$brought:$PATH"
fi

exec node services/cli/cli.ts "$@"
