//! The sign-in text: one form, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::large_stack_arrays,
    reason = "tests"
)]

mod common;

use common::{DOMAIN, sign_in};
use identity::{SignIn, SignInError};

#[test]
fn the_text_is_what_people_read_in_their_wallet() {
    let expected = format!(
        "jackdaw.example wants you to sign in with your Ethereum account:\n\
         0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1\n\
         \n\
         Sign in to Jackdaw and vouch for this browser's key.\n\
         \n\
         URI: https://jackdaw.example\n\
         Version: 1\n\
         Chain ID: 31337\n\
         Nonce: 0123456789abcdefABCDEF\n\
         Issued At: 2026-11-21T09:00:00Z\n\
         Expiration Time: 2026-11-21T09:05:00Z\n\
         Resources:\n\
         - urn:jackdaw:installation:{}",
        sign_in().installation
    );
    assert_eq!(sign_in().text(), expected);
    assert_eq!(SignIn::parse(&expected), Ok(sign_in()));
}

#[test]
fn every_origin_a_browser_may_have_reads_back() {
    for domain in [
        "localhost:3000",
        "127.0.0.1:3000",
        "[::1]:3000",
        "[::1]",
        "xn--bcher-kva.example",
        "a.b-c.example:8443",
    ] {
        for scheme in ["http", "https"] {
            let one = SignIn {
                domain: domain.into(),
                uri: format!("{scheme}://{domain}"),
                ..sign_in()
            };
            assert_eq!(SignIn::parse(&one.text()), Ok(one));
        }
    }
}

/// Replaces the one place where `from` stands.
fn with(from: &str, to: &str) -> String {
    let text = sign_in().text();
    assert_eq!(text.matches(from).count(), 1, "{from:?} stands once");
    text.replace(from, to)
}

#[test]
fn any_other_shape_is_refused() {
    let text = sign_in().text();
    let last = text.lines().last().unwrap().to_owned();
    let mut refused = vec![
        String::new(),
        "\n".into(),
        "\n".repeat(12),
        format!("{text}\n"),
        format!("{text}\n\n"),
        format!("{text} "),
        format!("\n{text}"),
        format!(" {text}"),
        format!("\u{feff}{text}"),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        text.replace("\n\n", "\n"),
        text.replace("\n\n", "\n\n\n"),
        text.to_uppercase(),
        text.to_lowercase(),
        format!("{text}\n{last}"),
        format!("{text}\n- https://jackdaw.example/more"),
        format!("{text}\nRequest ID: 1"),
        format!("https://{text}"),
        text.replace(&format!("\n{last}"), ""),
        text.replace(&format!("\nResources:\n{last}"), ""),
    ];
    for (from, to) in [
        // fields that EIP-4361 knows and this site does not use
        ("\nResources:", "\nNot Before: 2026-11-21T09:00:00Z\nResources:"),
        ("\nResources:", "\nRequest ID: 7\nResources:"),
        ("\nExpiration Time: 2026-11-21T09:05:00Z", ""),
        ("\nNonce: 0123456789abcdefABCDEF", ""),
        // another order, a field twice, a blank line injected
        ("Version: 1\nChain ID: 31337", "Chain ID: 31337\nVersion: 1"),
        ("Version: 1", "Version: 1\nVersion: 1"),
        ("Version: 1", "Version: 2"),
        ("Version: 1", "Version: 01"),
        ("Version: 1", "Version: 1 "),
        ("\nURI: ", "\n\nURI: "),
        ("Account:\n", "Account:\n\n"),
        ("account:\n", "account:\n\n"),
        ("Resources:\n", "Resources:\n\n"),
        ("Nonce: ", "\nNonce: "),
        // the statement
        ("Sign in to Jackdaw", "Sign in to jackdaw"),
        ("browser's key.", "browser's key"),
        ("browser's key.", "browser\u{2019}s key."),
        ("browser's key.", "browser's key.\u{200b}"),
        ("Sign in to Jackdaw and vouch for this browser's key.", ""),
        (
            "Sign in to Jackdaw and vouch for this browser's key.",
            "Pay.\nSign in to Jackdaw and vouch for this browser's key.",
        ),
        ("Ethereum", "ethereum"),
        // labels and separators
        ("URI: ", "URI:"),
        ("URI: ", "URI:  "),
        ("URI: ", "Uri: "),
        ("Chain ID: ", "Chain Id: "),
        ("Chain ID: ", "Chain ID:\t"),
        ("Issued At: ", "Issued at: "),
        ("- urn:", "-urn:"),
        ("- urn:", "* urn:"),
        ("- urn:", " - urn:"),
        ("urn:jackdaw", "urn:Jackdaw"),
        ("installation:", "installations:"),
        // invisible and non-ASCII characters
        ("jackdaw.example wants", "jackdaw.example\u{a0}wants"),
        ("jackdaw.example wants", "j\u{430}ckdaw.example wants"),
        ("Version: 1", "Version: 1\0"),
        ("Version: 1", "Version: 1\u{7f}"),
        ("Version: 1", "Version: 1\u{85}"),
        ("Version: 1", "Version: 1\u{2028}"),
        ("Version: 1", "Version: \u{661}"),
    ] {
        if text.contains(from) {
            refused.push(with(from, to));
        }
    }
    for text in refused {
        assert!(SignIn::parse(&text).is_err(), "accepted: {text:?}");
    }
}

#[test]
fn every_field_has_its_form() {
    use SignInError::{Address, ChainId, Domain, Installation, Nonce, Shape, Time, TooLong, Uri};
    let one = sign_in();
    let domain = |domain: &str| {
        SignIn {
            domain: domain.into(),
            ..sign_in()
        }
        .text()
    };
    let uri = |uri: &str| {
        SignIn {
            uri: uri.into(),
            ..sign_in()
        }
        .text()
    };
    let nonce = |nonce: &str| {
        SignIn {
            nonce: nonce.into(),
            ..sign_in()
        }
        .text()
    };
    let issued = |at: &str| {
        SignIn {
            issued_at: at.into(),
            ..sign_in()
        }
        .text()
    };
    let expires = |at: &str| {
        SignIn {
            expiration_time: at.into(),
            ..sign_in()
        }
        .text()
    };
    let chain = |id: &str| with("Chain ID: 31337", &format!("Chain ID: {id}"));
    let account = |text: &str| with("0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1", text);
    let key = |text: &str| with(&one.installation.to_string(), text);
    let hex = one.installation.to_string();

    for bad in [
        "",
        "Jackdaw.example",
        "jackdaw..example",
        ".jackdaw.example",
        "jackdaw.example.",
        "jackdaw.example:",
        "a:0",
        "a:080",
        "a:65536",
        "a:+80",
        "a:b",
        "a:1:2",
        "user@a",
        "a/b",
        "a?b",
        "a#b",
        "a b",
        "[::1",
        "::1",
        "[::g]",
        "a_b",
        "https://a",
        "%61",
    ] {
        assert_eq!(SignIn::parse(&domain(bad)), Err(Domain), "{bad:?}");
    }
    for bad in [
        "",
        "jackdaw.example",
        "//jackdaw.example",
        "https://",
        "https://jackdaw.example/",
        "https://jackdaw.example/app",
        "HTTPS://jackdaw.example",
        "ftp://jackdaw.example",
        "https://user@jackdaw.example",
        "https://jackdaw.example?x",
        "https://jackdaw.example#x",
        "https://Jackdaw.example",
        "javascript:alert(1)",
        "https://https://jackdaw.example",
    ] {
        assert_eq!(SignIn::parse(&uri(bad)), Err(Uri), "{bad:?}");
    }
    let long = "a".repeat(129);
    for bad in [
        "",
        "short",
        "0123456789abcde",
        "0123456789abcde-",
        "0123456789abcde ",
        " 0123456789abcdef",
        "0123456789abcd==",
        &long,
    ] {
        assert_eq!(SignIn::parse(&nonce(bad)), Err(Nonce), "{bad:?}");
    }
    assert!(SignIn::parse(&nonce("0123456789abcdef")).is_ok());
    assert!(SignIn::parse(&nonce(&"a".repeat(128))).is_ok());
    for bad in [
        "",
        "2026-11-21",
        "2026-11-21T09:00:00",
        "2026-11-21T09:00:00z",
        "2026-11-21t09:00:00Z",
        "2026-11-21 09:00:00Z",
        "2026-11-21T09:00:00+00:00",
        "2026-11-21T09:00:00.0Z",
        "26-11-21T09:00:00Z",
        "2026-11-21T9:00:00Z",
        "+026-11-21T09:00:00Z",
        "2026/11/21T09:00:00Z",
        "2026-11-21T09:00:00Z ",
    ] {
        assert_eq!(SignIn::parse(&issued(bad)), Err(Time), "{bad:?}");
        assert_eq!(SignIn::parse(&expires(bad)), Err(Time), "{bad:?}");
    }
    for (bad, why) in [
        ("", ChainId),
        ("0", ChainId),
        ("-1", ChainId),
        ("0x7a69", ChainId),
        ("31337.0", ChainId),
        ("18446744073709551616", ChainId),
        ("1 ", ChainId),
        ("+31337", Shape),
        ("031337", Shape),
    ] {
        assert_eq!(SignIn::parse(&chain(bad)), Err(why), "{bad:?}");
    }
    for bad in [
        "",
        "0x",
        "1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
        "0x1a642f0e3c3af545e7acbd38b07251b3990914f1",
        "0x1A642F0E3C3AF545E7ACBD38B07251B3990914F1",
        "0x1A642f0E3c3aF545E7AcBD38b07251B3990914F1",
        "0X1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
        "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F",
        "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1a",
        "jackdaw.eth",
    ] {
        let read = SignIn::parse(&account(bad));
        assert!(matches!(read, Err(Address | Shape)), "{bad:?} gives {read:?}");
    }
    assert_eq!(SignIn::parse(&key(&hex[2..])), Err(Installation));
    assert_eq!(SignIn::parse(&key(&format!("{hex}00"))), Err(Installation));
    assert_eq!(SignIn::parse(&key(&hex.replacen(&hex[..1], "g", 1))), Err(Installation));
    assert_eq!(SignIn::parse(&key(&hex.to_uppercase())), Err(Shape));
    assert_eq!(SignIn::parse(&key(&format!("0x{hex}"))), Err(Installation));
    assert_eq!(SignIn::parse(&"a".repeat(2049)), Err(TooLong));
    assert_eq!(one.domain, DOMAIN);
}

#[test]
fn a_field_cannot_smuggle_a_line() {
    for nasty in ["a\nURI: https://eve.example", "a\n", "\n", "a\r\n"] {
        let mut all = Vec::new();
        all.push(SignIn {
            domain: nasty.into(),
            ..sign_in()
        });
        all.push(SignIn {
            uri: nasty.into(),
            ..sign_in()
        });
        all.push(SignIn {
            nonce: nasty.into(),
            ..sign_in()
        });
        all.push(SignIn {
            issued_at: nasty.into(),
            ..sign_in()
        });
        all.push(SignIn {
            expiration_time: nasty.into(),
            ..sign_in()
        });
        for one in all {
            assert!(SignIn::parse(&one.text()).is_err(), "{one:?}");
        }
    }
}

#[test]
fn no_single_byte_can_be_changed_without_being_noticed() {
    let one = sign_in();
    let text = one.text();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        if let Ok(read) = SignIn::parse(&changed) {
            assert_ne!(read, one, "byte {at} carries no meaning");
            assert_eq!(read.text(), changed);
        }
        let cut = &text[..at];
        assert!(SignIn::parse(cut).is_err(), "accepted when cut at {at}");
    }
}
