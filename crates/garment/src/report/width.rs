use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a clean text without colours takes. Where terminals disagree (joined emoji) it is the larger figure,
/// so that nothing wraps.
pub(super) fn width(text: &str) -> usize {
    text.width().max(text.chars().map(|c| c.width().unwrap_or(0)).sum())
}

/// As much of a clean text without colours as fits into so many columns; what is cut off leaves `ellipsis` behind, if
/// that fits.
pub(super) fn fit(text: &str, columns: usize, ellipsis: &str) -> String {
    // No character takes less than nothing, but a line may hold millions of them.
    if text.len() <= columns.saturating_mul(16).saturating_add(64) && width(text) <= columns {
        return text.to_owned();
    }
    let ellipsis = if width(ellipsis) <= columns { ellipsis } else { "" };
    let room = columns - width(ellipsis);
    let mut end = 0;
    for (at, c) in text.char_indices().take(columns.saturating_mul(8)) {
        if width(&text[..at + c.len_utf8()]) > room {
            break;
        }
        end = at + c.len_utf8();
    }
    format!("{}{ellipsis}", &text[..end])
}

/// The text and the spaces that make it so many columns wide.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fitting() {
        for (text, columns, want) in [
            ("web1", 4, "web1"),
            ("web10", 4, "web…"),
            ("漢字", 4, "漢字"),
            ("漢字", 3, "漢…"),
            ("漢字", 2, "…"),
            ("漢字", 1, "…"),
            ("漢字", 0, ""),
            ("", 0, ""),
            ("e\u{301}tat", 4, "e\u{301}tat"),
        ] {
            assert_eq!(fit(text, columns, "…"), want, "{text} in {columns}");
        }
        assert_eq!(fit("abcdef", 1, ".."), "a");
    }

    #[test]
    fn padding() {
        assert_eq!(pad("漢", 4), "漢  ");
        assert_eq!(pad("abc", 2), "abc");
    }

    proptest! {
        #[test]
        fn never_wider(text in "[^\\p{C}]{0,60}", columns in 0_usize..50) {
            prop_assert!(width(&fit(&text, columns, "…")) <= columns);
        }
    }
}
