//! Division of many amounts by one number, rounded.

use tieout_controls::Rounding;

/// How a magnitude is rounded, for either sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Magnitudes {
    positive: Direction,
    negative: Direction,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Down,
    Up,
    HalfUp,
    HalfDown,
    HalfEven,
}

impl Magnitudes {
    pub(super) fn of(mode: Rounding) -> Self {
        let both = |direction| Self { positive: direction, negative: direction };
        match mode {
            Rounding::Down => both(Direction::Down),
            Rounding::Up => both(Direction::Up),
            Rounding::HalfUp => both(Direction::HalfUp),
            Rounding::HalfDown => both(Direction::HalfDown),
            Rounding::HalfEven => both(Direction::HalfEven),
            Rounding::Floor => Self { positive: Direction::Down, negative: Direction::Up },
            Rounding::Ceiling => Self { positive: Direction::Up, negative: Direction::Down },
        }
    }
}

/// Division by one number, again and again.
pub(super) struct Divisor {
    divisor: u128,
    narrow: Option<u64>,
}

impl Divisor {
    pub(super) fn new(divisor: i128) -> Self {
        let divisor = divisor.unsigned_abs();
        Self { divisor, narrow: u64::try_from(divisor).ok() }
    }

    /// `±amount / divisor`, rounded; the sign is that of `amount`, turned where `mirrored`.
    pub(super) fn rounded(&self, amount: i128, mirrored: bool, modes: Magnitudes) -> i128 {
        let negative = (amount < 0) != mirrored;
        let magnitude = amount.unsigned_abs();
        let (quotient, remainder) = match (u64::try_from(magnitude), self.narrow) {
            (Ok(magnitude), Some(divisor)) => {
                (u128::from(magnitude / divisor), u128::from(magnitude % divisor))
            }
            _ => (magnitude / self.divisor, magnitude % self.divisor),
        };
        let direction = if negative { modes.negative } else { modes.positive };
        let twice = remainder * 2;
        let away = match direction {
            Direction::Down => false,
            Direction::Up => remainder > 0,
            Direction::HalfUp => twice >= self.divisor,
            Direction::HalfDown => twice > self.divisor,
            Direction::HalfEven => {
                twice > self.divisor || (twice == self.divisor && quotient & 1 == 1)
            }
        };
        let steps = quotient + u128::from(away);
        // The bounds hold every product to 126 bits.
        let steps = i128::try_from(steps).unwrap_or(i128::MAX);
        if negative { -steps } else { steps }
    }
}
