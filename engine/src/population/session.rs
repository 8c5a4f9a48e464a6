//! The private DataFusion session: one partition, no file system, no clock.

use crate::run::RunError;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::future::Future;

/// A session in which numbers are exact and the order of rows does not depend on the machine.
pub(super) fn session() -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(1);
    let options = config.options_mut();
    // Else `0.1` in a query would be binary floating point.
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.collect_spans = true;
    SessionContext::new_with_config(config)
}

/// Runs a future on a runtime of its own: tokio is nobody else's business.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| RunError::Outside(format!("no runtime for queries: {e}")))?;
    Ok(runtime.block_on(future))
}
