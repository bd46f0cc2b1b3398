use std::io::{ErrorKind, Write};
use std::thread;
use std::time::Duration;

/// How often to try again where the reader of a non-blocking pipe or terminal is behind, and how long to wait between.
const TRIES: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(2);

/// Where text goes. It never fails: an operation on hosts does not stop because nobody reads what is said about it.
/// Once the reader is gone nothing more is written.
#[derive(Debug)]
pub(super) struct Sink<W> {
    to: Option<W>,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: Some(to) }
    }

    /// Writes and flushes, and says whether all of it could be written. On an error other than a reader who is gone, this
    /// text is lost, in part perhaps, and the next is tried.
    pub(super) fn put(&mut self, text: &str) -> bool {
        let Some(to) = &mut self.to else { return false };
        let written = put(to, text.as_bytes());
        if let Err(ErrorKind::BrokenPipe) = written {
            self.to = None;
        }
        written.is_ok()
    }
}

/// As `write_all` and `flush`, but patient: something else may have made our standard output non-blocking.
fn put(to: &mut impl Write, mut rest: &[u8]) -> Result<(), ErrorKind> {
    let mut tries = 0;
    loop {
        let done = if rest.is_empty() { to.flush().map(|()| 0) } else { to.write(rest) };
        match done {
            Ok(0) if rest.is_empty() => return Ok(()),
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(n) => (rest, tries) = (&rest[n..], 0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && tries < TRIES => {
                tries += 1;
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(error.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{Error, Result};

    use super::*;

    /// Writes a few bytes at a time and fails as told.
    struct Moody<'a> {
        written: &'a RefCell<Vec<u8>>,
        failures: Vec<ErrorKind>,
    }

    impl Write for Moody<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            if let Some(kind) = self.failures.pop() {
                return Err(Error::from(kind));
            }
            let n = bytes.len().min(3);
            self.written.borrow_mut().extend(&bytes[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    fn after(failures: Vec<ErrorKind>) -> String {
        let written = RefCell::default();
        let mut sink = Sink::new(Moody { written: &written, failures });
        sink.put("first\n");
        sink.put("second\n");
        String::from_utf8(written.take()).unwrap()
    }

    #[test]
    fn a_slow_reader_gets_everything() {
        assert_eq!(after(vec![ErrorKind::WouldBlock, ErrorKind::Interrupted]), "first\nsecond\n");
    }

    #[test]
    fn a_reader_who_is_gone_gets_nothing_more() {
        assert_eq!(after(vec![ErrorKind::BrokenPipe]), "");
    }

    #[test]
    fn a_full_disk_costs_one_line() {
        assert_eq!(after(vec![ErrorKind::StorageFull]), "second\n");
    }
}
