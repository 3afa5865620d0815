#!/usr/bin/env bash
# Whether other crates' types are in public signatures of Salon's crates that are not meant to be there: those
# that are, each with its reason, are in `suites/architecture/public_types.rs`.
#
# What rustdoc knows it writes as JSON, which is not stable yet: so this is also what cargo calls in its
# place, and rustdoc alone is told that it may.
set -euo pipefail
if [ "${SALON_PUBLIC_TYPES:-}" = documenting ]; then
    exec env RUSTC_BOOTSTRAP=1 "${SALON_RUSTDOC:-rustdoc}" "$@"
fi
cd "$(dirname "$0")/.."
for crate in salon-contract salon-wire salon salon-sqlite; do
    SALON_PUBLIC_TYPES=documenting SALON_RUSTDOC="${RUSTDOC:-rustdoc}" \
        RUSTDOC="$PWD/tests/public_types.sh" cargo rustdoc --quiet -p "$crate" --lib --all-features \
        -- -Z unstable-options --output-format json
done
exec cargo test -p salon-tests --test architecture -- --ignored public_types
