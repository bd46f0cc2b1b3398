use std::time::{Duration, Instant};

/// What is over by then is nothing to tell of.
const SHORT: Duration = Duration::from_secs(2);
/// How often it is told how far something is.
const OFTEN: Duration = Duration::from_millis(500);

/// Says when it is worth telling how far something is that began with it.
#[derive(Debug)]
pub(super) struct Throttle {
    next: Instant,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { next: Instant::now() + SHORT }
    }
}

impl Throttle {
    /// Whether now is the time.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.next;
        if due {
            self.next = now + OFTEN;
        }
        due
    }
}

/// What scripts call it when they tell how far they are.
const KEY: &[u8] = b"garment-progress\0";

/// What a script told last of how far it is, in what it printed from a place on, and the place behind that.
pub(super) fn newest(answer: &[u8], from: usize) -> Option<(String, usize)> {
    let begin = from + memchr::memmem::rfind(answer.get(from..)?, KEY)? + KEY.len();
    let end = begin + memchr::memchr(0, &answer[begin..])?;
    Some((String::from_utf8_lossy(&answer[begin..end]).into_owned(), end))
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_that_is_whole_is_told_once() {
        let mut answer = b"a\0b\0garment-progress\0one\0garment-progress\0tw".to_vec();
        assert_eq!(newest(&answer, 0), None, "it is still to come");
        answer.extend(b"o\0end\0x\0");
        let (text, behind) = newest(&answer, 0).unwrap();
        assert_eq!(text, "two");
        assert_eq!(newest(&answer, behind), None);
        assert_eq!(newest(&answer, 1000), None);
    }
}
