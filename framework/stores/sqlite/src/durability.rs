//! What is promised of a batch that is kept.
//!
//! It must never say more than what was waited for.

/// What a batch outlives, once it is said to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the kernel has it or the disk has it")]
pub enum Durability {
    /// The process, however it ends. If the power or the kernel fails, the last seconds may be lost: it is
    /// noticed, and rooms begin orders of their own.
    #[default]
    Process,
    /// The machine as well: each commit waits until the disk has it.
    Disk,
}
