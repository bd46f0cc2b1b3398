use garment_core::model::Ending;
use garment_core::remote::Info;

/// What an operation is, in a few words: `deploy of main (4634f44)`.
pub(super) fn in_words(info: &Info) -> String {
    let commit = info.commit.as_ref().map_or("", |commit| commit.short());
    match (info.git_ref.as_str(), commit) {
        ("", _) => format!("{} to {}", info.operation, info.release),
        (git_ref, "") => format!("{} of {git_ref}", info.operation),
        (git_ref, commit) => format!("{} of {git_ref} ({commit})", info.operation),
    }
}

/// How an operation that can be gone on with came to that.
pub(super) fn unfinished(ending: Option<Ending>) -> &'static str {
    match ending {
        None => "not finished",
        Some(Ending::Interrupted) => "was stopped",
        Some(Ending::LiveButFailed) => "failed after the switch",
        Some(Ending::Failed | Ending::Mixed) => "failed",
        Some(Ending::Done | Ending::Abandoned) => "is over",
    }
}
