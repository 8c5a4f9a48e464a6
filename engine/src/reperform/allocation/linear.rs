//! Exact solution of a square linear system: fraction-free elimination on big integers.
//!
//! E. H. Bareiss, "Sylvester's Identity and Multistep Integer-Preserving Gaussian Elimination",
//! Mathematics of Computation 22 (1968): with the pivot p of step k and that of the step before, p′,
//! every other row becomes (p·row − row[k]·pivot row) / p′, and the division leaves no remainder.
//! After the last step the diagonal is the determinant everywhere.

use crate::reperform::exact::Exact;
use num_bigint::{BigInt, Sign};

/// The system has no solution, or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinearError {
    /// The determinant is zero.
    #[error("the system of equations is singular")]
    Singular,
    /// Rows of unequal length, or another number of right-hand sides.
    #[error("the system of equations is not square")]
    NotSquare,
}

/// The x with `matrix`·x = `right`, exactly; rows of coefficients.
///
/// # Errors
/// [`LinearError::Singular`] and [`LinearError::NotSquare`].
///
/// ```
/// use tieout_engine::reperform::allocation::linear::{LinearError, solve};
/// let rows = |r: [[i32; 2]; 2]| r.map(|row| row.map(Into::into).to_vec()).to_vec();
/// let x = solve(rows([[2, 1], [1, 3]]), [1, 1].map(Into::into).to_vec()).unwrap();
/// assert_eq!(format!("{x:?}"), "[0.4, 0.2]");
/// let flat = solve(rows([[1, 2], [2, 4]]), [1, 2].map(Into::into).to_vec());
/// assert_eq!(flat, Err(LinearError::Singular));
/// ```
pub fn solve(matrix: Vec<Vec<BigInt>>, right: Vec<BigInt>) -> Result<Vec<Exact>, LinearError> {
    let size = matrix.len();
    if right.len() != size || matrix.iter().any(|row| row.len() != size) {
        return Err(LinearError::NotSquare);
    }
    let widened = |(mut row, value): (Vec<BigInt>, BigInt)| {
        row.push(value);
        row
    };
    let mut rows: Vec<Vec<BigInt>> = matrix.into_iter().zip(right).map(widened).collect();
    let mut before = BigInt::from(1);
    for column in 0..size {
        before = eliminate(&mut rows, column, &before)?;
    }
    rows.iter().enumerate().map(|(at, row)| solution(row, at)).collect()
}

/// Clears a column in all rows but its own; gives the pivot.
fn eliminate(
    rows: &mut [Vec<BigInt>],
    column: usize,
    before: &BigInt,
) -> Result<BigInt, LinearError> {
    let nonzero = |row: &Vec<BigInt>| row.get(column).is_some_and(|v| v.sign() != Sign::NoSign);
    let below = rows.iter().skip(column).position(nonzero).ok_or(LinearError::Singular)?;
    rows.swap(column, column + below);
    let pivot_row = rows.get_mut(column).map(std::mem::take).ok_or(LinearError::Singular)?;
    let pivot = pivot_row.get(column).cloned().ok_or(LinearError::Singular)?;
    for row in rows.iter_mut().filter(|row| !row.is_empty()) {
        let factor = row.get(column).cloned().unwrap_or_default();
        for (value, above) in row.iter_mut().zip(&pivot_row) {
            *value = (&pivot * &*value - &factor * above) / before;
        }
    }
    if let Some(row) = rows.get_mut(column) {
        *row = pivot_row;
    }
    Ok(pivot)
}

fn solution(row: &[BigInt], at: usize) -> Result<Exact, LinearError> {
    let (Some(diagonal), Some(value)) = (row.get(at), row.last()) else {
        return Err(LinearError::NotSquare);
    };
    let (diagonal, value) = match diagonal.sign() {
        Sign::NoSign => return Err(LinearError::Singular),
        Sign::Minus => (-diagonal, -value),
        Sign::Plus => (diagonal.clone(), value.clone()),
    };
    Ok(Exact::of_parts(value, diagonal))
}
