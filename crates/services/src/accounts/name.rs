use protocol::limits;

/// The name as it is kept: without white space round it, and with one plain blank for whatever white space is in it. Empty for none.
/// Nothing if it is no name: too long, without anything to see, with characters that are not seen or change what stands beside
/// them, or like the beginning of an address.
pub(super) fn checked(name: &str) -> Option<String> {
    let name = name.trim();
    let good = !name.chars().any(misleads) && joined_where_it_shows(name) && !like_an_address(name);
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let holds = name.is_empty() || name.chars().any(visible);
    (good && holds && name.chars().count() <= limits::NAME).then_some(name)
}

/// Never part of a name: control characters, line breaks, directions, and what is there without being seen (most of Unicode's
/// `Default_Ignorable_Code_Point`, and the letters that are blank).
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Not seen, and yet needed: they join or part letters in some scripts and put pictures together.
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// "As text" and "as a picture".
const AS_TEXT: char = '\u{fe0e}';
const AS_PICTURE: char = '\u{fe0f}';
/// What makes a key of a keyboard out of a digit.
const KEYCAP: char = '\u{20e3}';

/// Each of those stands where it changes what is seen. Anywhere else it would make two names that look the same.
fn joined_where_it_shows(name: &str) -> bool {
    let all: Vec<char> = name.chars().collect();
    all.iter().enumerate().all(|(place, c)| {
        let before = place.checked_sub(1).and_then(|before| all.get(before)).copied();
        let after = all.get(place + 1).copied();
        let (before, after) = (before.unwrap_or(' '), after.unwrap_or(' '));
        match *c {
            NON_JOINER => joins_letters(before) && joins_letters(after),
            JOINER => {
                (joins_letters(before) && joins_letters(after))
                    || ((picture(before) || before == AS_PICTURE) && picture(after))
            }
            AS_TEXT => picture(before),
            AS_PICTURE => picture(before) || (matches!(before, '0'..='9' | '#' | '*') && after == KEYCAP),
            _ => true,
        }
    })
}

/// Of a script in which letters take another shape beside each other: from Arabic to Myanmar, Khmer, Mongolian.
fn joins_letters(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}')
}

/// Of the blocks with pictures.
fn picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}')
}

/// Something to look at by itself: no white space, nothing that only joins, no accent without a letter.
fn visible(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, NON_JOINER | JOINER | AS_TEXT | AS_PICTURE)
        && !matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What looks like the letter x.
const CROSSES: &str = "xX×χΧхХⅹⅩ✕✖⨯ｘＸ";
/// What looks like a zero and is a letter or a sign.
const RINGS: &str = "oOοΟоОօՕøØ〇ｏＯ°º";

/// Begins as an address does, whatever blanks are in between and in whatever letters that look like these: a name stands where the
/// address of somebody without a name would.
fn like_an_address(name: &str) -> bool {
    let mut letters = name.chars().filter(|c| !c.is_whitespace());
    let (Some(first), Some(second)) = (letters.next(), letters.next()) else {
        return false;
    };
    // Mathematical alphabets: 52 letters each, and ten digits.
    let cross = CROSSES.contains(second)
        || (matches!(second, '\u{1d400}'..='\u{1d6a3}') && matches!((u32::from(second) - 0x1d400) % 52, 23 | 49));
    let zero = matches!(first, '0' | '\u{ff10}')
        || (matches!(first, '\u{1d7ce}'..='\u{1d7ff}') && (u32::from(first) - 0x1d7ce) % 10 == 0);
    // O and its sisters begin true names, too; with digits of an address behind them they do not.
    let address = || letters.take(4).filter(char::is_ascii_hexdigit).count() == 4;
    cross && (zero || (RINGS.contains(first) && address()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_may_be_in_any_script() {
        for (name, as_kept) in [
            ("  Alice  ", "Alice"),
            ("Alice \u{a0}\u{2003}Liddell", "Alice Liddell"),
            ("山田\u{3000}太郎", "山田 太郎"),
            ("愛 👩‍🚀", "愛 👩‍🚀"),
            ("🏳️‍🌈 Ann", "🏳️‍🌈 Ann"),
            ("Room 1️⃣", "Room 1️⃣"),
            ("❤️", "❤️"),
            ("می‌خواهم", "می‌خواهم"),
            ("क्‍ष", "क्‍ष"),
            ("Zoe\u{308}", "Zoe\u{308}"),
            ("Oxana", "Oxana"),
            ("Oxford 1859", "Oxford 1859"),
            ("Number 0x", "Number 0x"),
            ("?", "?"),
        ] {
            assert_eq!(checked(name).as_deref(), Some(as_kept), "{name:?}");
        }
        assert_eq!(checked(&"ä".repeat(40)).map(|name| name.chars().count()), Some(40));
    }

    #[test]
    fn nothing_is_no_name_any_more() {
        for nothing in ["", "   ", "\u{3000}\u{2003}"] {
            assert_eq!(checked(nothing).as_deref(), Some(""), "{nothing:?}");
        }
    }

    #[test]
    fn names_that_mislead_are_refused() {
        for bad in [
            "a\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{e0041}b",
        ] {
            assert_eq!(checked(bad), None, "{bad:?}");
        }
        assert_eq!(checked(&"a".repeat(41)), None);
    }

    #[test]
    fn names_that_nobody_sees_are_refused() {
        for unseen in [
            "\u{200b}",
            "\u{200c}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{fe0e}",
            "\u{3164}",
            "\u{115f}",
            "\u{1160}",
            "\u{ffa0}",
            "\u{2800}",
            "\u{34f}",
            "\u{17b4}",
            "\u{180e}",
            "\u{1d159}",
            "\u{301}",
            " \u{200d} ",
            "\u{200d}\u{200d}",
        ] {
            assert_eq!(checked(unseen), None, "{unseen:?}");
            if unseen != "\u{301}" {
                // Nor is anybody another Alice by it.
                for hidden in [
                    format!("Ali{unseen}ce"),
                    format!("Alice{unseen}"),
                    format!("{unseen}Alice"),
                ] {
                    assert_eq!(checked(&hidden), None, "{hidden:?}");
                }
            }
        }
    }

    #[test]
    fn names_that_pass_for_addresses_are_refused() {
        for address in [
            "0x7099…79C8",
            "0X7099…79C8",
            " 0x70997970C51812dc3A010C7d01b50e0d",
            "0x",
            "0 x7099…79C8",
            "0\u{2009}x7099",
            "\u{3000}0x7099",
            "0х7099…79C8",
            "0×7099",
            "Ox7099…79C8",
            "Оxdead…beef",
            "０ｘ7099",
            "𝟎𝐱7099",
            "𝟶𝚇7099",
            "0\u{200b}x7099",
            "\u{2800}0x7099",
        ] {
            assert_eq!(checked(address), None, "{address:?}");
        }
    }
}
