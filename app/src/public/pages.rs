use leptos::prelude::*;
use protocol::{Address, api::Site};

use super::document::{Assets, head};
use crate::{
    components::{Mark, avatar},
    place::{Place, grouped, short},
};

/// A whole public document.
pub(super) fn page(assets: &Assets, title: &str, description: &str, body: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new();
    let body = owner.with(|| body().to_html());
    format!("{}</head><body>{body}</body></html>", head(assets, title, description))
}

/// The head of public pages: the name, and the one way in.
#[component]
pub(super) fn Top(
    /// Where the way in leads.
    into: Place,
    /// The landing's own sections.
    #[prop(optional)]
    sections: bool,
) -> impl IntoView {
    view! {
        <header class="top">
            <a href="/">
                <Mark />
                "Jackdaw"
            </a>
            <nav aria-label="Jackdaw">
                {sections.then(|| view! {
                    <a href="#how">"How it works"</a>
                    <a href="#run">"Run your own"</a>
                })}
                <a class="btn" href=into.path()>"Connect wallet"</a>
            </nav>
        </header>
    }
}

#[component]
pub(super) fn Foot(domain: String) -> impl IntoView {
    view! { <footer class="foot">"Jackdaw at " {domain} ", run by whoever gave you this address. Free software under the AGPL."</footer> }
}

/// `/invite/{address}`: this account invites you to talk.
pub fn invite_html(assets: &Assets, site: &Site, from: Address) -> String {
    let domain = site.domain.clone();
    let into = Place::Thread(from);
    page(
        assets,
        &format!("{} invites you to talk · Jackdaw", short(from)),
        "Somebody invites you to talk end-to-end encrypted.",
        move || {
            view! {
                <div class="wrap">
                    <Top into=into />
                    <main class="alone">
                        <div class="card mid">
                            <span class=avatar::classes(from, 2) aria-hidden="true">
                                {avatar::letter(None, from)}
                            </span>
                            <h1>{short(from)} " invites you to talk"</h1>
                            <span class="full">{grouped(from)}</span>
                            <p>
                                "Compare the address with what they told you. You sign in with your own wallet; what you say to each other is sealed, so that nobody else can read it."
                            </p>
                            <a class="btn first big wide" href=into.path()>"Connect wallet"</a>
                            <p class="small">
                                <a href="/#wallet">"I have no wallet yet"</a>
                            </p>
                        </div>
                    </main>
                    <Foot domain=domain />
                </div>
            }
            .into_any()
        },
    )
}

/// No such page. Send it with 404.
pub fn not_found_html(assets: &Assets) -> String {
    let title = "Not found · Jackdaw";
    alone(assets, title, "There is no such page.", "There is nothing here", || {
        view! {
            <p>"The link may be mistyped, or what it led to is gone. If somebody sent it to you, ask them for a new one."</p>
        }
        .into_any()
    })
}

/// It was not done, and these words say why. Nothing of it is in the log, so there is no number.
pub fn refusal_html(assets: &Assets, words: &'static str) -> String {
    let title = "Not done · Jackdaw";
    alone(
        assets,
        title,
        "The server did not do that.",
        "That was not done",
        move || view! { <p>{words}</p> }.into_any(),
    )
}

/// Something failed; `incident` is the id under which the log has it. Send it with 500 or 503.
pub fn error_html(assets: &Assets, incident: &str) -> String {
    let incident = incident.to_owned();
    let heading = "The server could not answer";
    alone(
        assets,
        "Something went wrong · Jackdaw",
        "The server could not answer.",
        heading,
        move || {
            view! {
                <p>"Nothing you wrote is lost: it waits in your browser. Try again in a moment."</p>
                <p>"If it stays, tell who runs this server this number: it finds the entry in the log."</p>
                <p class="note mono">{incident}</p>
            }
            .into_any()
        },
    )
}

/// A page with one card that says what happened, and the ways on.
fn alone(
    assets: &Assets,
    title: &'static str,
    description: &'static str,
    heading: &'static str,
    words: impl FnOnce() -> AnyView + 'static,
) -> String {
    page(assets, title, description, move || {
        view! {
            <div class="wrap">
                <Top into=Place::Chats />
                <main class="alone">
                    <div class="card">
                        <h1>{heading}</h1>
                        {words()}
                        <div class="acts">
                            <a class="btn first" href="/">"To the first page"</a>
                            <a class="btn" href=Place::Chats.path()>"To your conversations"</a>
                        </div>
                    </div>
                </main>
            </div>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::landing::landing_html, *};

    fn assets() -> Assets {
        Assets {
            page_js: "/pkg/p.js".into(),
            page_wasm: "/pkg/p.wasm".into(),
            style: "/pkg/s.css".into(),
        }
    }

    fn site() -> Site {
        Site {
            domain: "jackdaw.example".into(),
            networks: Vec::new(),
            me: None,
        }
    }

    #[test]
    fn public_pages_load_a_stylesheet_and_nothing_else() {
        let from = Address::repeat_byte(0x71);
        for html in [
            landing_html(&assets(), &site()),
            invite_html(&assets(), &site(), from),
            not_found_html(&assets()),
            error_html(&assets(), "abc"),
            refusal_html(&assets(), "Wait a minute."),
        ] {
            assert!(html.contains("/pkg/s.css") && !html.contains(".wasm") && !html.contains("src="));
            assert!(!html.contains("style=\""), "the policy forbids style attributes");
            assert_eq!(html.matches("<script").count(), 1, "only the theme's");
            assert_eq!(html.matches("<h1").count(), 1);
        }
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let html = error_html(&assets(), "<script>alert(1)</script>");
        assert!(!html.contains("<script>alert"));
        let html = landing_html(
            &assets(),
            &Site {
                domain: "<img onerror=x>".into(),
                ..site()
            },
        );
        assert!(!html.contains("<img"));
    }

    #[test]
    fn the_shell_is_the_same_every_time_and_starts_the_page() {
        let (one, two) = (crate::public::shell(&assets()), crate::public::shell(&assets()));
        assert_eq!(one, two);
        assert!(one.contains(&crate::public::start_script(&assets())));
        assert!(!one.contains("style=\""));
    }
}
