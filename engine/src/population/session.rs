//! The private DataFusion session: one partition, no file system, no clock.

use crate::progress::Progress;
use crate::run::RunError;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::future::Future;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How long a Ctrl-C may go unheard.
const PATIENCE: Duration = Duration::from_millis(100);

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
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(no_runtime)?;
    Ok(runtime.block_on(future))
}

/// Runs a future that may take long on a thread of its own, and stops waiting for it when the user
/// does. A query that is deep in a join doesn't yield, so it can't be asked to stop; it is left
/// behind, and ends with the process at the latest.
pub(super) fn interruptible<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
    progress: &dyn Progress,
) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
    let runtime = runtime.map_err(no_runtime)?;
    let (sender, receiver) = mpsc::channel();
    // The receiver is gone once the user has stopped waiting.
    runtime.spawn(async move { drop(sender.send(future.await)) });
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) if progress.cancelled() => {
                runtime.shutdown_background();
                return Err(RunError::Interrupted);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RunError::Internal("a query ended without an answer".to_owned()));
            }
        }
    }
}

fn no_runtime(error: std::io::Error) -> RunError {
    RunError::Outside(format!("no runtime for queries: {error}"))
}
