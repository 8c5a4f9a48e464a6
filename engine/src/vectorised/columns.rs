//! The columns of a batch as vectors.

use super::number::Number;
use super::text::{Pool, Text};
use super::vector::{ASK, Cells, FALSE, MAYBE, State, TRUE, UNKNOWN, VALUE, Vector};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use datafusion::arrow::buffer::NullBuffer;
use std::sync::Arc;
use tieout_policies::column;
use tieout_policies::evaluate::EvaluateError;
use tieout_policies::tree::{Program, Type};

/// A column that a program reads.
pub(super) enum Read {
    Plain(Arc<Vector>),
    /// Its values, and for each row which of them stands there: the one past the last for a null.
    Dictionary {
        values: ArrayRef,
        keys: Arc<Vec<u32>>,
    },
}

/// The columns that a program reads, at its positions.
///
/// # Errors
/// A column is missing or of another type.
pub(super) fn read(
    program: &Program,
    batch: &RecordBatch,
) -> Result<Vec<Option<Read>>, EvaluateError> {
    let read = |column: &tieout_policies::tree::ColumnUse| {
        if !column.used {
            return Ok(None);
        }
        let name = &column.name;
        let missing = || EvaluateError(format!("the population has no column `{name}`"));
        let array = batch.column_by_name(name).ok_or_else(missing)?;
        let found = column::column_type(array.data_type()).map(Type::of_column);
        if found != Some(Type::of_column(column.kind)) && *array.data_type() != DataType::Null {
            let message =
                format!("the column `{name}` is {}, not {}", array.data_type(), column.kind);
            return Err(EvaluateError(message));
        }
        one(array).map(Some)
    };
    program.columns.iter().map(read).collect()
}

fn one(array: &ArrayRef) -> Result<Read, EvaluateError> {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return plain(array.as_ref()).map(|vector| Read::Plain(Arc::new(vector)));
    };
    let values = dictionary.values();
    let null = place(values.len());
    let keys = match dictionary.keys().as_primitive_opt::<arrow_array::types::Int32Type>() {
        Some(keys) => keys.values().iter().map(|key| u32::try_from(*key).unwrap_or(null)).collect(),
        None => dictionary.normalized_keys().into_iter().map(place).collect(),
    };
    let keys = Arc::new(with_nulls(keys, array.nulls(), null));
    Ok(Read::Dictionary { values: values.clone(), keys })
}

fn with_nulls(mut keys: Vec<u32>, nulls: Option<&NullBuffer>, null: u32) -> Vec<u32> {
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        for (key, valid) in keys.iter_mut().zip(nulls) {
            if !valid {
                *key = null;
            }
        }
    }
    keys
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The values of a dictionary, and behind them the null.
pub(super) fn dictionary(values: &dyn Array) -> Result<Vector, EvaluateError> {
    let vector = plain(values)?;
    let places: Vec<u32> = (0..=place(values.len())).collect();
    let gathered = vector.gather(&places);
    let mut states = gathered.states.unwrap_or_else(|| vec![VALUE; places.len()]);
    if let Some(last) = states.last_mut() {
        *last = UNKNOWN;
    }
    Ok(Vector::with(Some(states), gathered.data))
}

/// Whether two arrays of text are the same memory.
pub(super) fn same(one: &ArrayRef, other: &ArrayRef) -> bool {
    if one.len() != other.len() || one.data_type() != other.data_type() {
        return false;
    }
    let (one, other) = (one.to_data(), other.to_data());
    let pointers = |data: &datafusion::arrow::array::ArrayData| {
        data.buffers().iter().map(|b| (b.as_ptr().addr(), b.len())).collect::<Vec<_>>()
    };
    one.offset() == other.offset() && pointers(&one) == pointers(&other)
}

fn states(array: &dyn Array) -> Option<Vec<State>> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0)?;
    Some(nulls.iter().map(|valid| if valid { VALUE } else { UNKNOWN }).collect())
}

fn plain(array: &dyn Array) -> Result<Vector, EvaluateError> {
    let data_type = array.data_type();
    let wrong = || EvaluateError(format!("a value of type {data_type} can't be read"));
    let data = match data_type {
        DataType::Null => {
            return Ok(Vector::with(Some(vec![UNKNOWN; array.len()]), Cells::None(array.len())));
        }
        DataType::Utf8 => Cells::Text(Text::of(Pool::Short(
            array.as_string_opt::<i32>().ok_or_else(wrong)?.clone(),
        ))),
        DataType::LargeUtf8 => Cells::Text(Text::of(Pool::Long(
            array.as_string_opt::<i64>().ok_or_else(wrong)?.clone(),
        ))),
        DataType::Utf8View => {
            Cells::Text(Text::of(Pool::View(array.as_string_view_opt().ok_or_else(wrong)?.clone())))
        }
        DataType::Boolean => {
            let flags = array.as_boolean_opt().ok_or_else(wrong)?.iter();
            let truth = |flag| match flag {
                Some(true) => TRUE,
                Some(false) => FALSE,
                None => MAYBE,
            };
            Cells::Truth(flags.map(truth).collect())
        }
        DataType::Int64 => {
            let numbers = array.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
            Cells::Number(Number::small(
                numbers.values().iter().map(|n| i128::from(*n)).collect(),
                0,
            ))
        }
        DataType::Decimal128(precision, scale) => {
            let numbers = array.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?;
            let scale = u32::try_from(*scale).map_err(|_| wrong())?;
            Cells::Number(Number::column(numbers.values().clone(), *precision, scale))
        }
        DataType::Decimal256(_, scale) => {
            let numbers = array.as_primitive_opt::<Decimal256Type>().ok_or_else(wrong)?;
            let scale = u32::try_from(*scale).map_err(|_| wrong())?;
            Cells::Number(Number::wide(numbers.values().to_vec(), scale))
        }
        DataType::Date32 => {
            Cells::Date(array.as_primitive_opt::<Date32Type>().ok_or_else(wrong)?.values().to_vec())
        }
        DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, _) => Cells::Instant(
            array
                .as_primitive_opt::<TimestampMicrosecondType>()
                .ok_or_else(wrong)?
                .values()
                .to_vec(),
        ),
        DataType::List(_) => return lists(array),
        // What is rare is read value by value, as the reference evaluator does.
        _ => {
            let slot = |row| match column::value_at(array, row).map_err(EvaluateError)? {
                tieout_controls::Value::Null => Ok(Err(UNKNOWN)),
                tieout_controls::Value::Timestamp(t) if t.timestamp_subsec_nanos() % 1000 != 0 => {
                    Ok(Err(ASK))
                }
                value => Ok(Ok(value)),
            };
            let slots = (0..array.len()).map(slot).collect::<Result<Vec<_>, EvaluateError>>()?;
            return Ok(Vector::from_slots(slots));
        }
    };
    Ok(Vector::with(states(array), data))
}

fn lists(array: &dyn Array) -> Result<Vector, EvaluateError> {
    let wrong = || EvaluateError("a list can't be read".to_owned());
    let lists = array.as_list_opt::<i32>().ok_or_else(wrong)?;
    let offsets = lists.value_offsets();
    let first = offsets.first().copied().unwrap_or(0);
    let last = offsets.last().copied().unwrap_or(0);
    let start = usize::try_from(first).map_err(|_| wrong())?;
    let length = usize::try_from(last.saturating_sub(first)).map_err(|_| wrong())?;
    let elements = plain(lists.values().slice(start, length).as_ref())?;
    let ends = offsets.iter().skip(1);
    let ends = ends.map(|end| u32::try_from(end.saturating_sub(first)).map_err(|_| wrong()));
    let ends = ends.collect::<Result<_, _>>()?;
    Ok(Vector::with(states(array), Cells::Lists { ends, elements: Arc::new(elements) }))
}
