use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Signal;
use super::super::batch::Batch;
use super::super::demux::Demux;
use crate::event::Stream;

pub(super) const WORD: &str = "garment-mark-0123456789abcdeffedcba9876543210";

/// What a step does on the host.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) recorded: bool,
    /// In this order, though each output has its own way.
    pub(super) prints: Vec<(Stream, Vec<u8>)>,
    pub(super) end: End,
    /// What is said on stderr meanwhile, by ssh for one.
    pub(super) noise: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Status(u8),
    Late(u8),
    Unknown,
}

/// What the two outputs of the session's shell carry.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

/// What is told, pieces of output joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Begin(usize),
    Printed(usize, Vec<u8>, Vec<u8>),
    TimedOut(usize),
    End(usize, u8),
}

/// Bytes that have no mark in them, but much that looks like one.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let other = WORD.replace('0', "1");
    let piece = prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        1 => (1..WORD.len() - 4).prop_map(|n| WORD.as_bytes()[..n].to_vec()),
        1 => proptest::sample::select(vec![
            "\n", " end 0 0\n", "end 0 0\n", " ended 0 0\n", "done\n", "err\n", "out\n", "begin 1 1 recorded\n", "g", "\0", "\r\n",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(format!("{other} end 0 0\n").into_bytes()),
        1 => (any::<u8>(), 0..3000_usize).prop_map(|(byte, n)| vec![byte; n]),
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn act(recorded: impl Strategy<Value = bool>) -> impl Strategy<Value = Act> {
    let stream = any::<bool>().prop_map(|err| if err { Stream::Stderr } else { Stream::Stdout });
    let end = prop_oneof![
        6 => Just(End::Status(0)),
        2 => any::<u8>().prop_map(End::Status),
        1 => any::<u8>().prop_map(End::Late),
        1 => Just(End::Unknown),
    ];
    (recorded, vec((stream, bytes()), 0..5), end, bytes()).prop_map(|(recorded, prints, end, noise)| Act {
        recorded,
        prints,
        // Only what is recorded is followed, and has a time that can be up.
        end: if recorded || matches!(end, End::Status(_)) { end } else { End::Status(1) },
        noise,
    })
}

pub(super) fn acts(recorded: impl Strategy<Value = bool>) -> impl Strategy<Value = Vec<Act>> {
    vec(act(recorded), 1..5)
}

/// Which output is read next (stderr: true), and how many bytes of it; over and over.
pub(super) fn reads() -> impl Strategy<Value = Vec<(bool, usize)>> {
    let size = prop_oneof![1..4_usize, 1..100_usize, 1..20_000_usize];
    // With runs of one output, so that it gets far ahead.
    vec((any::<bool>(), vec(size, 1..6)), 1..8).prop_map(|runs| {
        let both = [(false, 1), (true, 1)];
        let runs = runs.into_iter().flat_map(|(err, sizes)| sizes.into_iter().map(move |size| (err, size)));
        runs.chain(both).collect()
    })
}

impl Act {
    /// All that it prints on one of its outputs.
    pub(super) fn printed(&self, stream: Stream) -> Vec<u8> {
        self.prints.iter().filter(|(on, _)| *on == stream).flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// Whether the next step begins.
    fn goes_on(&self) -> bool {
        self.end == End::Status(0)
    }
}

/// Those that run: up to the first that fails.
pub(super) fn that_run(acts: &[Act]) -> &[Act] {
    let failed = acts.iter().position(|act| !act.goes_on());
    &acts[..failed.map_or(acts.len(), |at| at + 1)]
}

/// What has to be told of them.
pub(super) fn due(acts: &[Act]) -> Vec<Told> {
    let mut due = Vec::new();
    for (id, act) in that_run(acts).iter().enumerate() {
        due.push(Told::Begin(id));
        let (out, err) = (act.printed(Stream::Stdout), act.printed(Stream::Stderr));
        if !(out.is_empty() && err.is_empty()) {
            due.push(Told::Printed(id, out, err));
        }
        match act.end {
            End::Status(status) => due.push(Told::End(id, status)),
            // Too late is never well.
            End::Late(status) => {
                due.extend([Told::TimedOut(id), Told::End(id, if status == 0 { 124 } else { status })]);
            }
            End::Unknown => {}
        }
    }
    due
}

impl Wire {
    fn mark(&mut self, stream: Stream, text: &str) {
        let line = format!("{WORD} {text}\n");
        match stream {
            Stream::Stdout => self.out.extend(line.into_bytes()),
            Stream::Stderr => self.err.extend(line.into_bytes()),
        }
    }

    /// What is heard of a batch from step `from` on, of whose outputs `told` bytes are known. What `has_begun` is not
    /// run but followed.
    pub(super) fn of(acts: &[Act], from: usize, told: [u64; 2], has_begun: usize) -> Self {
        let mut wire = Self::default();
        for (id, act) in that_run(acts).iter().enumerate().skip(from) {
            let recorded = if act.recorded { " recorded" } else { "" };
            wire.mark(Stream::Stdout, &format!("begin {id} 4711{recorded}"));
            if !act.recorded {
                wire.mark(Stream::Stderr, &format!("begin {id}"));
            }
            wire.prints(act, if id == from { told } else { [0, 0] }, id < has_begun);
            let end = match act.end {
                End::Status(status) => format!("{id} {status}"),
                End::Late(status) => format!("{id} {status} timeout"),
                End::Unknown => format!("{id} unknown"),
            };
            if act.recorded {
                wire.mark(Stream::Stdout, &format!("ended {end}"));
            } else {
                wire.mark(Stream::Stdout, &format!("end {end}"));
                wire.mark(Stream::Stderr, &format!("end {end}"));
            }
        }
        wire.mark(Stream::Stdout, "done");
        wire
    }

    fn prints(&mut self, act: &Act, told: [u64; 2], followed: bool) {
        if !act.recorded {
            self.out.extend(act.printed(Stream::Stdout));
            self.err.extend(act.printed(Stream::Stderr));
            return;
        }
        self.err.extend(&act.noise);
        let rest = |stream, told: u64| act.printed(stream).split_off(usize::try_from(told).unwrap());
        if followed {
            self.out.extend(rest(Stream::Stdout, told[0]));
            self.mark(Stream::Stdout, "err");
            self.out.extend(rest(Stream::Stderr, told[1]));
            self.mark(Stream::Stdout, "out");
            return;
        }
        assert_eq!(told, [0, 0], "what was told of had begun");
        for (stream, bytes) in &act.prints {
            if *stream == Stream::Stderr {
                self.mark(Stream::Stdout, "err");
            }
            self.out.extend(bytes);
            if *stream == Stream::Stderr {
                self.mark(Stream::Stdout, "out");
            }
        }
    }

    /// Reads it as a session does, but for what is cut off. Gives the batch and what is still held back.
    pub(super) fn read(
        &self,
        reads: &[(bool, usize)],
        tell: &mut (dyn FnMut(Signal<'_>) + Send),
    ) -> (Batch, Vec<u8>) {
        let mut batch = Batch::default();
        let mut demuxes = [Demux::new(WORD), Demux::new(WORD)];
        let mut rest = [self.out.as_slice(), self.err.as_slice()];
        let mut reads: VecDeque<_> = reads.to_vec().into();
        while rest.iter().any(|rest| !rest.is_empty()) {
            reads.rotate_left(1);
            let (err, size) = reads[0];
            let which = usize::from(err);
            let (now, later) = rest[which].split_at(size.min(rest[which].len()));
            rest[which] = later;
            for piece in demuxes[which].feed(now) {
                batch.take(if err { Stream::Stderr } else { Stream::Stdout }, piece, tell);
            }
        }
        (batch, demuxes.iter_mut().flat_map(Demux::rest).collect())
    }
}

/// Adds what is told to what was told.
pub(super) fn note(told: &mut Vec<Told>, signal: Signal<'_>) {
    match signal {
        Signal::Begin(id) => told.push(Told::Begin(id)),
        Signal::TimedOut(id) => told.push(Told::TimedOut(id)),
        Signal::End(id, exit) => told.push(Told::End(id, exit.0)),
        Signal::Output(id, stream, bytes) => {
            if !matches!(told.last(), Some(Told::Printed(of, ..)) if *of == id) {
                told.push(Told::Printed(id, Vec::new(), Vec::new()));
            }
            if let Some(Told::Printed(_, out, err)) = told.last_mut() {
                if stream == Stream::Stdout { out } else { err }.extend_from_slice(bytes);
            }
        }
        other => panic!("{other:?}"),
    }
}
