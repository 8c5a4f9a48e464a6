//! The exit codes.

use tieout_evidence::verify::Verdict;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and nothing was found.
    Success,
    /// At least one exception.
    Exceptions,
    /// Usage, configuration, or the machine refused.
    Usage,
    /// Something could not be evaluated, so nothing may be concluded.
    Inconclusive,
    /// A signature, digest or proof does not hold.
    Unproven,
    /// Our bug.
    Internal,
    /// Stopped from outside: Ctrl-C, SIGTERM, SIGHUP.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Exceptions => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Unproven => 4,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// The exit for a run's result.
    pub(crate) fn of_result(result: &tieout_controls::RunResult) -> Self {
        match result.exit_code() {
            0 => Self::Success,
            1 => Self::Exceptions,
            _ => Self::Inconclusive,
        }
    }

    /// The exit for a verification.
    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Success,
            Verdict::Indeterminate => Self::Inconclusive,
            Verdict::Invalid => Self::Unproven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are a promise to scripts.
    #[test]
    fn the_codes_are_the_documented_ones() {
        let all = [
            (Exit::Success, 0),
            (Exit::Exceptions, 1),
            (Exit::Usage, 2),
            (Exit::Inconclusive, 3),
            (Exit::Unproven, 4),
            (Exit::Internal, 70),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn only_a_valid_pack_verifies_with_zero() {
        assert_eq!(Exit::of_verdict(Verdict::Valid).code(), 0);
        assert_eq!(Exit::of_verdict(Verdict::Indeterminate).code(), 3);
        assert_eq!(Exit::of_verdict(Verdict::Invalid).code(), 4);
    }
}
