use protocol::limits;

/// The name without white space around it, if it is one: not empty, short enough, and without characters that change what
/// stands beside it (control, line breaks, directions, invisible ones).
pub(super) fn checked(name: &str) -> Option<&str> {
    let name = name.trim();
    let good = !name.is_empty() && name.chars().count() <= limits::NAME && !name.chars().any(misleads);
    good.then_some(name)
}

fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_may_be_in_any_script() {
        assert_eq!(checked("  Alice  "), Some("Alice"));
        assert_eq!(checked("愛 👩‍🚀"), Some("愛 👩‍🚀"));
        assert_eq!(checked(&"ä".repeat(40)).map(|name| name.chars().count()), Some(40));
    }

    #[test]
    fn names_that_mislead_are_refused() {
        for bad in [
            "",
            "   ",
            "a\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "\u{200b}",
            "a\u{feff}b",
        ] {
            assert_eq!(checked(bad), None, "{bad:?}");
        }
        assert_eq!(checked(&"a".repeat(41)), None);
    }
}
