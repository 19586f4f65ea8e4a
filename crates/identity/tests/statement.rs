//! What a wallet may be asked to sign: the browser's own texts, and no others.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{DOMAIN, address, sign_in, wallet};
use identity::{Origin, SignIn, SignInError, Statement, time_text};
use protocol::{UnixMillis, api::Challenge};

/// 2026-11-21T09:00:00Z, in Unix milliseconds.
const ISSUED: i64 = 1_795_251_600_000;

fn challenge() -> Challenge {
    Challenge {
        text: "whatever the server would like to be signed".into(),
        nonce: "0123456789abcdefABCDEF".into(),
        issued_at: UnixMillis(ISSUED),
        expires_at: UnixMillis(ISSUED + 300_000),
    }
}

fn stated(challenge: &Challenge) -> Result<Statement, SignInError> {
    let origin = Origin::parse(&format!("https://{DOMAIN}")).unwrap();
    let installation = sign_in().installation;
    Statement::sign_in(&origin, address(&wallet(1)), installation, 31_337, challenge)
}

#[test]
fn c1_the_text_is_the_browsers_own_whatever_text_the_server_sends() {
    let statement = stated(&challenge()).unwrap();
    assert_eq!(statement.text(), sign_in().text());
    assert_eq!(statement.account(), address(&wallet(1)));
}

#[test]
fn c1_a_nonce_or_a_time_carries_nothing_else_into_the_text() {
    let nonces = [
        "",
        "0123456789abcde",
        "0123456789abcdef\nIssued At: 2026-11-21T09:00:00Z",
        "0123456789abcdef 0123456789abcdef",
        "0123456789abcdef\u{202e}",
        &"a".repeat(129),
    ];
    for nonce in nonces {
        let lie = Challenge {
            nonce: nonce.into(),
            ..challenge()
        };
        assert_eq!(stated(&lie), Err(SignInError::Nonce), "{nonce:?}");
    }
    for at in [i64::MIN, -62_200_000_000_000, 253_402_300_800_000, i64::MAX] {
        let issued = Challenge {
            issued_at: UnixMillis(at),
            ..challenge()
        };
        let expires = Challenge {
            expires_at: UnixMillis(at),
            ..challenge()
        };
        assert_eq!(stated(&issued), Err(SignInError::Time), "{at}");
        assert_eq!(stated(&expires), Err(SignInError::Time), "{at}");
    }
}

#[test]
fn every_text_that_is_made_reads_back() {
    for (nonce, at) in [
        ("a".repeat(16), 0),
        ("Z9".repeat(64), 253_402_300_799_999),
        ("0".repeat(40), -1),
    ] {
        let challenge = Challenge {
            nonce,
            issued_at: UnixMillis(at),
            expires_at: UnixMillis(at),
            ..challenge()
        };
        let text = stated(&challenge).unwrap().text();
        assert_eq!(SignIn::parse(&text).unwrap().text(), text);
    }
}

#[test]
fn times_are_whole_seconds_of_utc() {
    let text = |at| time_text(UnixMillis(at)).unwrap();
    assert_eq!(text(ISSUED), "2026-11-21T09:00:00Z");
    assert_eq!(text(ISSUED + 999), "2026-11-21T09:00:00Z");
    assert_eq!(text(0), "1970-01-01T00:00:00Z");
    assert_eq!(text(-1), "1969-12-31T23:59:59Z");
    assert_eq!(text(1_709_210_096_000), "2024-02-29T12:34:56Z");
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    for (text, domain) in [
        ("https://jackdaw.example", "jackdaw.example"),
        ("http://localhost:3000", "localhost:3000"),
        ("https://[::1]:8443", "[::1]:8443"),
    ] {
        let origin = Origin::parse(text).unwrap();
        assert_eq!((origin.as_str(), origin.domain()), (text, domain));
    }
    for wrong in [
        "",
        "null",
        "jackdaw.example",
        "https://",
        "https://Jackdaw.example",
        "https://a.example/",
        "ftp://a.example",
    ] {
        assert_eq!(Origin::parse(wrong), Err(SignInError::Uri), "{wrong}");
    }
}

#[test]
fn the_kinds_of_text_do_not_begin_alike() {
    let key = sign_in().installation;
    let revocation = Statement::revocation(DOMAIN, address(&wallet(1)), key, UnixMillis(ISSUED)).text();
    assert!(revocation.starts_with("Revoke a browser at jackdaw.example\n"));
    assert!(!stated(&challenge()).unwrap().text().starts_with("Revoke"));
    assert!(SignIn::parse(&revocation).is_err());
}
