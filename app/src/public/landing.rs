//! `/`: what Jackdaw is. Of money it speaks only where tips are served.

use leptos::prelude::*;
use protocol::api::{Network, Site};

use super::{
    document::Assets,
    pages::{Foot, Top, page},
};
use crate::{
    coin::{TEST_MONEY, glyph, is_long},
    place::Place,
};

/// `/`: what Jackdaw is.
pub fn landing_html(assets: &Assets, site: &Site) -> String {
    let domain = site.domain.clone();
    let tips = site.networks.iter().find(|network| network.tips.is_some()).cloned();
    let (title, description) = if tips.is_some() {
        (
            "Jackdaw: talk sealed and tip, with your own wallet",
            "Sign in with your Ethereum wallet, talk end-to-end encrypted and send a tip without leaving the conversation.",
        )
    } else {
        (
            "Jackdaw: talk sealed, with your own wallet",
            "Sign in with your Ethereum wallet and talk end-to-end encrypted, on a server of your own if you like.",
        )
    };
    page(assets, title, description, move || {
        let money = tips.is_some();
        view! {
            <div class="wrap">
                <Top into=Place::Chats sections=true />
                <main>
                    <Hero tips=tips />
                    <Three money=money />
                    <How money=money />
                    <NoWallet money=money />
                    <Run />
                </main>
                <Foot domain=domain />
            </div>
        }
        .into_any()
    })
}

#[component]
fn Hero(tips: Option<Network>) -> impl IntoView {
    let (promise, lead) = if tips.is_some() {
        (
            "Money flies.",
            "Sign in with your own wallet, talk end-to-end encrypted, and send a tip without leaving the conversation. On a server of your own, if you like.",
        )
    } else {
        (
            "Keys stay yours.",
            "Sign in with your own wallet and talk end-to-end encrypted. No password, no phone number. On a server of your own, if you like.",
        )
    };
    view! {
        <section class="hero">
            <div>
                <h1>
                    <span>"Words stay sealed. "</span>
                    <span>{promise}</span>
                </h1>
                <p class="lead">{lead}</p>
                <div class="acts">
                    <a class="btn first big" href=Place::Chats.path()>"Connect wallet"</a>
                    <a class="btn big" href="#wallet">"I have no wallet yet"</a>
                </div>
            </div>
            <Peek tips=tips />
        </section>
    }
}

/// A conversation as it looks, and as the server sees it.
#[component]
fn Peek(tips: Option<Network>) -> impl IntoView {
    let talk = match tips {
        Some(network) => {
            let glyph = glyph(&network.symbol);
            let coin = if is_long(&glyph) { "coin long" } else { "coin" };
            view! {
                <div class="bubble me">"Yes please. And let me pay for the paper"</div>
                <div class="given">
                    <span class=coin>{glyph}</span>
                    <div>
                        <b>"0.05 " {network.symbol}</b>
                        <span class="small">"Confirmed, checked by Bob's own browser"</span>
                        {network.development.then(|| view! { <span class="small test">{TEST_MONEY}</span> })}
                    </div>
                </div>
            }
            .into_any()
        }
        None => view! {
            <div class="bubble me">"Yes please. Can you bring them on Saturday?"</div>
            <div class="bubble">"I put the big one on the wall already"</div>
        }
        .into_any(),
    };
    view! {
        <div class="peek" aria-hidden="true">
            <div class="bubble">"The drawings are done. Want to see them?"</div>
            {talk}
            <div class="cipher">
                <b>"What the server sees"</b>
                "01 8f 3c d2 a7 44 1e 90 5b c8 17 f2 6d 0a e3 b9 72 4f 88 15 cc 9e 31 06 d4 2b 7a 60 e8 53 91 af"
            </div>
        </div>
    }
}

#[component]
fn Three(money: bool) -> impl IntoView {
    let (heading, words) = if money {
        (
            "Receipts you can check",
            "A tip goes from wallet to wallet, and is green only after the receiver's own browser has seen it on the chain.",
        )
    } else {
        (
            "Sealed before it leaves",
            "Messages are encrypted in your browser. The server keeps their order, never their words: it has no key.",
        )
    };
    view! {
        <div class="three">
            <section>
                <h2>"One signature, no password"</h2>
                <p>"Your wallet signs you in and vouches for this browser. Others check that signature themselves."</p>
            </section>
            <section>
                <h2>{heading}</h2>
                <p>{words}</p>
            </section>
            <section>
                <h2>"Yours to run"</h2>
                <p>"One binary, one database. No vendor account, no API key, nothing loaded from elsewhere. Even the chain can be yours."</p>
            </section>
        </div>
    }
}

#[component]
fn How(money: bool) -> impl IntoView {
    view! {
        <section class="more" id="how">
            <h2>"How it works"</h2>
            <ol>
                <li>
                    <b>"Connect and sign once. "</b>
                    "Your browser makes a key of its own. The text your wallet signs names that key, so whoever talks with you can check that it is yours."
                </li>
                <li>
                    <b>"Write to an address. "</b>
                    "The first message waits until the other side accepts. Declining tells the sender nothing."
                </li>
                <li>
                    <b>"Talk. "</b>
                    "What you write is sealed before it leaves; the server has no key to it. Keys change as you talk (Messaging Layer Security, RFC 9420). Offline, you read and write on; it is sent later, once."
                </li>
                {money.then(|| view! {
                    <li>
                        <b>"Tip. "</b>
                        "Your wallet pays the account that vouched for the other side's browser, never one that the server names. Like every payment on a chain it is public who paid whom; what you said is not."
                    </li>
                })}
            </ol>
        </section>
    }
}

#[component]
fn NoWallet(money: bool) -> impl IntoView {
    let coins = if money {
        "You need no coins to talk, only to tip."
    } else {
        "You need no coins to talk."
    };
    view! {
        <section class="more" id="wallet">
            <h2>"No wallet yet?"</h2>
            <div>
                <p>
                    "A wallet is an extension or an app that holds a key and asks you before it signs anything. Install one that you trust, for instance "
                    <a href="https://metamask.io/download" rel="noreferrer">"MetaMask"</a> ", "
                    <a href="https://rabby.io" rel="noreferrer">"Rabby"</a> " or "
                    <a href="https://frame.sh" rel="noreferrer">"Frame"</a>
                    ", make an account in it, and keep its recovery phrase on paper. " {coins}
                </p>
                <p>"On a phone, open this page in the browser inside your wallet's app."</p>
            </div>
        </section>
    }
}

#[component]
fn Run() -> impl IntoView {
    view! {
        <section class="more" id="run">
            <h2>"Run your own"</h2>
            <div>
                <p>
                    <code>"cargo xtask run"</code>
                    " on a fresh machine fetches what is missing, starts a database and a development chain, and prints one address to open."
                </p>
                <p>"For real use, set a public address and a database; the README says how."</p>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use protocol::Address;

    use super::*;

    fn landing(networks: Vec<Network>) -> String {
        let assets = Assets {
            page_js: String::new(),
            page_wasm: String::new(),
            style: String::new(),
        };
        let site = Site {
            domain: String::new(),
            networks,
            me: None,
        };
        landing_html(&assets, &site)
    }

    fn network(tips: bool, development: bool) -> Network {
        Network {
            chain_id: 1,
            name: "Rookery".into(),
            coin: "Rook".into(),
            symbol: "ROOK".into(),
            rpc_url: String::new(),
            explorer: String::new(),
            confirmations: 3,
            tips: tips.then(|| Address::repeat_byte(1)),
            development,
        }
    }

    #[test]
    fn money_is_promised_only_where_tips_are_served() {
        for quiet in [landing(Vec::new()), landing(vec![network(false, false)])] {
            assert!(!quiet.contains("Money") && !quiet.contains("0.05") && !quiet.contains(" tip"));
        }
        let rich = landing(vec![network(false, false), network(true, false)]);
        assert!(rich.contains("Money flies") && rich.contains("0.05 ") && rich.contains("ROOK"));
        assert!(!rich.contains(TEST_MONEY));
    }

    #[test]
    fn test_money_is_called_so() {
        assert!(landing(vec![network(true, true)]).contains(TEST_MONEY));
    }
}
