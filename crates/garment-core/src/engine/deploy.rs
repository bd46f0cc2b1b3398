use jiff::Timestamp;

use super::Means;
use super::lock::Wait;
use super::operation::{Early, LockRequest, Running, new_id};
use crate::event::{Operation, Outcome, What};
use crate::model::{CommitId, Environment, Setting};
use crate::origin::NoCommit;
use crate::plan::{Deploy, Scope, Selection, compile_deploy, unknown_ids};

/// What is asked of a deploy.
#[derive(Debug, Clone, Default)]
pub struct DeployRequest {
    /// Instead of the environment's `git_ref`.
    pub git_ref: Option<String>,
    /// Which of the user's tasks run.
    pub selection: Selection,
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
}

/// Makes a release of one commit on every host and switches to it.
pub async fn deploy(environment: &Environment, request: &DeployRequest, means: Means<'_>) -> Outcome {
    let running = Running::begin(Operation::Deploy, environment, means);
    let scope = Scope::without_host(environment);
    let repo_url = scope.value(Setting::RepoUrl);
    let git_ref = request.git_ref.clone().unwrap_or_else(|| scope.value(Setting::GitRef));
    if let Some(problem) = unknown_ids(environment, &request.selection) {
        return running.refuse(problem);
    }
    let resolve = async {
        let commit = means.origin.resolve(&repo_url, &git_ref).await.map_err(|none| match none {
            NoCommit::Wrong(problem) => Early::Refused(problem),
            NoCommit::Unreachable(problem) => Early::NoOrigin(problem),
        })?;
        means.teller.tell(What::Resolved { git_ref: git_ref.clone(), commit: commit.clone() });
        Ok((git_ref.clone(), commit))
    };
    let lock = LockRequest {
        by: &request.by,
        wait: request.wait,
        doing: format!("deploy of {git_ref}"),
        doing_what: |(git_ref, commit): &(String, CommitId)| {
            Some(format!("deploy of {git_ref} ({})", commit.short()))
        },
    };
    running
        .carry_out(lock, resolve, |(_, commit), facts, holder| {
            let now = Timestamp::now();
            let deploy = Deploy {
                git_ref: &git_ref,
                commit: &commit,
                now,
                operation: &new_id(now, facts, Operation::Deploy),
                by: &request.by,
                selection: &request.selection,
                token: Some(&holder.token),
                continued: None,
            };
            compile_deploy(environment, facts, &deploy)
        })
        .await
}
