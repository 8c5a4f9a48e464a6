//! Dataset → population → decisions → test result.
//!
//! [`run`](run::run) reads the datasets of a [`Plan`](plan::Plan), forms each control's
//! population by SQL, lets the policy decide over each record, and concludes. DataFusion and
//! tokio live here, privately.

mod absence;
pub mod bills;
mod binding;
pub mod charges;
pub mod dataset;
mod decide;
mod error;
pub mod gate;
pub mod inspect;
pub mod lineage;
mod parameters;
pub mod plan;
mod population;
pub mod progress;
mod record;
pub mod reperform;
pub mod run;
pub mod sod;
pub mod vectorised;
