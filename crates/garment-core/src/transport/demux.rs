use memchr::memmem::{Finder, find};

/// Takes the session's marks out of one of a shell's outputs.
///
/// A mark may stand anywhere in a line: what runs on the host need not end its output with a newline. The word that
/// makes a mark is random, so nothing else has it.
pub(super) struct Demux {
    word: Finder<'static>,
    held: Vec<u8>,
}

/// A piece of an output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What something printed.
    Data(Vec<u8>),
    /// A mark's line, without the word and the newline.
    Mark(String),
}

impl Demux {
    pub(super) fn new(word: &str) -> Self {
        Self { word: Finder::new(word.as_bytes()).into_owned(), held: Vec::new() }
    }

    /// Takes what was read and gives what is certain of it: all but the beginning of a mark that is still to come.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.held.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        loop {
            let Some(at) = self.word.find(&self.held) else {
                let keep = self.possible_start();
                let data: Vec<u8> = self.held.drain(..self.held.len() - keep).collect();
                if !data.is_empty() {
                    pieces.push(Piece::Data(data));
                }
                return pieces;
            };
            if at > 0 {
                pieces.push(Piece::Data(self.held.drain(..at).collect()));
            }
            let Some(end) = find(&self.held, b"\n") else { return pieces };
            let line: Vec<u8> = self.held.drain(..=end).collect();
            let text = &line[self.word.needle().len()..end];
            pieces.push(Piece::Mark(String::from_utf8_lossy(text).trim().to_owned()));
        }
    }

    /// What is still held back when there is nothing more to come.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// How many of the last bytes could be the beginning of the word.
    fn possible_start(&self) -> usize {
        let word = self.word.needle();
        let longest = self.held.len().min(word.len() - 1);
        (1..=longest).rev().find(|&n| self.held.ends_with(&word[..n])).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Piece {
        Piece::Data(text.into())
    }

    #[test]
    fn marks_are_found_wherever_they_stand_and_however_they_arrive() {
        let stream = "a\nbWORD end 1 0\ncWO\nWORD done\n";
        for size in 1..=stream.len() {
            let mut demux = Demux::new("WORD");
            let mut text = String::new();
            for chunk in stream.as_bytes().chunks(size) {
                for piece in demux.feed(chunk) {
                    match piece {
                        Piece::Data(d) => text.push_str(std::str::from_utf8(&d).unwrap()),
                        Piece::Mark(m) => text.extend(["<", &m, ">"]),
                    }
                }
            }
            assert_eq!(text, "a\nb<end 1 0>cWO\n<done>", "in pieces of {size}");
        }
    }

    #[test]
    fn only_what_could_be_a_mark_is_held_back() {
        let mut demux = Demux::new("WORD");
        assert_eq!(demux.feed(b"progress 5%"), [data("progress 5%")]);
        assert_eq!(demux.feed(b" W"), [data(" ")]);
        assert_eq!(demux.feed(b"x"), [data("Wx")]);
        assert_eq!(demux.feed(b"WOR"), []);
        assert_eq!(demux.rest(), b"WOR");
    }
}
