//! What a test that fails says. The tests that are to fail are ignored, and run in a process of their
//! own, since nothing else can read what they print.

use std::process::Command;

use salon::testing::{self, Lab};

use crate::app::{Double, Wait, app};

/// What a test of this module prints when it is run alone.
fn printed_by(test: &str) -> String {
    printed_with("17", test)
}

fn printed_with(seed: &str, test: &str) -> String {
    let suite = std::env::current_exe().expect("a test has a file");
    let run = Command::new(suite)
        .args(["--exact", &format!("failing::{test}"), "--ignored", "--nocapture"])
        .env("SALON_SEED", seed)
        .output()
        .expect("the suite can be run");
    assert!(!run.status.success(), "it was to fail");
    String::from_utf8(run.stderr).expect("text")
}

#[test]
fn a_failing_assertion_shows_what_happened_in_the_lab() {
    let printed = printed_by("fails_by_an_assertion");
    assert!(printed.contains("SALON_SEED=17"), "{printed}");
    assert!(printed.contains("client 0   ← acknowledgement #0 2"), "{printed}");
}

#[test]
fn an_error_shows_what_happened_in_the_lab() {
    let printed = printed_by("fails_by_an_error");
    assert!(printed.contains("SALON_SEED=17"), "{printed}");
    assert!(printed.contains("client 0   ← acknowledgement #0 2"), "{printed}");
}

#[test]
fn a_failure_of_the_lab_is_shown_once_and_not_at_any_length() {
    let printed = printed_by("fails_by_the_lab_after_many_entries");
    assert_eq!(printed.matches("SALON_SEED=17").count(), 1, "{printed}");
    assert!(printed.contains(" earlier entries are left out)"), "{printed}");
    assert!(printed.lines().filter(|line| line.contains(" s  ")).count() == 200, "{printed}");
}

#[test]
fn a_panic_that_was_ordered_and_never_came_is_named() {
    let printed = printed_by("fails_with_a_panic_that_never_came");
    assert!(printed.contains("ordered in the handler of \"double\" never came"), "{printed}");
}

#[salon::test]
#[ignore = "it is to fail"]
async fn fails_with_a_panic_that_never_came() {
    let lab = Lab::new(app()).await;
    lab.panic_in::<Double>();
    Err("nobody asked")?;
}

#[test]
fn a_seed_that_is_no_number_fails_every_lab() {
    for test in ["fails_by_an_assertion", "fails_in_a_loop_over_seeds"] {
        let printed = printed_with("seventeen", test);
        assert!(printed.contains("SALON_SEED is \"seventeen\", and not a number"), "{printed}");
    }
}

#[test]
#[ignore = "it is to fail"]
fn fails_in_a_loop_over_seeds() {
    testing::for_seeds(0..3, async |_| Err("it failed")?);
}

#[salon::test]
#[ignore = "it is to fail"]
async fn fails_by_an_assertion() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    assert_eq!(client.send(Double(1)).await?, 3);
}

#[salon::test]
#[ignore = "it is to fail"]
async fn fails_by_an_error() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    client.send(Double(1)).await?;
    Err("it was not enough")?;
}

#[salon::test]
#[ignore = "it is to fail"]
async fn fails_by_the_lab_after_many_entries() {
    let lab = Lab::new(app()).await;
    let client = lab.connect(()).await?;
    for number in 0..100 {
        client.send(Double(number)).await?;
    }
    client.send(Wait(10)).await?;
}
