//! What the derive and the attributes refuse, and what they take.
//!
//! Each case under `compile_fail/` holds one mistake, and the `.stderr` beside it is all that the
//! compiler says about it: one error, at the place of the mistake, with the way out. After a
//! change of a message, `TRYBUILD=overwrite cargo test -p salon-tests --test compile_fail` writes
//! them anew; read the difference before committing it. One case or a folder of them alone:
//! `… --test compile_fail -- the_derive trybuild=handlers/`.

use trybuild::TestCases;

#[test]
fn the_derive_refuses_every_mistake_and_takes_every_legal_form() {
    let cases = TestCases::new();
    cases.pass("compile_pass/*.rs");
    cases.compile_fail("compile_fail/*/*.rs");
}
