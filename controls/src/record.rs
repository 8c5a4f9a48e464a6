//! What names a record, and the fields that are told of it.

use crate::money::Count;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// Where a record stands: its dataset, file and row, and the key of its schema profile. A record
/// of a grouped population has no row; its key is the group's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRef {
    /// The dataset's name in the workspace.
    pub dataset: String,
    /// The number of the file in the dataset, from 0; `None` for a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Count>,
    /// The ordinal of the data row in its file, from 1 (the header is not counted); `None` for a
    /// group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Count>,
    /// The key columns with their values, in the profile's order.
    #[serde(skip)]
    pub key: Vec<Field>,
}

/// Whether a field may stand in the clear where it can never be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldClass {
    /// Not about a person: written as it is.
    Clear,
    /// Personal data: committed to with a salt, disclosed beside the pack.
    Personal,
}

/// A named value of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Whether it is personal.
    pub class: FieldClass,
}
