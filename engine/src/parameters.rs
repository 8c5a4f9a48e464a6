//! Parameters: from the text in the catalogue or the workspace to a value.

use crate::dataset::Loaded;
use crate::error::{did_you_mean, input};
use crate::run::RunError;
use std::collections::BTreeMap;
use tieout_controls::control::ParameterType;
use tieout_controls::{Control, Decimal, Value};

/// Resolves a control's parameters; `control` then shows the resolved texts. Also says of each
/// parameter that is derived from data how it came about.
///
/// `scale:COLUMN` is one unit of the last digit that the base dataset's publisher writes in the
/// column: `0.01` at two digits behind the point.
///
/// # Errors
/// A text that is no value of the parameter's type, a column that is no decimal column, a tolerance
/// below zero.
#[expect(clippy::type_complexity, reason = "two plain maps by parameter name")]
pub(crate) fn resolve(
    control: &mut Control,
    base: &Loaded,
) -> Result<(BTreeMap<String, Value>, BTreeMap<String, String>), RunError> {
    let (mut values, mut origins) = (BTreeMap::new(), BTreeMap::new());
    let id = control.id.clone();
    for (name, parameter) in &mut control.parameters {
        if let Some(column) = parameter.value.strip_prefix("scale:") {
            let Some(scale) = base.scales.get(column) else {
                let message = format!(
                    "control `{id}`, parameter `{name}`: `{column}` is no decimal column of `{}`",
                    base.summary.name
                );
                let known = base.scales.keys().map(String::as_str);
                return Err(input("parameter-value", message, did_you_mean(column, known)));
            };
            let unit = Decimal::from_scaled(1, *scale).to_string();
            origins.insert(
                name.clone(),
                format!("{unit} from {} ({scale} digits behind the point)", parameter.value),
            );
            parameter.value = unit;
        }
        let value = read(parameter.kind, &parameter.value).ok_or_else(|| {
            let kind = word(parameter.kind);
            let message =
                format!("control `{id}`, parameter `{name}`: `{}` is not {kind}", parameter.value);
            input("parameter-value", message, None)
        })?;
        if is_tolerance(name) && negative(&value) {
            let message = format!(
                "control `{id}`, parameter `{name}`: `{}` is less than zero; with a negative tolerance nothing could conform",
                parameter.value
            );
            let help = "write how far a value may lie from the expected one, `0` for not at all";
            return Err(input("parameter-value", message, help.to_owned()));
        }
        values.insert(name.clone(), value);
    }
    Ok((values, origins))
}

fn read(kind: ParameterType, text: &str) -> Option<Value> {
    match kind {
        ParameterType::String => Some(Value::String(text.to_owned())),
        ParameterType::Decimal => Decimal::parse(text).ok().map(Value::Number),
        ParameterType::Date => crate::dataset::date(text).map(Value::Date),
        ParameterType::Bool => text.parse().ok().map(Value::Bool),
    }
}

/// Whether the parameter says how far something may differ: `tolerance` is one of its name's words.
fn is_tolerance(name: &str) -> bool {
    name.split('_').any(|word| word == "tolerance")
}

fn negative(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.is_negative())
}

fn word(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::String => "a text",
        ParameterType::Decimal => "a decimal number",
        ParameterType::Date => "a date such as `2025-01-31`",
        ParameterType::Bool => "`true` or `false`",
    }
}
