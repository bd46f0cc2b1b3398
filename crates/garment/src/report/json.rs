use std::fmt::Write as _;
use std::io::Write;

use garment_core::event::{Event, What};
use serde::Serialize;

use super::Reporter;
use super::clean;
use super::sink::Sink;

/// Which lines these are: another number where something that programs read has changed or is gone.
const VERSION: u32 = 1;

/// Events as they are, a JSON object a line: for programs. `docs/json.md` and `docs/events.schema.json` say what is in it.
#[derive(Debug)]
pub(super) struct Json<W> {
    config: Option<String>,
    sink: Sink<W>,
    /// Whether a line was begun and could not be written to its end.
    broken: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    #[serde(flatten)]
    event: &'a Event,
    /// At the beginning only: the commands that reports name need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a str>,
}

impl<W: Write> Json<W> {
    pub(super) fn new(to: W, config: Option<String>) -> Self {
        Self { config, sink: Sink::new(to), broken: false }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn event(&mut self, event: &Event) {
        let config = self.config.as_deref().filter(|_| matches!(event.what, What::Started { .. }));
        let line = serde_json::to_string(&Line { v: VERSION, event, config });
        let line = escaped(line.expect("names in an event are texts, and nothing else can be wrong"));
        // What came of a line that broke off is no reason to spoil this one.
        let end = if self.broken { "\n" } else { "" };
        self.broken = !self.sink.put(&format!("{end}{line}\n"));
    }
}

/// JSON escapes the control characters of ASCII itself. With the others, and what reorders text or breaks lines, it does no
/// harm on a terminal either. All of them are within strings.
fn escaped(line: String) -> String {
    if !line.contains(clean::is_unsafe) {
        return line;
    }
    let mut escaped = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if clean::is_unsafe(c) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io;

    use garment_core::event::Stream;

    use super::super::script::{before, event, good_deploy};
    use super::*;

    fn told(config: Option<&str>, events: &[Event]) -> String {
        let mut written = Vec::new();
        let mut reporter = Json::new(&mut written, config.map(ToOwned::to_owned));
        for event in events {
            reporter.event(event);
        }
        String::from_utf8(written).unwrap()
    }

    fn printed(line: &[u8]) -> Event {
        let task = before("build \"it\"\n");
        event(What::Output { host: "web\u{7}1".into(), task, stream: Stream::Stderr, line: line.to_vec() })
    }

    #[test]
    fn a_line_each() {
        insta::assert_snapshot!(told(Some("my deploy.conf"), &good_deploy()[..4]), @r#"
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"started","operation":"deploy","environment":"production","hosts":["shop@one.example.org","shop@two.example.org"],"config":"my deploy.conf"}
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"resolved","git_ref":"develop","commit":"4634f44a00000000000000000000000000000000"}
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"connecting","host":"shop@one.example.org"}
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"connected","host":"shop@one.example.org","took_ms":412}
        "#);
    }

    #[test]
    fn what_commands_print_is_kept_to_the_byte() {
        let events = [printed("漢\x1b[2J\u{2028}\r\u{9b}\x7f".as_bytes()), printed(b"caf\xe9 \0")];
        let lines = told(None, &events);
        insta::assert_snapshot!(lines, @r#"
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"output","host":"web\u00071","task":{"phase":"before","id":"build \"it\"\n"},"stream":"stderr","text":"漢\u001b[2J\u2028\r\u009b\u007f"}
        {"v":1,"at":"1970-01-01T00:00:00.000000Z","event":"output","host":"web\u00071","task":{"phase":"before","id":"build \"it\"\n"},"stream":"stderr","text":"caf� \u0000","base64":"Y2Fm6SAA"}
        "#);
        let read: Vec<Event> =
            lines.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, events);
    }

    /// A disk that has no room for the rest of a line, and then has.
    struct Full<'a> {
        written: &'a RefCell<Vec<u8>>,
        writes: Cell<u32>,
    }

    impl Write for Full<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.set(self.writes.get() + 1);
            if self.writes.get() == 2 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = if self.writes.get() == 1 { 9 } else { bytes.len() };
            self.written.borrow_mut().extend(&bytes[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_breaks_off_spoils_no_other() {
        let written = RefCell::default();
        let mut reporter = Json::new(Full { written: &written, writes: Cell::new(0) }, None);
        for event in &good_deploy()[1..4] {
            reporter.event(event);
        }
        let text = String::from_utf8(written.take()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r#"{"v":1,"a"#);
        let read: Vec<Event> = lines[1..].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, good_deploy()[2..4]);
    }
}
