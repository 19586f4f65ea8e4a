//! Accounts for which code signs: who they are, what they may not take over, and chains that do not answer.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use common::{AGENT, CHAIN, DOMAIN, Here, OTHER_CHAIN, Person, person, person_with, site_with};
use futures::future::BoxFuture;
use identity::{Association, Stated, Vouched};
use protocol::{Address, ErrorCode};
use services::accounts::{AccountError, NotVerified, SignedIn, WalletVerifier, Wallets};
use sqlx::PgPool;

/// What code says of every signature that is not a key's.
#[derive(Debug, Default)]
struct Code {
    says: Mutex<Option<bool>>,
    asked: AtomicUsize,
}

impl Code {
    fn saying(says: Option<bool>) -> Arc<Self> {
        let code = Self::default();
        *code.says.lock().unwrap() = says;
        Arc::new(code)
    }

    fn say(&self, says: Option<bool>) {
        *self.says.lock().unwrap() = says;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl WalletVerifier for Code {
    fn verify<'a>(&'a self, stated: &'a Stated) -> BoxFuture<'a, Result<Vouched, NotVerified>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = match *self.says.lock().unwrap() {
            Some(yes) => stated
                .by_contract(stated.sign_in().chain_id, yes)
                .map_err(|_| NotVerified::Wrong),
            None => Err(NotVerified::CannotNow),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// A site with the chains `CHAIN` and `OTHER_CHAIN`, over code that says yes.
async fn site(pool: PgPool) -> (Here, Arc<Code>) {
    let code = Code::saying(Some(true));
    (site_with(pool, DOMAIN, code.clone()).await, code)
}

/// Signs in at this browser as this address, on this chain, with this signature (or the person's own over the text).
async fn enter(
    here: &Here,
    who: &Person,
    address: Address,
    chain: u64,
    signature: Option<&[u8]>,
) -> Result<SignedIn, AccountError> {
    let accounts = &here.services.accounts;
    let challenge = accounts.challenge(&who.browser, address, chain, &who.key).await?;
    let own = who.sign(&challenge.text);
    let signature = signature.unwrap_or(&own);
    accounts.sign_in(&who.browser, &challenge.text, signature, AGENT).await
}

fn code<T: std::fmt::Debug>(result: Result<T, AccountError>) -> ErrorCode {
    ErrorCode::from(&result.unwrap_err())
}

const WALLET: Address = Address::repeat_byte(0xcc);
const WORDS: &[u8] = b"whatever the wallet's code takes for a signature";

#[sqlx::test]
async fn a_wallet_signs_in_and_vouches_for_its_browser(pool: PgPool) {
    let (here, says) = site(pool).await;
    let alice = person(1);
    let signed_in = enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await.unwrap();
    assert_eq!(signed_in.session.address, WALLET);
    assert_eq!(signed_in.association.signature, WORDS);
    let listed = here.services.directory.installations_of(WALLET).await.unwrap();
    assert_eq!(listed, [(alice.installation(), signed_in.association.hash())]);
    let bytes = here.services.directory.association(listed[0].1).await.unwrap().unwrap();
    let stated = Association::from_bytes(&bytes).unwrap().stated(DOMAIN).unwrap();
    assert_eq!((stated.address, stated.sign_in().chain_id), (WALLET, CHAIN));
    // Asked again each time: what a wallet says may change.
    enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await.unwrap();
    assert_eq!(says.asked(), 2);
    says.say(Some(false));
    let refused = enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await;
    assert_eq!(code(refused), ErrorCode::WrongSignature);
}

#[sqlx::test]
async fn a_chain_that_does_not_answer_is_an_error_and_no_refusal(pool: PgPool) {
    let (here, says) = site(pool).await;
    let alice = person(1);
    let accounts = &here.services.accounts;
    says.say(None);
    let challenge = accounts
        .challenge(&alice.browser, WALLET, CHAIN, &alice.key)
        .await
        .unwrap();
    let enter = async || accounts.sign_in(&alice.browser, &challenge.text, WORDS, AGENT).await;
    assert_eq!(code(enter().await), ErrorCode::CannotVerify);
    // The text is not spent: the same signature works when the chain is back.
    says.say(Some(true));
    enter().await.unwrap();
    assert_eq!(code(enter().await), ErrorCode::NonceSpent);
}

#[sqlx::test]
async fn a_key_needs_no_chain(pool: PgPool) {
    let (here, says) = site(pool).await;
    says.say(None);
    let alice = person(1);
    enter(&here, &alice, alice.address(), CHAIN, None).await.unwrap();
    enter(&here, &alice, alice.address(), OTHER_CHAIN, None).await.unwrap();
    assert_eq!(says.asked(), 0);
}

#[sqlx::test]
async fn a_chain_is_not_asked_about_one_text_for_ever(pool: PgPool) {
    let (here, says) = site(pool).await;
    says.say(Some(false));
    let (alice, eve) = (person(1), person(2));
    let accounts = &here.services.accounts;
    let challenge = accounts.challenge(&eve.browser, WALLET, CHAIN, &eve.key).await.unwrap();
    let attempt = async || accounts.sign_in(&eve.browser, &challenge.text, WORDS, AGENT).await;
    for _ in 0..10 {
        assert_eq!(code(attempt().await), ErrorCode::WrongSignature);
    }
    says.say(Some(true));
    assert_eq!(code(attempt().await), ErrorCode::TooMany);
    assert_eq!(says.asked(), 10);
    // Nobody else's sign-in suffers, not even of the same account.
    enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await.unwrap();
}

#[sqlx::test]
async fn the_same_address_on_another_chain_is_somebody_else(pool: PgPool) {
    let (here, _) = site(pool).await;
    let (alice, eve) = (person(1), person(2));
    let signed_in = enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await.unwrap();
    let refused = enter(&here, &eve, WALLET, OTHER_CHAIN, Some(WORDS)).await;
    assert_eq!(code(refused), ErrorCode::OtherNetwork);
    let listed = here.services.directory.installations_of(WALLET).await.unwrap();
    assert_eq!(listed.len(), 1, "nothing half done");
    here.services.accounts.session(&signed_in.token).await.unwrap();
    enter(&here, &person_with(1, 9), WALLET, CHAIN, Some(WORDS))
        .await
        .unwrap();
}

#[sqlx::test]
async fn code_never_takes_a_keys_account(pool: PgPool) {
    let (here, _) = site(pool).await;
    let (alice, eve) = (person(1), person(2));
    let signed_in = enter(&here, &alice, alice.address(), CHAIN, None).await.unwrap();
    // Eve has put code at Alice's address (EIP-7702), and it says yes to everything.
    for chain in [CHAIN, OTHER_CHAIN] {
        let refused = enter(&here, &eve, alice.address(), chain, Some(WORDS)).await;
        assert_eq!(code(refused), ErrorCode::KeyAccount);
    }
    here.services.accounts.session(&signed_in.token).await.unwrap();
    let listed = here.services.directory.installations_of(alice.address()).await.unwrap();
    assert_eq!(listed.len(), 1);
}

#[sqlx::test]
async fn a_key_takes_its_address_back_from_code(pool: PgPool) {
    let (here, _) = site(pool).await;
    let (alice, eve) = (person(1), person(2));
    let accounts = &here.services.accounts;
    let squatting = enter(&here, &eve, alice.address(), CHAIN, Some(WORDS)).await.unwrap();
    let subscription = here.services.notifier.subscribe(squatting.session.id);

    let signed_in = enter(&here, &alice, alice.address(), OTHER_CHAIN, None).await.unwrap();
    assert_eq!(subscription.subscriber().ended().await, ErrorCode::SessionEnded);
    assert_eq!(code(accounts.session(&squatting.token).await), ErrorCode::SessionEnded);
    let listed = here.services.directory.installations_of(alice.address()).await.unwrap();
    assert_eq!(listed, [(alice.installation(), signed_in.association.hash())]);
    accounts.session(&signed_in.token).await.unwrap();
    // And it stays hers, on every chain.
    let refused = enter(&here, &eve, alice.address(), CHAIN, Some(WORDS)).await;
    assert_eq!(code(refused), ErrorCode::KeyAccount);
    enter(&here, &alice, alice.address(), CHAIN, None).await.unwrap();
}

#[sqlx::test]
async fn two_kinds_at_once_make_one_account(pool: PgPool) {
    let (here, _) = site(pool).await;
    let tries = (10..18).map(|browser| {
        let here = &here;
        async move {
            let chain = if browser % 2 == 0 { CHAIN } else { OTHER_CHAIN };
            let entered = enter(here, &person_with(1, browser), WALLET, chain, Some(WORDS)).await;
            entered.map(|_| chain).map_err(|error| ErrorCode::from(&error))
        }
    });
    let results = futures::future::join_all(tries).await;
    let mut chains: Vec<_> = results.iter().filter_map(|result| result.ok()).collect();
    assert_eq!(chains.len(), 4, "{results:?}");
    chains.dedup();
    assert_eq!(chains.len(), 1, "{results:?}");
    assert!(
        results
            .iter()
            .filter_map(|result| result.err())
            .all(|code| code == ErrorCode::OtherNetwork)
    );
}

/// A chain that gives every question this answer, as JSON. Gives its URL.
async fn chain(answer: &'static str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut question = vec![0; 64 * 1024];
            let _ = socket.read(&mut question).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            let _ = socket.write_all((head + answer).as_bytes()).await;
        }
    });
    url
}

#[sqlx::test]
async fn without_a_node_a_wrong_signature_is_told_so_and_a_key_signs_in(pool: PgPool) {
    let here = site_with(pool, DOMAIN, Arc::new(Wallets::new([]).unwrap())).await;
    let (alice, eve) = (person(1), person(2));
    let forged = enter(&here, &eve, alice.address(), CHAIN, None).await;
    assert_eq!(code(forged), ErrorCode::NoNode);
    let smart = enter(&here, &alice, WALLET, CHAIN, Some(WORDS)).await;
    assert_eq!(code(smart), ErrorCode::NoNode);
    enter(&here, &alice, alice.address(), CHAIN, None).await.unwrap();
}

#[tokio::test]
async fn the_chain_of_the_text_is_asked_and_no_other() {
    let wallets = async |chain_id: u64, answer| Wallets::new([(chain_id, chain(answer).await.as_str())]).unwrap();
    let alice = person(1);
    let stated = |address: Address, signature: &[u8]| {
        let text = identity::SignIn {
            domain: DOMAIN.into(),
            address,
            uri: format!("http://{DOMAIN}"),
            chain_id: CHAIN,
            nonce: "0123456789abcdef".into(),
            issued_at: "2026-11-21T09:00:00Z".into(),
            expiration_time: "2026-11-21T09:05:00Z".into(),
            installation: alice.installation(),
        }
        .text();
        let signature = if signature.is_empty() {
            alice.sign(&text)
        } else {
            signature.to_vec()
        };
        let public_key = alice.key.clone();
        Association {
            text,
            signature,
            public_key,
        }
        .stated(DOMAIN)
        .unwrap()
    };
    let (yes, no) = (r#"{"result":"0x01"}"#, r#"{"result":"0x00"}"#);
    let wallet = stated(WALLET, WORDS);
    let vouched = wallets(CHAIN, yes).await.verify(&wallet).await.unwrap();
    assert_eq!(vouched.kind().chain_id(), Some(CHAIN));
    assert_eq!(wallets(CHAIN, no).await.verify(&wallet).await, Err(NotVerified::Wrong));
    let failed = r#"{"error":{"code":-32000,"message":"out of gas"}}"#;
    assert_eq!(
        wallets(CHAIN, failed).await.verify(&wallet).await,
        Err(NotVerified::CannotNow)
    );
    // A chain that is never asked is no chain that does not answer: trying again would not help.
    assert_eq!(
        wallets(OTHER_CHAIN, yes).await.verify(&wallet).await,
        Err(NotVerified::NoNode)
    );
    // The key's word stands, whatever a chain would say.
    let key = stated(alice.address(), &[]);
    let vouched = wallets(CHAIN, no).await.verify(&key).await.unwrap();
    assert_eq!(vouched.kind().chain_id(), None);
    assert!(Wallets::new([(CHAIN, "no url")]).is_err());
}
