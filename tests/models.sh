#!/usr/bin/env bash
# Goes through every order in which threads may come to what they share: the models of `loom`, which
# stand beside the code in modules called `models`.
#
#   tests/models.sh             all of them
#   tests/models.sh outbox::queue::models
#                               some of them; variables like LOOM_LOG are read by loom
#
# Only what is Salon's own is compiled apart for them: this is also what cargo calls in rustc's place
# for it, and `cfg(salon_loom)` puts loom's types in the place of std's (see `base/sync.rs`).
set -euo pipefail
if [ "${SALON_MODELS:-}" = compiling ]; then
    exec "$@" --cfg salon_loom
fi
cd "$(dirname "$0")/.."
export SALON_MODELS=compiling RUSTC_WORKSPACE_WRAPPER="$PWD/tests/models.sh"
# A thread is interrupted so often at most: what more would find is not worth its hours.
export LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}"
exec cargo test -p salon --lib -- "${@:-models::}"
