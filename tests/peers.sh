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
install_autobahn() {
    rm -rf clients/autobahn/.packages
    "$python2" -m pip install --quiet --disable-pip-version-check --no-deps \
        --target clients/autobahn/.packages --requirement clients/autobahn/requirements.txt
    ln -s "$python2" clients/autobahn/.packages/python2.7
}

unless_installed reference/package-lock.json reference/node_modules install_node reference
unless_installed browser/package-lock.json browser/node_modules install_node browser
client=../framework/client
unless_installed $client/package-lock.json $client/node_modules install_node $client
unless_installed $client/examples/package-lock.json $client/examples/node_modules install_node $client/examples
unless_installed contract/package-lock.json contract/node_modules install_node contract
unless_installed clients/python/requirements.txt clients/python/.venv install_python

# Autobahn's fuzzing client is written in Python 2, which is no package of Debian's any more.
python2=$(python2.7 -c 'import sys; print(sys.executable)' 2>/dev/null || true)
if [ -z "$python2" ] && command -v pyenv >/dev/null; then
    version=$(pyenv versions --bare | grep '^2\.7' | tail -n 1 || true)
    [ -z "$version" ] || python2=$(PYENV_VERSION=$version pyenv which python2.7)
fi
if [ -n "$python2" ]; then
    unless_installed clients/autobahn/requirements.txt clients/autobahn/.packages install_autobahn
else
    echo 'peers.sh: there is no Python 2.7, so the suite autobahn cannot be run' >&2
fi

missing=
wants() { command -v "$1" >/dev/null || missing="$missing $2"; }
wants chromium chromium
wants curl curl
wants openssl openssl
wants nginx nginx
wants haproxy haproxy
wants java default-jdk-headless
if [ -n "$missing" ]; then
    apt-get update
    # Each is a word of its own.
    # shellcheck disable=SC2086
    apt-get install --yes --no-install-recommends $missing
fi
