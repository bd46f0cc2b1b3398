use std::collections::{HashMap, VecDeque};

use garment_core::event::{Event, HostName, What};
use jiff::{SignedDuration, Timestamp};

/// How long nothing is said of something that goes on.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// So many lines come in that time, however many hosts there are.
const LINES: usize = 3;

/// Says when it is time for a line on how far something is, where lines stay.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    /// When what is going on began.
    since: Timestamp,
    /// When each last had a line.
    told: HashMap<Option<HostName>, Timestamp>,
    /// When the last lines came, whosever they were.
    lines: VecDeque<Timestamp>,
}

impl Pacing {
    /// Takes notice of what begins.
    pub(super) fn see(&mut self, event: &Event) {
        if let What::Started { .. } | What::TaskStarted { .. } = &event.what {
            self.since = event.at;
            self.told.clear();
        }
    }

    /// Whether a line on how far this is comes now.
    pub(super) fn is_time(&mut self, host: Option<&HostName>, now: Timestamp) -> bool {
        let long_ago = |at: &Timestamp| now.duration_since(*at) >= PAUSE;
        self.lines.retain(|at| !long_ago(at));
        let key = host.cloned();
        let is_time = self.lines.len() < LINES && long_ago(self.told.get(&key).unwrap_or(&self.since));
        if is_time {
            self.told.insert(key, now);
            self.lines.push_back(now);
        }
        is_time
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{event, hosts};
    use super::*;

    #[test]
    fn nothing_of_what_is_short_and_few_lines_of_what_is_long() {
        let mut pacing = Pacing::default();
        let begins =
            event(What::TaskStarted { task: super::super::script::before("x"), hosts: hosts(&["a"]) });
        pacing.see(&begins);
        let at = |seconds: i64| begins.at + SignedDuration::from_secs(seconds);
        let names: Vec<HostName> = (0..9).map(|n| n.to_string().into()).collect();
        let told: Vec<usize> = (0..35)
            .map(|second| names.iter().filter(|name| pacing.is_time(Some(name), at(second))).count())
            .collect();
        let when: Vec<(usize, &usize)> = told.iter().enumerate().filter(|(_, lines)| **lines > 0).collect();
        assert_eq!(when, [(10, &3), (20, &3), (30, &3)]);
        assert!(!pacing.is_time(None, at(35)) && pacing.is_time(None, at(41)));
    }
}
