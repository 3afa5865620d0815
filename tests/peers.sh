#!/bin/sh
# Installs what the `peers` suites need: the npm packages of the reference, the clients in Python, Chromium
# with what drives it, proxies, and programs that are used by hand.
#
# Idempotent: an installation that already matches its lock file is left alone. Needs node 20, npm,
# python 3.11 with venv, and the OpenSSL headers (libssl-dev, pkg-config) for the Rust client.
set -eu
cd "$(dirname "$0")"

for program in node npm python3; do
    command -v "$program" >/dev/null || { echo "peers.sh: $program is missing" >&2; exit 1; }
done

# Runs an installation unless its stamp says that this very lock file was installed.
unless_installed() {
    lock=$1 folder=$2
    shift 2
    if ! cmp -s "$lock" "$folder/.installed-from"; then
        "$@"
        cp "$lock" "$folder/.installed-from"
    fi
}

install_node() (cd "$1" && npm ci --no-audit --no-fund)
install_python() {
    python3 -m venv --clear clients/python/.venv
    clients/python/.venv/bin/python -m pip install --quiet --requirement clients/python/requirements.txt
}

unless_installed reference/package-lock.json reference/node_modules install_node reference
unless_installed browser/package-lock.json browser/node_modules install_node browser
unless_installed clients/python/requirements.txt clients/python/.venv install_python

missing=
wants() { command -v "$1" >/dev/null || missing="$missing $2"; }
wants chromium chromium
wants curl curl
wants openssl openssl
wants nginx nginx
wants haproxy haproxy
if [ -n "$missing" ]; then
    apt-get update
    # Each is a word of its own.
    # shellcheck disable=SC2086
    apt-get install --yes --no-install-recommends $missing
fi
