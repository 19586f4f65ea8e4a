use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Icon, Shape};
use crate::{browser, state::State};

/// A button that puts a text on the clipboard and says so for two seconds.
#[component]
pub fn Copy(
    /// What goes on the clipboard.
    #[prop(into)]
    text: Signal<String>,
    /// What the button is called.
    #[prop(into)]
    name: String,
    /// What it shows, if not its name.
    #[prop(optional, into)]
    shown: Option<String>,
    /// Its classes.
    #[prop(default = "copy")]
    class: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    let copied = RwSignal::new(false);
    let mono = shown.is_some();
    let shown = shown.unwrap_or_else(|| name.clone());
    let press = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            let done = browser::copy(&text).await;
            // Where the clipboard is forbidden the text itself is said, so that it can be taken down.
            state.announcement.set(if done { "Copied".to_owned() } else { text });
            let _ = copied.try_set(done);
            set_timeout(
                move || {
                    let _ = copied.try_set(false);
                },
                Duration::from_secs(2),
            );
        });
    };
    view! {
        <button type="button" class=class aria-label=name on:click=press>
            <span class:mono=mono>{move || if copied.get() { "Copied".to_owned() } else { shown.clone() }}</span>
            {move || if copied.get() {
                view! { <Icon shape=Shape::Check /> }
            } else {
                view! { <Icon shape=Shape::Copy /> }
            }}
        </button>
    }
}
