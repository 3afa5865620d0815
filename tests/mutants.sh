#!/usr/bin/env bash
# Changes critical code in small ways, one at a time, and shows which changes no suite of the lab notices.
#
#   tests/mutants.sh            every change: more than a day on two cores
#   tests/mutants.sh 3/60       every sixtieth of them, from the fourth: half an hour
#   tests/mutants.sh 0/1 -f framework/salon/src/outbox
#                               what follows goes to cargo-mutants
#
# What it found is in `target/mutants/mutants.out`: each line of `missed.txt` wants a test, or its reason
# in `mutants.toml`.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo mutants --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-mutants

suites=(--features=salon/testing,salon/msgpack --lib)
for suite in lapses permission lobbies presence core harness revocation isolation; do
    suites+=("--test=$suite")
done
# They pass as things are, or nothing that follows would mean anything.
cargo test --workspace --profile mutants --quiet "${suites[@]}"

mkdir -p target/mutants
cargo mutants --config tests/mutants.toml --output target/mutants --baseline skip --timeout 120 \
    --shard "${1:-0/1}" --sharding round-robin "${suites[@]/#/--cargo-arg=}" "${@:2}"
