//! One picture of what is going on, made to fit.

use std::cmp::Reverse;
use std::time::Duration;

use garment_core::event::HostName;
use jiff::Timestamp;

use super::board::{Board, Row, State};
use super::clean;
use super::look::{Look, Tone};
use super::width::{fit, pad, width};

/// What there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// The lines: each narrower than the terminal, together at most two thirds of it, so that the record stays in sight.
pub(super) fn frame(board: &Board, now: Timestamp, size: Size, look: Look) -> Vec<String> {
    // The last column stays free: with it some terminals go on to the next line, others don't.
    let columns = size.columns.saturating_sub(1);
    let room = (size.rows * 2 / 3).max(1);
    let mut lines = vec![head(board, now, columns, look)];
    let shown = choose(board, room - 1);
    let hidden = board.rows.len() - shown.len();
    let widest = shown.iter().map(|at| width(&clean::text(host(board, *at).0))).max().unwrap_or(0);
    let names = widest.min((columns / 3).max(8));
    for at in &shown {
        let (name, row) = host(board, *at);
        lines.push(line(name, row, now, names, columns, look));
    }
    if hidden > 0 && lines.len() < room {
        let text = format!("{} and {hidden} more{}", look.ellipsis(), kinds(board, &shown));
        lines.push(look.paint(Tone::Faint, &fit(&text, columns, look.ellipsis())));
    }
    lines
}

fn host(board: &Board, at: usize) -> (&HostName, &Row) {
    board.rows.get_index(at).expect("places come from this board")
}

fn head(board: &Board, now: Timestamp, columns: usize, look: Look) -> String {
    let clock = clock(board.began, now);
    let room = columns.saturating_sub(width(&clock) + 2);
    let mut text = board.doing.clone();
    // Where both don't fit, what goes on counts more than what it is called.
    if width(&board.title) + 2 + width(&text) <= room {
        text = format!("{}  {text}", board.title);
    }
    let text = fit(text.trim(), room, look.ellipsis());
    fit_plain(&format!("{text}  "), columns, &clock, look)
}

/// The head's text in bold with the clock behind it, if there is room.
fn fit_plain(text: &str, columns: usize, clock: &str, look: Look) -> String {
    if width(text) + width(clock) > columns {
        return look.paint(Tone::Strong, &fit(text.trim_end(), columns, ""));
    }
    format!("{}{}", look.paint(Tone::Strong, text), look.paint(Tone::Faint, clock))
}

/// The places of the hosts to show, in the file's order: all, if there is room, else those that failed (at most half),
/// then the slowest, with a line kept free for how many more there are.
fn choose(board: &Board, room: usize) -> Vec<usize> {
    let all = board.rows.len();
    if all <= room {
        return (0..all).collect();
    }
    let room = room.saturating_sub(1);
    let state = |at: &usize| host(board, *at).1.state;
    let mut others: Vec<usize> = (0..all).collect();
    let failed: Vec<usize> = others.iter().copied().filter(|at| state(at) == State::Failed).collect();
    let mut chosen: Vec<usize> = failed.into_iter().take(room.div_ceil(2)).collect();
    others.retain(|at| !chosen.contains(at));
    others.sort_by_key(|at| {
        let row = host(board, *at).1;
        let rank = match row.state {
            State::Busy => 0,
            State::Failed => 1,
            State::Stopped => 2,
            State::Idle => 3,
            State::Done(_) => 4,
        };
        let slow = if let State::Done(took) = row.state { took } else { Duration::ZERO };
        (rank, row.since, Reverse(slow))
    });
    chosen.extend(others.into_iter().take(room - chosen.len()));
    chosen.sort_unstable();
    chosen
}

/// What those are at that are not shown.
fn kinds(board: &Board, shown: &[usize]) -> String {
    let mut kinds = [("failed", 0), ("at work", 0), ("stopped", 0), ("waiting", 0), ("done", 0)];
    for (_, row) in board.rows.values().enumerate().filter(|(at, _)| shown.binary_search(at).is_err()) {
        let kind = match row.state {
            State::Failed => 0,
            State::Busy => 1,
            State::Stopped => 2,
            State::Idle => 3,
            State::Done(_) => 4,
        };
        kinds[kind].1 += 1;
    }
    let kinds: Vec<_> =
        kinds.iter().filter(|(_, count)| *count > 0).map(|(kind, count)| format!("{count} {kind}")).collect();
    format!(": {}", kinds.join(", "))
}

fn line(name: &str, row: &Row, now: Timestamp, names: usize, columns: usize, look: Look) -> String {
    let (mark, tone) = match row.state {
        State::Busy => (if look.unicode { "▸" } else { ">" }, Tone::Name),
        State::Done(_) => (if look.unicode { "✓" } else { "+" }, Tone::Good),
        State::Failed => (if look.unicode { "✗" } else { "x" }, Tone::Bad),
        State::Stopped => ("-", Tone::Warn),
        State::Idle => (" ", Tone::Plain),
    };
    let clock = match row.state {
        State::Busy => clock(row.since, now),
        State::Done(took) => minutes(took.as_secs()),
        _ => String::new(),
    };
    let quiet = !matches!(row.state, State::Busy | State::Failed);
    let mut pieces = Pieces { left: columns, line: String::new(), look };
    pieces.add(tone, mark);
    pieces.add(Tone::Plain, " ");
    pieces.add(Tone::Plain, &pad(&fit(&clean::text(name), names, look.ellipsis()), names));
    // A running time that is cut off would be wrong, so it is whole or not there.
    if pieces.left > clock.len().max(7) {
        pieces.add(Tone::Plain, &format!(" {clock:>7}"));
    }
    if pieces.left > 4 {
        pieces.add(Tone::Plain, "  ");
        let half = if row.last.is_empty() { pieces.left } else { pieces.left / 2 };
        pieces.add(if quiet { Tone::Faint } else { Tone::Plain }, &fit(&row.text, half, look.ellipsis()));
        if !row.last.is_empty() && pieces.left > 4 {
            pieces.add(Tone::Plain, "  ");
            pieces.add(Tone::Faint, &row.last);
        }
    }
    pieces.line.trim_end().to_owned()
}

/// A line in the making, and the columns that are left of it.
struct Pieces {
    left: usize,
    line: String,
    look: Look,
}

impl Pieces {
    fn add(&mut self, tone: Tone, text: &str) {
        let text = fit(text, self.left, self.look.ellipsis());
        self.left -= width(&text);
        if !text.is_empty() {
            self.line.push_str(&self.look.paint(tone, &text));
        }
    }
}

fn clock(since: Timestamp, now: Timestamp) -> String {
    // Clocks are set back now and then.
    minutes(u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0))
}

/// `0:07`, `1:02:03`.
fn minutes(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests;
