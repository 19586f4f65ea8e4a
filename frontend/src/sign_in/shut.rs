use bridge::Trouble;
use leptos::prelude::*;

use super::problem::Problem;
use crate::{
    components::{Dialog, Icon, Shape},
    lazy::lazy,
    signal::{RwSignal, on, when},
    state::{Stage, State, flow},
};

lazy! {
    /// In the place of the conversations, when the vault does not open.
    pub SHUT in places = load_shut, draw_shut: AnyView => {
        let state = expect_context::<State>();
        match state.stage.get_untracked() {
            Stage::Shut(_, why) => view! { <Shut why=why /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

/// What happened, what it means, what next.
fn words(why: Trouble) -> &'static str {
    match why {
        Trouble::VaultDamaged => {
            "The key that this browser keeps for your account is damaged, so its conversations cannot be opened here. Nothing was deleted. Try again; if it stays so, delete what is here and begin anew with another key."
        }
        Trouble::VaultFull => {
            "This browser's storage is full, so your conversations cannot be opened here. Nothing is lost. Free some space, then try again."
        }
        Trouble::VaultNewer | Trouble::OtherTab => {
            "Another tab runs a newer Jackdaw. Nothing is lost. Reload this page to go on here."
        }
        Trouble::NoVault => {
            "This browser does not open its storage for your keys, as in some private windows. Nothing was changed. Try again, or open Jackdaw in an ordinary window."
        }
        _ => "Something went wrong in this page. Nothing is lost. Reload it to go on.",
    }
}

/// Whether this page cannot open the vault at all, so that reloading it is the way on.
const fn needs_reload(why: Trouble) -> bool {
    !matches!(why, Trouble::VaultDamaged | Trouble::VaultFull | Trouble::NoVault)
}

/// The vault does not open: why, and every way on.
#[component]
fn Shut(why: Trouble) -> impl IntoView {
    let state = expect_context::<State>();
    let asking = RwSignal::new(false);
    let deleting = RwSignal::new(false);
    let again = on(move |_| match state.account.get_untracked() {
        Some(account) if !needs_reload(why) => flow::go_on(state, account),
        _ => drop(window().location().reload()),
    });
    let delete = move || {
        asking.set(false);
        deleting.set(true);
        flow::delete(state);
    };
    // Where it cannot be deleted there is a problem.
    let waits = move || deleting.get() && state.problem.with(Option::is_none);
    view! {
        <h1>"Your conversations do not open"</h1>
        <div class="note" role="alert">
            <Icon shape=Shape::Warning />
            <p>{words(why)}</p>
        </div>
        <Problem />
        {when(waits, || view! {
            <p class="waits" role="status">
                <span class="spin"></span>
                "Deleting what is here"
            </p>
        }.into_any())}
        <button type="button" id="next" class="btn first big wide" on:click=again>
            {if needs_reload(why) { "Reload" } else { "Try again" }}
        </button>
        {(!needs_reload(why)).then(|| view! {
            <button type="button" class="btn bad wide" on:click=on(move |_| asking.set(true))>"Delete and begin anew"</button>
            <button type="button" class="btn wide" on:click=on(move |_| flow::another_wallet(state))>"Use another wallet"</button>
            <Dialog open=asking title="Delete and begin anew?">
                <p>
                    "What this browser keeps of this account is deleted for ever: its key, its history, and messages that still wait to be sent. What you typed and did not send stays."
                </p>
                <p>
                    "Your account stays, and so does what your other browsers and the people you talk with have. You sign in once more and get a new key; the old one stands in the settings until you revoke it there."
                </p>
                <div class="acts">
                    <button type="button" class="btn bad" on:click=on(move |_| delete())>"Delete and begin anew"</button>
                    <button type="button" class="btn" autofocus=true on:click=on(move |_| asking.set(false))>"Keep"</button>
                </div>
            </Dialog>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_what_next_and_what_is_lost() {
        let reasons = [
            Trouble::VaultDamaged,
            Trouble::VaultFull,
            Trouble::VaultNewer,
            Trouble::NoVault,
            Trouble::Internal,
        ];
        for why in reasons {
            let words = words(why);
            assert!(words.contains("Nothing"), "{words}");
            assert_eq!(needs_reload(why), words.contains("eload"), "{words}");
            assert_eq!(!needs_reload(why), words.contains("ry again"), "{words}");
            assert!(!words.contains("shown") && !words.contains("text box"), "{words}");
        }
    }
}
