//! The browsers of the account that hold keys: what they are called, when they were seen, and how one is revoked.

use app::{error::sentence, server_fns};
use leptos::{ev, prelude::*, task::spawn_local};
use protocol::{ErrorCode, api::InstallationRow};

use super::{Rows, name_holds, refused, seen, things};
use crate::{
    components::{Dialog, Icon, Shape},
    signal::{RwSignal, effect, live, on},
    state::State,
};

/// What it is called, or else what it is.
fn called(row: &InstallationRow) -> String {
    let given = if row.name.is_empty() { &row.agent } else { &row.name };
    given.clone()
}

/// The list, and the two things that can be done to one.
#[component]
pub fn Installations() -> impl IntoView {
    let state = expect_context::<State>();
    let rows = Rows::<InstallationRow>::new(None);
    let load = move || {
        spawn_local(async move {
            let answer = server_fns::installations().await.map_err(|error| refused(state, error));
            rows.set(Some(answer));
        });
    };
    load();
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<InstallationRow>);
    let waiting = RwSignal::new(false);
    state.dismiss_revoked();
    effect(move || {
        if let Some((_, said)) = state.revoked.get() {
            waiting.set(false);
            if said.is_none() {
                asking.set(false);
                state.announce("The browser is revoked.".to_owned());
                load();
            }
        }
    });
    let revoke = move || {
        if let Some(row) = chosen.get_untracked() {
            waiting.set(true);
            state.revoke(row.id);
        }
    };
    let naming = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<&'static str>);
    let rename = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(row) = chosen.get_untracked() else { return };
        let wanted = name.get_untracked().trim().to_owned();
        if !name_holds(&wanted) {
            return problem.set(Some(sentence(ErrorCode::BadName)));
        }
        spawn_local(async move {
            match server_fns::name_installation(row.id, wanted).await {
                Ok(_) => {
                    naming.set(false);
                    state.announce("The browser has its name.".to_owned());
                    load();
                }
                Err(error) => problem.set(Some(refused(state, error))),
            }
        });
    };
    let one = move |row: InstallationRow| {
        let (this, that) = (row.clone(), row.clone());
        view! {
            <li>
                <Icon shape=Shape::Key />
                <div>
                    <b dir="auto">{called(&row)}</b>
                    {(!row.name.is_empty()).then(|| view! { <div class="small soft">{row.agent.clone()}</div> }.into_any())}
                    {row.is_current.then(|| view! { <span class="badge good small">"This browser"</span> }.into_any())}
                    <div class="small soft">{seen(row.since, row.seen)}</div>
                    <div class="small soft mono">{row.id.to_string()[..16].to_owned()} "…"</div>
                </div>
                <button
                    type="button"
                    class="btn"
                    aria-label=format!("Rename {}", called(&row))
                    on:click=on(move |_| {
                        problem.set(None);
                        name.set(that.name.clone());
                        chosen.set(Some(that.clone()));
                        naming.set(true);
                    })
                >
                    "Rename"
                </button>
                {(!row.is_current).then(|| view! {
                    <button
                        type="button"
                        class="btn"
                        aria-label=format!("Revoke {}", called(&this))
                        on:click=on(move |_| {
                            state.dismiss_revoked();
                            chosen.set(Some(this.clone()));
                            asking.set(true);
                        })
                    >
                        "Revoke"
                    </button>
                }.into_any())}
            </li>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="installations">
            <h2 id="installations">"Installations"</h2>
            <p>"Browsers that hold a key of yours. Messages to you are sealed for each of them."</p>
            {things(rows, one)}
            <Dialog open=naming title="Rename a browser">
                <form on:submit=on(rename)>
                    <div>
                        <label class="label" for="browser-name">"Name of this browser"</label>
                        <input
                            id="browser-name"
                            class="field"
                            autocomplete="off"
                            dir="auto"
                            aria-describedby="browser-name-said"
                            placeholder=chosen.get_untracked().map(|row| row.agent).unwrap_or_default()
                            prop:value=live(move || name.get())
                            on:input=on(move |event| {
                                name.set(event_target_value(&event));
                                problem.set(None);
                            })
                        />
                    </div>
                    <p class="small soft">"Only you see it. Leave it empty to have none."</p>
                    <div id="browser-name-said" aria-live="polite">
                        {live(move || problem.get().map(|words| view! { <p class="note bad">{words}</p> }.into_any()))}
                    </div>
                    <div class="acts">
                        <button type="submit" class="btn first">"Save"</button>
                        <button type="button" class="btn" on:click=on(move |_| naming.set(false))>"Cancel"</button>
                    </div>
                </form>
            </Dialog>
            <Dialog open=asking title="Revoke the other browser?">
                {live(move || chosen.get().map(|row| view! {
                    <p>
                        <b>{called(&row)}</b>
                        <br />
                        <span class="small soft">{seen(row.since, row.seen)}</span>
                    </p>
                }.into_any()))}
                <p>
                    "It is signed out at once and receives nothing new: whoever writes next takes it out of the conversation. What it has already received stays on it. This cannot be undone; to come back it needs your wallet and gets a new key."
                </p>
                {live(move || state.revoked.get().and_then(|(_, said)| said).map(|code| {
                    view! { <p class="note bad" role="alert">{sentence(code)}</p> }.into_any()
                }))}
                <div class="acts">
                    <button type="button" class="btn bad" prop:disabled=live(move || waiting.get()) on:click=on(move |_| revoke())>
                        "Revoke"
                    </button>
                    <button type="button" class="btn" on:click=on(move |_| asking.set(false))>"Keep"</button>
                </div>
            </Dialog>
        </section>
    }
}
