use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// A pseudo-terminal, 24 rows high: the end that shows what is printed, and the end that programs print to.
///
/// Nothing is translated: the shown end reads exactly the bytes that were printed.
pub(crate) fn terminal(columns: u16) -> (OwnedFd, OwnedFd) {
    // Without NOCTTY it would become the terminal of a test run that has none, whose end then ends the test run.
    let shown = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .expect("open a pseudo-terminal");
    grantpt(&shown).and_then(|()| unlockpt(&shown)).expect("unlock a pseudo-terminal");
    let name = ptsname(&shown, Vec::new()).expect("ask for a pseudo-terminal's name");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let printed = open(name, flags, Mode::empty()).expect("open a pseudo-terminal's other end");
    let mut modes = tcgetattr(&printed).expect("ask for a terminal's modes");
    modes.output_modes.remove(OutputModes::OPOST);
    tcsetattr(&printed, OptionalActions::Now, &modes).expect("set a terminal's modes");
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&printed, size).expect("set a terminal's size");
    (shown, printed)
}
