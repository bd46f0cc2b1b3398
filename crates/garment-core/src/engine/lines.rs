use std::collections::VecDeque;

use crate::event::Stream;

/// A line longer than this is told in pieces: nobody reads it, and a host must not be able to fill our memory.
const LONGEST: usize = 16 * 1024;
/// How many last lines of a command are kept for the report of its failure.
const TAIL: usize = 20;

/// Cuts a command's outputs into lines and remembers the last ones.
#[derive(Default)]
pub(super) struct Lines {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    tail: VecDeque<(Stream, Vec<u8>)>,
}

impl Lines {
    /// Takes a piece of output; `line` is called for each line that it completes.
    pub(super) fn feed(&mut self, stream: Stream, bytes: &[u8], mut line: impl FnMut(Stream, Vec<u8>)) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.open(stream).extend_from_slice(&rest[..end]);
            let mut whole = std::mem::take(self.open(stream));
            if whole.last() == Some(&b'\r') {
                whole.pop();
            }
            self.keep(stream, whole, &mut line);
            rest = &rest[end + 1..];
        }
        self.open(stream).extend_from_slice(rest);
        while self.open(stream).len() > LONGEST {
            let open = self.open(stream);
            // Not within a character.
            let begins = |at: &usize| open[*at] & 0b1100_0000 != 0b1000_0000;
            let at = (LONGEST - 3..=LONGEST).rev().find(begins).unwrap_or(LONGEST);
            let more = open.split_off(at);
            let piece = std::mem::replace(open, more);
            self.keep(stream, piece, &mut line);
        }
    }

    /// The command is over: what has no line end yet is a line too.
    pub(super) fn finish(&mut self, mut line: impl FnMut(Stream, Vec<u8>)) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let open = std::mem::take(self.open(stream));
            if !open.is_empty() {
                self.keep(stream, open, &mut line);
            }
        }
    }

    /// The last lines, oldest first; forgets them.
    pub(super) fn take_tail(&mut self) -> Vec<(Stream, Vec<u8>)> {
        std::mem::take(&mut self.tail).into()
    }

    fn open(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    fn keep(&mut self, stream: Stream, text: Vec<u8>, line: &mut impl FnMut(Stream, Vec<u8>)) {
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back((stream, text.clone()));
        line(stream, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut told = Vec::new();
        let mut tell = |_, line| told.push(String::from_utf8(line).unwrap());
        for piece in pieces {
            lines.feed(Stream::Stdout, piece.as_bytes(), &mut tell);
        }
        lines.finish(&mut tell);
        told
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_between_characters() {
        for text in ["é", "x€", "xy😀"].map(|text| text.repeat(LONGEST)) {
            let cut = lines(&[&text]);
            assert!(cut.len() > 1 && cut.iter().all(|piece| piece.len() <= LONGEST));
            assert_eq!(cut.concat(), text);
        }
    }

    #[test]
    fn lines_are_cut_wherever_the_pieces_were() {
        assert_eq!(lines(&["a", "b\nc\r\n", "\nd"]), ["ab", "c", "", "d"]);
        assert_eq!(lines(&["a\n"]), ["a"]);
        assert_eq!(
            lines(&[&"x".repeat(LONGEST + 1)]).iter().map(String::len).collect::<Vec<_>>(),
            [LONGEST, 1]
        );
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        let mut lines = Lines::default();
        for i in 0..50 {
            lines.feed(Stream::Stderr, format!("{i}\n").as_bytes(), |_, _| {});
        }
        let tail = lines.take_tail();
        assert_eq!((tail.len(), tail[0].1.as_slice()), (20, b"30".as_slice()));
    }
}
