//! Every stage with every input: what stands in the table happens, and nothing else ever does.

use std::collections::BTreeMap;

use bridge::{ChallengeRefusal, Trouble};
use identity::Origin;
use protocol::{InstallationId, UnixMillis};

use super::*;

const ALICE: Address = Address::repeat_byte(1);
const BOB: Address = Address::repeat_byte(2);

/// `stages | inputs | next | acts`. Several names are divided by spaces; `=` is the stage as it was.
const TABLE: &str = "
    loading | began | = | AskSite
    loading | began_insecure | insecure |
    loading unreachable | known | opening | Hush Open
    loading unreachable | known_none | welcome | Hush
    loading unreachable | other_site no_site_cross | elsewhere | Hush
    loading unreachable | no_site | unreachable | Say AskSite

    welcome sign_in | connect | connecting | Hush AskAccount
    connecting connecting_again | connected | opening | Hush Open
    connecting | connect_refused | welcome | Say
    connecting_again | connect_refused | sign_in | Say
    connecting | cancel | welcome |
    connecting_again | cancel | sign_in |
    sign_in shut | another_wallet | welcome | ForgetWallet Hush
    sign_in shut | go_on | opening | Hush Open

    sign_in | sign_in | challenge | Hush AskChallenge
    challenge text wallet | cancel | sign_in |
    challenge | challenged | text | Render
    challenge | challenge_refused | sign_in | Say
    text | to_sign | wallet | AskSignature
    text | not_to_sign | sign_in | Say
    wallet | signed | server | HandIn
    wallet | sign_refused | sign_in | Say
    server | signed_in | vault | Keep
    server | signed_in_other signed_in_other_key signed_in_refused | sign_in | Say
    server | signed_in_revoked | revoked | SetMe Hush AskLeftOver
    vault | associated | in | SetMe Hush Enter
    sign_in | associated | = |

    opening shut sign_in in | opened_out | sign_in |
    opening shut sign_in in | opened_in | in | Hush Enter
    opening shut sign_in in | opened_new_key opened_unvouched | sign_in | Say
    opening sign_in challenge text wallet server vault in revoked | not_opened | shut | Hush
    shut | not_opened | shut | Say

    opening sign_in challenge text wallet server vault in shut revoked | switched | opening | Hush Open Say
    opening sign_in challenge text wallet server vault in shut revoked | switched_session | opening | Hush Open

    server vault | trouble_wrong trouble_full | sign_in | Say
    opening server vault | trouble_newer | shut |
    in | trouble_session session_lost | sign_in | SetMe Say
    opening sign_in challenge text wallet server vault in shut connecting_again revoked | removed | revoked | SetMe Hush AskLeftOver

    in | signed_out | welcome | Disconnect Leave
    in | signed_out_forget | welcome | Disconnect ForgetDrafts ForgetVault Leave
    shut revoked | delete | = | Hush ForgetVault
    shut | forgotten | opening | SayDeleted Hush Open
    sign_in challenge text wallet server vault in revoked | forgotten | welcome | SayDeleted ForgetDrafts EndSession Leave
    loading unreachable elsewhere insecure welcome connecting connecting_again opening | forgotten | = | SayDeleted
";

fn opened(account: Address) -> Opened {
    Opened {
        account,
        installation: InstallationId([3; 32]),
        public_key: vec![4; 65],
        associated: true,
    }
}

fn me(address: Address, key: u8) -> Me {
    Me {
        address,
        name: String::new(),
        installation: InstallationId([key; 32]),
    }
}

fn signed_in(me: Me) -> Input {
    Input::SignedIn(Ok(SignedIn {
        me,
        text: "text".into(),
        signature: vec![5; 65],
    }))
}

fn challenge() -> Challenge {
    Challenge {
        text: String::new(),
        nonce: "0123456789abcdef".into(),
        issued_at: UnixMillis(0),
        expires_at: UnixMillis(1000),
    }
}

fn statement(account: Address) -> Statement {
    let origin = Origin::parse("https://jackdaw.example").unwrap();
    Statement::sign_in(&origin, account, InstallationId([3; 32]), 1, &challenge()).unwrap()
}

fn stages() -> Vec<(&'static str, Stage)> {
    let alice = || opened(ALICE);
    let text = statement(ALICE).text();
    vec![
        ("loading", Stage::Loading),
        ("unreachable", Stage::Unreachable(1)),
        ("elsewhere", Stage::Elsewhere(None)),
        ("insecure", Stage::Insecure),
        ("welcome", Stage::Welcome),
        ("connecting", Stage::Connecting("Jay".into(), None)),
        ("connecting_again", Stage::Connecting("Jay".into(), Some(alice()))),
        ("opening", Stage::Opening(ALICE)),
        ("sign_in", Stage::SignIn(alice())),
        ("challenge", Stage::Signing(alice(), Signing::Challenge(1))),
        ("text", Stage::Signing(alice(), Signing::Text(1))),
        ("wallet", Stage::Signing(alice(), Signing::Wallet(1, text))),
        ("server", Stage::Entering(alice(), Entering::Server)),
        ("vault", Stage::Entering(alice(), Entering::Vault(me(ALICE, 3)))),
        ("in", Stage::In(alice())),
        ("shut", Stage::Shut(ALICE, Trouble::VaultDamaged)),
        ("revoked", Stage::Revoked(ALICE)),
    ]
}

fn inputs() -> Vec<(&'static str, Input)> {
    let opens = |me| Input::Opened(opened(ALICE), me);
    let unvouched = Opened {
        associated: false,
        ..opened(ALICE)
    };
    vec![
        ("began", Input::Began { secure: true }),
        ("began_insecure", Input::Began { secure: false }),
        ("known", Input::Known(Some(ALICE))),
        ("known_none", Input::Known(None)),
        ("other_site", Input::OtherSite("other.example".into())),
        ("no_site", Input::NoSite(ErrorCode::Unavailable)),
        ("no_site_cross", Input::NoSite(ErrorCode::CrossSite)),
        ("connect", Input::Connect("jay".into(), "Jay".into())),
        ("connected", Input::Connected(Ok(ALICE))),
        ("connect_refused", Input::Connected(Err(WalletError::Rejected))),
        ("cancel", Input::Cancel),
        ("another_wallet", Input::AnotherWallet),
        ("go_on", Input::GoOn(BOB)),
        ("switched", Input::Switched(BOB, false)),
        ("switched_session", Input::Switched(BOB, true)),
        ("switched_same", Input::Switched(ALICE, false)),
        ("opened_out", opens(None)),
        ("opened_in", opens(Some(me(ALICE, 3)))),
        ("opened_new_key", opens(Some(me(ALICE, 9)))),
        ("opened_unvouched", Input::Opened(unvouched, Some(me(ALICE, 3)))),
        ("opened_other", Input::Opened(opened(BOB), Some(me(BOB, 3)))),
        ("not_opened", Input::NotOpened(ALICE, Trouble::NoVault)),
        ("not_opened_other", Input::NotOpened(BOB, Trouble::NoVault)),
        ("sign_in", Input::SignIn(1)),
        ("challenged", Input::Challenged(Ok(challenge()))),
        ("challenge_refused", Input::Challenged(Err(ErrorCode::TooMany))),
        ("to_sign", Input::ToSign(statement(ALICE))),
        ("to_sign_other", Input::ToSign(statement(BOB))),
        ("not_to_sign", Input::NotToSign(ChallengeRefusal::Clock)),
        ("signed", Input::Signed(Ok(vec![5; 65]))),
        ("sign_refused", Input::Signed(Err(WalletError::Rejected))),
        ("signed_in", signed_in(me(ALICE, 3))),
        ("signed_in_other", signed_in(me(BOB, 3))),
        ("signed_in_other_key", signed_in(me(ALICE, 9))),
        ("signed_in_refused", Input::SignedIn(Err(ErrorCode::NonceSpent))),
        ("signed_in_revoked", Input::SignedIn(Err(ErrorCode::Revoked))),
        ("associated", Input::Associated),
        ("trouble_wrong", Input::Trouble(Trouble::WrongAssociation)),
        ("trouble_full", Input::Trouble(Trouble::VaultFull)),
        ("trouble_newer", Input::Trouble(Trouble::VaultNewer)),
        (
            "trouble_session",
            Input::Trouble(Trouble::Refused(ErrorCode::SessionEnded)),
        ),
        ("trouble_damaged", Input::Trouble(Trouble::VaultDamaged)),
        ("session_lost", Input::SessionLost),
        ("removed", Input::Removed),
        ("signed_out", Input::SignedOut { forget: false }),
        ("signed_out_forget", Input::SignedOut { forget: true }),
        ("delete", Input::Delete),
        ("forgotten", Input::Forgotten),
    ]
}

/// The name of what a stage is, whatever it holds.
fn name(stage: &Stage) -> &'static str {
    let same = |known: &Stage| match (known, stage) {
        (Stage::Signing(_, known), Stage::Signing(_, now)) => {
            std::mem::discriminant(known) == std::mem::discriminant(now)
        }
        (Stage::Entering(_, known), Stage::Entering(_, now)) => {
            std::mem::discriminant(known) == std::mem::discriminant(now)
        }
        _ => std::mem::discriminant(known) == std::mem::discriminant(stage),
    };
    stages().into_iter().find(|(_, known)| same(known)).unwrap().0
}

fn words(acts: &[Act]) -> String {
    let word = |act: &Act| format!("{act:?}").split(['(', ' ']).next().unwrap().to_owned();
    acts.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_input_in_every_stage_does_what_the_table_says() {
    let mut table = BTreeMap::new();
    for line in TABLE.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [stages, inputs, next, acts] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("no row: {line}");
        };
        for stage in stages.split(' ') {
            for input in inputs.split(' ') {
                assert!(
                    table.insert((stage, input), (next, acts)).is_none(),
                    "twice: {stage} {input}"
                );
            }
        }
    }
    for (from, stage) in stages() {
        for (what, input) in inputs() {
            let (after, acts) = next(stage.clone(), input);
            let row = format!("{from} | {what} | {} | {}", name(&after), words(&acts));
            match table.remove(&(from, what)) {
                Some(("=", expected)) => {
                    assert_eq!((name(&after), words(&acts).as_str()), (name(&stage), expected), "{row}")
                }
                Some(expected) => assert_eq!((name(&after), words(&acts).as_str()), expected, "{row}"),
                None => assert_eq!(
                    (&after, acts.as_slice()),
                    (&stage, [].as_slice()),
                    "not in the table: {row}"
                ),
            }
        }
    }
    assert!(table.is_empty(), "names nothing: {table:?}");
}

/// What is done for these inputs, one after another, and where it leads.
fn walk(from: Stage, inputs: impl IntoIterator<Item = Input>) -> (Stage, Vec<Act>) {
    inputs.into_iter().fold((from, Vec::new()), |(stage, mut done), input| {
        let (stage, acts) = next(stage, input);
        done.extend(acts);
        (stage, done)
    })
}

#[test]
fn the_whole_way_in_signs_once_what_the_worker_has_rendered() {
    let unvouched = Opened {
        associated: false,
        ..opened(ALICE)
    };
    let (stage, acts) = walk(
        Stage::Loading,
        [
            Input::Began { secure: true },
            Input::Known(None),
            Input::Connect("jay".into(), "Jay".into()),
            Input::Connected(Ok(ALICE)),
            Input::Opened(unvouched, None),
            Input::SignIn(10),
            Input::Challenged(Ok(challenge())),
            Input::ToSign(statement(ALICE)),
            Input::Signed(Ok(vec![5; 65])),
            signed_in(me(ALICE, 3)),
            Input::Associated,
        ],
    );
    assert_eq!(stage, Stage::In(opened(ALICE)));
    let asked = acts.iter().filter(|act| matches!(act, Act::AskSignature(_)));
    assert_eq!(asked.collect::<Vec<_>>(), [&Act::AskSignature(statement(ALICE))]);
    assert!(acts.contains(&Act::AskChallenge(
        Opened {
            associated: false,
            ..opened(ALICE)
        },
        10
    )));
    assert!(acts.contains(&Act::Render(10, challenge())));
    assert!(acts.contains(&Act::HandIn(statement(ALICE).text(), vec![5; 65])));
    assert!(acts.contains(&Act::SetMe(Some(me(ALICE, 3)))));
}

#[test]
fn c1_nothing_but_the_workers_statement_ever_reaches_the_wallet() {
    for (from, stage) in stages() {
        for (what, input) in inputs() {
            let (_, acts) = next(stage.clone(), input.clone());
            for act in acts {
                if let Act::AskSignature(asked) = act {
                    assert_eq!(input, Input::ToSign(asked.clone()), "{from} {what}");
                    assert_eq!(Some(asked.account()), stage.account(), "{from} {what}");
                }
            }
        }
    }
}

#[test]
fn each_refusal_says_why() {
    let said = |stage: Stage, input| match next(stage, input).1.as_slice() {
        [.., Act::Say(problem)] => problem.clone(),
        acts => panic!("{acts:?}"),
    };
    let stage = |wanted: &str| stages().into_iter().find(|(name, _)| *name == wanted).unwrap().1;
    let cases = [
        (
            "challenge",
            Input::Challenged(Err(ErrorCode::TooMany)),
            Problem::Server(ErrorCode::TooMany),
        ),
        (
            "text",
            Input::NotToSign(ChallengeRefusal::Clock),
            Problem::Challenge(ChallengeRefusal::Clock),
        ),
        (
            "wallet",
            Input::Signed(Err(WalletError::Busy)),
            Problem::Wallet(WalletError::Busy, Some(1)),
        ),
        ("server", signed_in(me(BOB, 3)), Problem::NotOurs),
        (
            "server",
            Input::SignedIn(Err(ErrorCode::Expired)),
            Problem::Server(ErrorCode::Expired),
        ),
        ("vault", Input::Trouble(Trouble::WrongAssociation), Problem::NotOurs),
        ("vault", Input::Trouble(Trouble::VaultFull), Problem::NoRoom),
        (
            "connecting",
            Input::Connected(Err(WalletError::NoWallet)),
            Problem::Wallet(WalletError::NoWallet, None),
        ),
        ("in", Input::Switched(BOB, false), Problem::Switched(BOB)),
        ("in", Input::SessionLost, Problem::Server(ErrorCode::SessionEnded)),
        ("shut", Input::NotOpened(ALICE, Trouble::NoVault), Problem::NotDeleted),
        (
            "opening",
            Input::Opened(opened(ALICE), Some(me(ALICE, 9))),
            Problem::NewKey,
        ),
    ];
    for (from, input, problem) in cases {
        assert_eq!(said(stage(from), input), problem, "{from}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_asked_again_and_again() {
    let down = || Input::NoSite(ErrorCode::Unavailable);
    let (stage, acts) = walk(Stage::Loading, [Input::Began { secure: true }, down(), down(), down()]);
    assert_eq!(stage, Stage::Unreachable(3));
    let tries = acts.iter().filter_map(|act| match act {
        Act::AskSite(tries) => Some(*tries),
        _ => None,
    });
    assert_eq!(tries.collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(next(stage, Input::Known(Some(ALICE))).0, Stage::Opening(ALICE));
}

#[test]
fn the_site_that_calls_itself_something_else_is_named() {
    let named = Input::OtherSite("other.example".into());
    assert_eq!(
        next(Stage::Loading, named).0,
        Stage::Elsewhere(Some("other.example".into()))
    );
}
