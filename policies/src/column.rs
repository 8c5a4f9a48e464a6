//! Between Arrow arrays and [`Value`]s.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::types::{Decimal128Type, Decimal256Type};
use arrow_array::{AnyDictionaryArray, Array};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Days, NaiveDate, Utc};
use tieout_controls::{ColumnType, Decimal, Value};

/// The value in a row of an array. Supported: Utf8, LargeUtf8, Utf8View (and dictionaries of
/// them), Boolean, integers, Decimal128, Decimal256, Date32, Timestamp (UTC), List of strings,
/// Null. A row past the end is null; so may be an element of a list.
///
/// # Errors
/// The name of a type that isn't supported.
pub fn value_at(array: &dyn Array, row: usize) -> Result<Value, String> {
    let data_type = array.data_type();
    if column_type(data_type).is_none() && *data_type != DataType::Null {
        return Err(data_type.to_string());
    }
    if row >= array.len() || array.is_null(row) || *data_type == DataType::Null {
        return Ok(Value::Null);
    }
    present_at(array, row).ok_or_else(|| data_type.to_string())
}

/// The value of a row that is there and not null; `None` when it can't be represented.
fn present_at(array: &dyn Array, row: usize) -> Option<Value> {
    let text = |s: &str| Some(Value::String(s.to_owned()));
    let whole = |n: i128| Some(Value::Number(Decimal::from_scaled(n, 0)));
    match array.data_type() {
        DataType::Utf8 => text(array.as_string_opt::<i32>()?.value(row)),
        DataType::LargeUtf8 => text(array.as_string_opt::<i64>()?.value(row)),
        DataType::Utf8View => text(array.as_string_view_opt()?.value(row)),
        DataType::Dictionary(_, _) => dictionary_value(array.as_any_dictionary_opt()?, row),
        DataType::Boolean => Some(Value::Bool(array.as_boolean_opt()?.value(row))),
        DataType::Int8 => whole(array.as_primitive_opt::<Int8Type>()?.value(row).into()),
        DataType::Int16 => whole(array.as_primitive_opt::<Int16Type>()?.value(row).into()),
        DataType::Int32 => whole(array.as_primitive_opt::<Int32Type>()?.value(row).into()),
        DataType::Int64 => whole(array.as_primitive_opt::<Int64Type>()?.value(row).into()),
        DataType::UInt8 => whole(array.as_primitive_opt::<UInt8Type>()?.value(row).into()),
        DataType::UInt16 => whole(array.as_primitive_opt::<UInt16Type>()?.value(row).into()),
        DataType::UInt32 => whole(array.as_primitive_opt::<UInt32Type>()?.value(row).into()),
        DataType::UInt64 => whole(array.as_primitive_opt::<UInt64Type>()?.value(row).into()),
        DataType::Decimal128(_, scale) => {
            let unscaled = array.as_primitive_opt::<Decimal128Type>()?.value(row);
            Some(Value::Number(Decimal::from_scaled(unscaled, u32::try_from(*scale).ok()?)))
        }
        DataType::Decimal256(_, scale) => {
            let unscaled = array.as_primitive_opt::<Decimal256Type>()?.value(row);
            let scale = u32::try_from(*scale).ok()?;
            Some(Value::Number(Decimal::from_be_bytes(&unscaled.to_be_bytes(), scale)))
        }
        DataType::Date32 => {
            let days = array.as_primitive_opt::<Date32Type>()?.value(row);
            day(days).map(Value::Date)
        }
        DataType::Timestamp(unit, _) => instant(array, *unit, row).map(Value::Timestamp),
        DataType::List(_) => list(array.as_list_opt::<i32>()?.value(row).as_ref()),
        DataType::LargeList(_) => list(array.as_list_opt::<i64>()?.value(row).as_ref()),
        _ => None,
    }
}

fn dictionary_value(dictionary: &dyn AnyDictionaryArray, row: usize) -> Option<Value> {
    let Value::Number(key) = present_at(dictionary.keys(), row)? else { return None };
    let key = usize::try_from(key.to_scaled(0).ok()?).ok()?;
    value_at(dictionary.values().as_ref(), key).ok()
}

fn day(days: i32) -> Option<NaiveDate> {
    let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
    let distance = Days::new(days.unsigned_abs().into());
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

fn instant(array: &dyn Array, unit: TimeUnit, row: usize) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Second => {
            DateTime::from_timestamp(array.as_primitive_opt::<TimestampSecondType>()?.value(row), 0)
        }
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(
            array.as_primitive_opt::<TimestampMillisecondType>()?.value(row),
        ),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(
            array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row),
        ),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(
            array.as_primitive_opt::<TimestampNanosecondType>()?.value(row),
        )),
    }
}

fn list(items: &dyn Array) -> Option<Value> {
    let values: Result<Vec<_>, _> = (0..items.len()).map(|row| value_at(items, row)).collect();
    values.ok().map(Value::List)
}

/// The column type of an Arrow type, where there is one. A timestamp must be in UTC or say no
/// zone (then it is UTC); a decimal must not have a negative scale.
pub fn column_type(arrow: &DataType) -> Option<ColumnType> {
    Some(match arrow {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ColumnType::String,
        DataType::Dictionary(_, values) => match column_type(values)? {
            ColumnType::String => ColumnType::String,
            _ => return None,
        },
        DataType::Boolean => ColumnType::Bool,
        integer if integer.is_integer() => ColumnType::Integer,
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            ColumnType::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
        }
        DataType::Date32 => ColumnType::Date,
        DataType::Timestamp(_, zone) => match zone.as_deref() {
            None | Some("UTC" | "utc" | "Z" | "+00:00" | "Etc/UTC") => ColumnType::Timestamp,
            Some(_) => return None,
        },
        DataType::List(item) | DataType::LargeList(item) => match column_type(item.data_type())? {
            ColumnType::String => ColumnType::StringList,
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int32Type as Key;
    use arrow_array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
        Int64Array, ListArray, NullArray, StringArray, StringViewArray, TimestampMicrosecondArray,
    };
    use std::sync::Arc;

    fn text(array: &dyn Array, row: usize) -> Option<String> {
        value_at(array, row).unwrap().to_text()
    }

    #[test]
    fn reads_each_type_and_its_null() {
        let dictionary: DictionaryArray<Key> =
            vec![Some("b"), None, Some("a")].into_iter().collect();
        let decimals = Decimal128Array::from(vec![Some(-1_250), None])
            .with_precision_and_scale(38, 3)
            .unwrap();
        let instants = TimestampMicrosecondArray::from(vec![Some(1_735_689_600_000_000), None])
            .with_timezone("UTC");
        let lists = {
            let mut builder =
                arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
            builder.append_value([Some("x"), Some("y")]);
            builder.append_null();
            let built: ListArray = builder.finish();
            built
        };
        let cases: Vec<(ArrayRef, &str)> = vec![
            (Arc::new(StringArray::from(vec![Some("a"), None])), "a"),
            (Arc::new(StringViewArray::from(vec![Some("a"), None])), "a"),
            (Arc::new(dictionary), "b"),
            (Arc::new(BooleanArray::from(vec![Some(true), None])), "true"),
            (Arc::new(Int64Array::from(vec![Some(-7), None])), "-7"),
            (Arc::new(decimals), "-1.250"),
            (Arc::new(Date32Array::from(vec![Some(-1), None])), "1969-12-31"),
            (Arc::new(instants), "2025-01-01T00:00:00Z"),
            (Arc::new(lists), r#"["x","y"]"#),
        ];
        for (array, expected) in cases {
            assert_eq!(text(&array, 0).as_deref(), Some(expected), "{}", array.data_type());
            assert_eq!(text(&array, 1), None, "{}", array.data_type());
        }
        assert_eq!(text(&NullArray::new(1), 0), None);
    }

    /// Each cell is read by its own key: the work for a column is that of its rows.
    #[test]
    fn reads_a_long_dictionary() {
        let texts =
            (0..200_000).map(|n| (n % 3 != 2).then_some(if n % 3 == 0 { "a" } else { "b" }));
        let dictionary: DictionaryArray<Key> = texts.collect();
        let read = (0..dictionary.len()).filter_map(|row| text(&dictionary, row));
        assert_eq!(read.filter(|text| text == "b").count(), 66_667);
    }

    #[test]
    fn refuses_floats_and_other_zones() {
        let floats = Float64Array::from(vec![None]);
        assert_eq!(value_at(&floats, 0), Err("Float64".into()));
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into()));
        assert_eq!(column_type(&zoned), None);
    }
}
