use std::{sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::{Shape, icon};
use crate::{
    browser,
    signal::{RwSignal, live, on},
    state::State,
};

/// A text that may follow signals.
pub type Words = Arc<dyn Fn() -> String + Send + Sync>;

/// A text that stays.
pub fn fixed(text: String) -> Words {
    Arc::new(move || text.clone())
}

/// A button that puts a text on the clipboard and says so for two seconds.
#[component]
pub fn Copy(
    /// What goes on the clipboard.
    text: Words,
    /// What the button is called.
    #[prop(into)]
    name: String,
    /// What it shows, if not its name.
    #[prop(optional, into)]
    shown: Option<String>,
    /// The CSS classes of the button.
    #[prop(default = "copy")]
    class: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    let copied = RwSignal::new(false);
    let mono = shown.is_some();
    let shown = shown.unwrap_or_else(|| name.clone());
    let press = on(move |_| {
        let text = untrack(|| text());
        spawn_local(async move {
            let done = browser::copy(&text).await;
            // Where the clipboard is forbidden the text itself is said, so that it can be taken down.
            state.announce(if done { "Copied".to_owned() } else { text });
            copied.set(done);
            set_timeout(move || copied.set(false), Duration::from_secs(2));
        });
    });
    view! {
        <button type="button" class=class aria-label=name on:click=press>
            <span class:mono=mono>{live(move || if copied.get() { "Copied".to_owned() } else { shown.clone() })}</span>
            {live(move || icon(if copied.get() { Shape::Check } else { Shape::Copy }))}
        </button>
    }
}
