//! Populations that the engine computes: what no query can say, such as what a charge should have
//! been.
//!
//! A native population reads the datasets of its roles and gives records with what is there, what
//! should be there by the kernel of [`crate::reperform`], the difference, and its reason class; the
//! policy decides. What can't be re-performed has a null and a reason in its place, so that the policy
//! finds it undetermined. Its records are rows of the base, groups of them with `_records` as in SQL,
//! or combinations of columns that group no rows.

mod allocation;
mod allocation_part;
mod allocation_share;
pub(crate) mod billing;
pub(crate) mod charge_amount;
pub(crate) mod charge_quantity;
pub(crate) mod charges;
mod computed;
mod diagnosis;
mod dividend;
mod document_vat;
mod driver;
mod excess;
pub(crate) mod metered_period;
mod metered_run;
mod net_cost_plus;
pub(crate) mod output;
pub(crate) mod prices;
mod purchase;
mod rate_by_contract;
pub(crate) mod rater;
pub(crate) mod reading;
pub(crate) mod register;
mod run_reconciliation;
mod sod_static;
mod timeline;
pub(crate) mod usage;
mod vendor_metered;

pub(crate) use computed::Computed;

use crate::binding::Bound;
use crate::error::{closest, input, list};
use crate::progress::Progress;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use tieout_controls::result::RunParameters;
use tieout_controls::{Control, Decimal};

/// Why something can't be re-performed, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) &'static str);

impl Unknown {
    /// A quantity doesn't fit.
    pub(crate) const WIDE: Self = Self("the quantity has more than 38 digits");
}

/// All of them.
const NATIVES: &[&Native] = &[
    &allocation_part::NATIVE,
    &allocation_share::NATIVE,
    &charge_amount::NATIVE,
    &charge_quantity::NATIVE,
    &document_vat::NATIVE,
    &metered_period::NATIVE,
    &metered_run::NATIVE,
    &net_cost_plus::NATIVE,
    &rate_by_contract::NATIVE,
    &run_reconciliation::NATIVE,
    &sod_static::NATIVE,
    &vendor_metered::NATIVE,
];

/// A native population.
pub(crate) struct Native {
    /// What a control calls it.
    pub(super) name: &'static str,
    /// What its records are.
    pub(super) grain: NativeGrain,
    /// The roles of the datasets that it reads.
    pub(super) roles: &'static [&'static str],
    /// The columns of its records.
    pub(super) schema: fn() -> SchemaRef,
    /// Its records, in the population's order.
    pub(super) batches: fn(&Request<'_>) -> Result<Vec<RecordBatch>, RunError>,
}

/// What the records of a native population are.
pub(super) enum NativeGrain {
    /// Rows of the base, by `_file` and `_row`.
    Row,
    /// Groups of rows by these columns, with `_records`; the control names them in `group_by`.
    Group(&'static [&'static str]),
    /// Combinations of these columns that group no rows.
    Key(&'static [&'static str]),
}

/// What a native population is computed from.
pub(super) struct Request<'a> {
    /// The control, with its parameters' values.
    pub(super) control: &'a Control,
    /// The datasets by role.
    pub(super) bound: &'a Bound<'a>,
    /// The run's period.
    pub(super) run: &'a RunParameters,
    /// Whether to stop.
    pub(super) progress: &'a dyn Progress,
}

impl Request<'_> {
    /// The value of a parameter of the control, as `read` takes it.
    ///
    /// # Errors
    /// [`RunError::Input`] where it isn't there or isn't what `is` says.
    fn parameter<T>(
        &self,
        name: &str,
        is: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RunError> {
        let value = self.control.parameters.get(name).map(|parameter| parameter.value.as_str());
        value.and_then(read).ok_or_else(|| {
            let id = &self.control.id;
            let message = format!("control `{id}`: the parameter `{name}` can't be used");
            input("parameter-value", message, format!("it is {is}"))
        })
    }
}

/// An exact number, as parameters state it.
fn exact(text: &str) -> Option<Exact> {
    Exact::try_from(&Decimal::parse(text).ok()?).ok()
}

/// The native population of that name.
pub(super) fn find(name: &str) -> Option<&'static Native> {
    NATIVES.iter().copied().find(|native| native.name == name)
}

/// The roles that the native population of that name reads.
pub(crate) fn roles(name: &str) -> &'static [&'static str] {
    find(name).map_or(&[], |native| native.roles)
}

/// The columns of a native population, after a look at whether the control asks for it as it is.
pub(super) fn checked(control: &Control, name: &str) -> Result<SchemaRef, RunError> {
    let id = &control.id;
    let Some(native) = find(name) else {
        let message = format!("control `{id}`: there is no native population `{name}`");
        let names = || NATIVES.iter().map(|native| native.name);
        let help = match closest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the native populations are {}", list(names())),
        };
        return Err(input("population-query", message, help));
    };
    if control.population.condition.is_some() {
        let message = format!("control `{id}`: a native population has no selecting condition");
        return Err(input("population-query", message, "leave `where` out".to_owned()));
    }
    let groups = match native.grain {
        NativeGrain::Group(columns) => columns,
        NativeGrain::Row | NativeGrain::Key(_) => &[],
    };
    if control.population.group_by != groups {
        let message = format!("control `{id}`: `group_by` is not that of `{name}`");
        let help = match groups {
            [] => "leave `group_by` out".to_owned(),
            columns => format!("write `group_by: [{}]`", columns.join(", ")),
        };
        return Err(input("population-query", message, help));
    }
    Ok((native.schema)())
}
