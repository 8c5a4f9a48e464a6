//! In which state a key is, and what may become of it.

use std::fmt;

/// The state of a data subject's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// The operator can read what is sealed under it.
    Active,
    /// Only the privacy officer can (GDPR, article 18).
    Restricted,
    /// Nobody can, and nobody will.
    Destroyed,
}

/// What is done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    /// It is sealed to the privacy officer.
    Restrict,
    /// It is given back to the operator.
    Lift,
    /// It is destroyed.
    Destroy {
        /// Whether a legal hold covers what is sealed under it. A hold ends by its release alone, never by
        /// a date.
        held: bool,
    },
}

/// Why something may not be done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A legal hold covers it.
    Held,
    /// It is destroyed.
    Destroyed,
    /// It is restricted already.
    Restricted,
    /// It is not restricted.
    NotRestricted,
}

impl KeyState {
    /// The state after an event.
    ///
    /// # Errors
    /// The event is not allowed in this state.
    pub fn after(self, event: KeyEvent) -> Result<Self, Refused> {
        match (self, event) {
            (Self::Destroyed, _) => Err(Refused::Destroyed),
            (_, KeyEvent::Destroy { held: true }) => Err(Refused::Held),
            (_, KeyEvent::Destroy { held: false }) => Ok(Self::Destroyed),
            (Self::Active, KeyEvent::Restrict) => Ok(Self::Restricted),
            (Self::Restricted, KeyEvent::Lift) => Ok(Self::Active),
            (Self::Restricted, KeyEvent::Restrict) => Err(Refused::Restricted),
            (Self::Active, KeyEvent::Lift) => Err(Refused::NotRestricted),
        }
    }
}

impl Refused {
    /// What to do.
    pub fn help(self) -> &'static str {
        match self {
            Self::Held => "restrict it meanwhile; erase when the hold is released",
            Self::Destroyed => "what was sealed under it can't be read any more",
            Self::Restricted => "lift the restriction first, with the privacy officer's identity",
            Self::NotRestricted => "there is nothing to lift",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "a legal hold is active",
            Self::Destroyed => "it is destroyed",
            Self::Restricted => "it is restricted",
            Self::NotRestricted => "it is not restricted",
        })
    }
}
