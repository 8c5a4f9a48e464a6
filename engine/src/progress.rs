//! What a long run tells of itself.

/// Hears how a run goes. Implementations must not print to standard output.
pub trait Progress: Sync {
    /// A step begins, such as ``reading `focus` ``.
    fn step(&self, what: &str);
    /// Whether to stop: the user pressed Ctrl-C.
    fn cancelled(&self) -> bool;
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _what: &str) {}

    fn cancelled(&self) -> bool {
        false
    }
}
