use jiff::Timestamp;

use super::Means;
use super::lock::Wait;
use super::operation::{LockRequest, Running, new_id};
use crate::event::{Operation, Outcome};
use crate::model::Environment;
use crate::plan::{Rollback, compile_rollback};

/// What is asked of a rollback.
#[derive(Debug, Clone, Default)]
pub struct RollbackRequest {
    /// The release to go back to; without one, the newest good one older than the current one that every host has.
    pub release: Option<String>,
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
}

/// Switches every host back to an older release.
pub async fn rollback(environment: &Environment, request: &RollbackRequest, means: Means<'_>) -> Outcome {
    let running = Running::begin(Operation::Rollback, environment, means);
    let lock = LockRequest {
        by: &request.by,
        wait: request.wait,
        doing: "rollback".to_owned(),
        doing_what: |()| None,
    };
    running
        .carry_out(lock, async { Ok(()) }, |(), facts, holder| {
            let now = Timestamp::now();
            let rollback = Rollback {
                operation: &new_id(now, facts, Operation::Rollback),
                by: &request.by,
                now,
                release: request.release.as_deref(),
                token: Some(&holder.token),
                continued: None,
            };
            compile_rollback(environment, facts, &rollback)
        })
        .await
}
