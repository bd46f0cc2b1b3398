use garment_core::engine::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

/// Raises the interrupt whenever people ask garment to stop: Ctrl-C, SIGTERM, or a terminal that goes away. Ends never.
///
/// The handlers are in place when this returns.
pub(crate) fn watch(interrupt: &Interrupt) -> impl Future<Output = ()> + use<> {
    let interrupt = interrupt.clone();
    let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
    // `nohup garment …` asks for the opposite.
    if !hangup_is_ignored() {
        kinds.push(SignalKind::hangup());
    }
    let streams: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        let each = streams.into_iter().map(|mut stream| {
            let interrupt = interrupt.clone();
            Box::pin(async move {
                while stream.recv().await.is_some() {
                    interrupt.raise();
                }
            })
        });
        futures_util::future::join_all(each).await;
    }
}

/// As Linux tells it; elsewhere it is taken to be not ignored.
fn hangup_is_ignored() -> bool {
    let Ok(status) = fs_err::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}
