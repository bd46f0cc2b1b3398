use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shell::ToRun;
use super::{Step, Wish};
use crate::remote::quote;

/// As much as a host is given at first when it asks.
const FIRST: u64 = 64 * 1024;
/// As much as it is ever given in one go.
const MOST: u64 = 8 * 1024 * 1024;
/// How long a piece should take on its way: so long nobody can be told to stop.
const PIECE: Duration = Duration::from_secs(1);
/// Bytes read at a time.
const BUFFER: u64 = 64 * 1024;

/// What a shell that asked for it is being given.
pub(super) struct Feed {
    file: Arc<File>,
    at: u64,
    left: u64,
}

/// How much a host is given in one go: what its connection carries in about a second.
pub(super) struct Pace {
    piece: u64,
    sent: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { piece: FIRST, sent: None }
    }
}

/// Whether what is to run are parcels, which arrive in a batch of their own.
pub(super) fn is_fed(steps: &[Step]) -> bool {
    !steps.is_empty() && steps.iter().all(|step| step.parcel.is_some())
}

/// The shell text of such a batch.
pub(super) fn batch(run: &ToRun<'_>) -> String {
    let mut text = String::from("{ g_open_receiving\n");
    if let Some(begin) = run.begin {
        // Writing to a String can't fail.
        let _ = write!(text, "{{ {begin}\n}} || g_say unrecorded\n");
    }
    let steps = run.steps.iter().enumerate().skip(run.from);
    let receive: Vec<String> = steps
        .filter_map(|(index, step)| {
            let parcel = step.parcel.as_ref()?;
            Some(format!("g_receive {index} {} {}", parcel.size.0, quote(&parcel.name)))
        })
        .collect();
    let _ = write!(text, "{}\ng_received\n}}\n", receive.join(" && "));
    text
}

/// The step and the place in its parcel, if a mark asks for more of it.
pub(super) fn wanted(mark: &str) -> Option<(usize, u64)> {
    let (id, offset) = mark.strip_prefix("want ")?.split_once(' ')?;
    Some((id.parse().ok()?, offset.parse().ok()?))
}

/// What the host is answered, and what is sent behind that.
pub(super) fn answer(
    step: Option<&Step>,
    offset: u64,
    wish: Wish,
    pace: &mut Pace,
) -> (String, Option<Feed>) {
    match (wish, step.and_then(|step| step.parcel.as_ref())) {
        (Wish::Go, Some(parcel)) if offset < parcel.size.0 => {
            let left = pace.next().min(parcel.size.0 - offset);
            (format!("take {left}\n"), Some(Feed { file: parcel.file.clone(), at: offset, left }))
        }
        (Wish::Terminate | Wish::Kill, _) => ("term\n".into(), None),
        _ => ("stop\n".into(), None),
    }
}

impl Pace {
    /// How much comes next: twice as much if the last piece arrived fast, half if it was slow.
    fn next(&mut self) -> u64 {
        if let Some(sent) = self.sent {
            let took = sent.elapsed();
            if took < PIECE / 2 {
                self.piece = (self.piece * 2).min(MOST);
            } else if took > PIECE * 2 {
                self.piece = (self.piece / 2).max(FIRST);
            }
        }
        self.sent = Some(Instant::now());
        self.piece
    }
}

impl Feed {
    /// Adds what comes next to what is to be written; `false` once there is nothing more.
    pub(super) fn fill(&mut self, pending: &mut Vec<u8>) -> bool {
        // At most BUFFER.
        let size = usize::try_from(self.left.min(BUFFER)).unwrap_or_default();
        let start = pending.len();
        pending.resize(start + size, 0);
        // The host waits for exactly so many bytes. Where they can't be read they are zeros, and git will refuse the whole.
        let _ = self.file.read_exact_at(&mut pending[start..], self.at);
        self.at += size as u64;
        self.left -= size as u64;
        self.left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_as_long_as_they_arrive_fast() {
        let mut pace = Pace::default();
        let pieces: Vec<u64> = (0..9).map(|_| pace.next() / 1024).collect();
        assert_eq!(pieces, [64, 128, 256, 512, 1024, 2048, 4096, 8192, 8192]);
        pace.sent = Instant::now().checked_sub(PIECE * 3);
        assert_eq!(pace.next() / 1024, 4096);
    }

    #[test]
    fn only_a_mark_that_asks_is_an_answer_given() {
        assert_eq!(wanted("want 2 65536"), Some((2, 65536)));
        for other in ["want", "want 1", "begin 1 2", "want a 1"] {
            assert_eq!(wanted(other), None, "{other}");
        }
    }
}
