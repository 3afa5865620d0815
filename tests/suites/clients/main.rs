//! The suites of clients written by others, played against the `interop` fixture.
