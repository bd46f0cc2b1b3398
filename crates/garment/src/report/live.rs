use std::io::Write;

use garment_core::event::{Event, What};
use jiff::{SignedDuration, Timestamp};

use super::Reporter;
use super::board::Board;
use super::frame::{Size, frame};
use super::look::Look;
use super::record::Record;
use super::screen::Screen;

/// A view of all hosts that moves, below a record that stays. For terminals.
///
/// It draws when something that stays is said, though not for each of many such lines, and when it is ticked; it has no
/// thread, so nothing is drawn once the operation is over.
#[derive(Debug)]
pub(super) struct Live<W: Write, S> {
    look: Look,
    record: Record,
    board: Board,
    screen: Screen<W>,
    /// Asked at each drawing: people resize their terminals.
    size: S,
    /// Lines that stay and are not shown yet.
    waiting: Vec<String>,
    /// When it was last drawn.
    drawn: Option<Timestamp>,
    over: bool,
}

/// Drawing takes a look at every host, so a thousand hosts that fail at once are not drawn one by one.
const BETWEEN: SignedDuration = SignedDuration::from_millis(40);

impl<W: Write, S: Fn() -> Size> Live<W, S> {
    pub(super) fn new(to: W, size: S, look: Look, record: Record) -> Self {
        let (board, screen) = (Board::default(), Screen::new(to));
        Self { look, record, board, screen, size, waiting: Vec::new(), drawn: None, over: false }
    }

    fn draw(&mut self, now: Timestamp) {
        let size = (self.size)();
        let area = if self.over { Vec::new() } else { frame(&self.board, now, size, self.look) };
        self.screen.show(&self.waiting, area, size);
        self.waiting.clear();
        self.drawn = Some(now);
    }

    fn was_just_drawn(&self, now: Timestamp) -> bool {
        // Clocks are set back now and then.
        self.drawn.is_some_and(|drawn| drawn <= now && now.duration_since(drawn) < BETWEEN)
    }
}

impl<W: Write, S: Fn() -> Size> Reporter for Live<W, S> {
    fn event(&mut self, event: &Event) {
        self.board.apply(event);
        self.waiting.extend(self.record.lines(event));
        self.over |= matches!(event.what, What::Finished { .. });
        // A flood is shown tick by tick.
        let can_wait = matches!(event.what, What::Output { .. }) || self.was_just_drawn(event.at);
        if !self.waiting.is_empty() && (self.over || !can_wait) {
            self.draw(event.at);
        }
    }

    fn tick(&mut self, now: Timestamp) {
        if !self.over {
            self.draw(now);
        }
    }
}

impl<W: Write, S> Drop for Live<W, S> {
    /// What was to stay does, however the program ends.
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            self.screen.show(&self.waiting, Vec::new(), Size { columns: usize::MAX, rows: usize::MAX });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io;

    use super::super::Verbosity;
    use super::super::ending::Ending;
    use super::super::script::{event, good_deploy};
    use super::*;

    /// Keeps what is written, in pieces as they were written.
    #[derive(Default)]
    struct Written(RefCell<String>);

    impl Write for &Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn take(&self) -> String {
            self.0.take()
        }
    }

    fn live<'a>(
        to: &'a Written,
        columns: &'a Cell<usize>,
        verbosity: Verbosity,
    ) -> Live<&'a Written, impl Fn() -> Size> {
        let look = Look { color: false, unicode: true };
        let record = Record::new(look, verbosity, true, Ending::new(look, None));
        Live::new(to, || Size { columns: columns.get(), rows: 24 }, look, record)
    }

    /// What a terminal would keep of it in the end: what is drawn over is gone.
    fn kept(text: &str) -> String {
        let mut lines = vec![String::new()];
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\n' => lines.push(String::new()),
                '\r' => {}
                '\x1b' => {
                    let gone = lines.pop().unwrap();
                    match &rest[..2] {
                        "[K" => lines.push(String::new()),
                        "[A" => assert_eq!(gone, "", "what was below is still there"),
                        other => panic!("{other:?}"),
                    }
                    rest = &rest[2..];
                }
                c => lines.last_mut().unwrap().push(c),
            }
        }
        lines.join("\n")
    }

    fn record_of(verbosity: Verbosity) -> String {
        let (written, columns) = (Written::default(), Cell::new(80));
        let mut reporter = live(&written, &columns, verbosity);
        for event in good_deploy() {
            reporter.event(&event);
            reporter.tick(event.at);
        }
        let before = written.0.borrow().len();
        reporter.tick(Timestamp::UNIX_EPOCH);
        drop(reporter);
        assert_eq!(written.0.borrow().len(), before, "something was drawn after the end");
        kept(&written.take())
    }

    #[test]
    fn the_record_that_stays() {
        insta::assert_snapshot!(record_of(Verbosity::Normal), @r"
        deploy to production: 2 hosts
        develop is 4634f44a00000000000000000000000000000000
        release 20261124T101112-4634f44
        == before: assets: skipped, no host has its roles
        ✓ prepare  2 hosts  1.2 s
        ✓ before: migrate  shop@two.example.org  1.2 s
        ✓ cutover  2 hosts  1.2 s
          current: 20261123T090000-1111111 -> 20261124T101112-4634f44  2 hosts
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn the_record_in_full() {
        insta::assert_snapshot!(record_of(Verbosity::Verbose), @r"
        deploy to production: 2 hosts
        develop is 4634f44a00000000000000000000000000000000
        [shop@one.example.org] connecting
        [shop@one.example.org] connected in 0.4 s
        [shop@two.example.org] connecting
        [shop@two.example.org] connected in 0.4 s
        release 20261124T101112-4634f44
        == before: assets: skipped, no host has its roles
        == prepare (2 hosts)
        [shop@one.example.org] - fetch the repository
        [shop@one.example.org] remote: Counting objects
        [shop@one.example.org] prepare: done in 1.2 s
        [shop@two.example.org] - fetch the repository
        [shop@two.example.org] remote: Counting objects
        [shop@two.example.org] prepare: done in 1.2 s
        == prepare: done in 1.2 s
        == before: migrate (shop@two.example.org)
        [shop@two.example.org] $ python3 manage.py migrate
        [shop@two.example.org] Applying shop.0007_prices...
        [shop@two.example.org] before: migrate: done in 1.2 s
        == before: migrate: done in 1.2 s
        == cutover (2 hosts)
        [shop@one.example.org] - switch current
        [shop@one.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@one.example.org] cutover: done in 1.2 s
        [shop@two.example.org] - switch current
        [shop@two.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@two.example.org] cutover: done in 1.2 s
        == cutover: done in 1.2 s
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn what_does_not_change_is_not_drawn_again() {
        let (written, columns) = (Written::default(), Cell::new(80));
        let mut reporter = live(&written, &columns, Verbosity::Normal);
        reporter.event(&good_deploy()[0]);
        reporter.tick(Timestamp::UNIX_EPOCH);
        written.take();
        reporter.tick(Timestamp::UNIX_EPOCH);
        assert_eq!(written.take(), "");
        reporter.tick(Timestamp::from_second(2).unwrap());
        assert_eq!(
            written.take(),
            "\r\x1b[K\x1b[A\x1b[K\x1b[A\x1b[Kdeploy to production  0:02\n  shop@one.example.org\n  shop@two.example.org"
        );
    }

    #[test]
    fn a_thousand_hosts_that_fail_are_not_drawn_one_by_one() {
        let (written, columns) = (Written::default(), Cell::new(80));
        let mut reporter = live(&written, &columns, Verbosity::Normal);
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        reporter.event(&good_deploy()[0]);
        let note = |host: usize| What::Note { host: None, text: format!("note {host}") };
        for (host, millis) in (0..1000).zip(0..) {
            reporter.event(&Event { at: at(millis), what: note(host) });
        }
        reporter.tick(at(1000));
        let text = written.take();
        // Once in 40 ms, and each note all the same.
        assert_eq!(text.matches("deploy to production  0:0").count(), 26);
        assert_eq!(kept(&text).matches("note: note ").count(), 1000);
    }

    #[test]
    fn a_narrower_terminal_has_broken_the_lines() {
        let (written, columns) = (Written::default(), Cell::new(80));
        let mut reporter = live(&written, &columns, Verbosity::Normal);
        reporter.event(&good_deploy()[0]);
        written.take();
        columns.set(13);
        reporter.tick(Timestamp::from_second(2).unwrap());
        // 26, 22 and 22 columns wide, each in two rows now.
        assert!(written.take().starts_with(&format!("\r\x1b[K{}", "\x1b[A\x1b[K".repeat(5))));
    }

    #[test]
    fn when_dropped_early_the_area_is_gone() {
        let (written, columns) = (Written::default(), Cell::new(80));
        let mut reporter = live(&written, &columns, Verbosity::Normal);
        reporter.event(&good_deploy()[0]);
        reporter.event(&event(What::Interrupted));
        drop(reporter);
        assert_eq!(
            kept(&written.take()),
            "deploy to production: 2 hosts\nstopping: what runs is being ended, nothing new starts\n"
        );
    }
}
