use app::{
    error::{AppError, sentence},
    server_fns,
};
use leptos::{ev, prelude::*, task::spawn_local};
use protocol::{ErrorCode, UnixMillis, api::Session, limits};

use self::{installations::Installations, sign_out::SignOutForm};
use crate::{
    browser,
    components::{Dialog, Icon, Shape},
    lazy::lazy,
    signal::{Memo, RwSignal, live, on, when},
    state::{State, flow},
    time,
};

mod installations;
mod sign_out;

pub use sign_out::SIGN_OUT;

lazy! {
    /// `/app/settings`.
    pub SETTINGS in places = load_settings, draw_settings: AnyView => view! { <Settings /> }.into_any()
}

#[component]
fn Settings() -> impl IntoView {
    let leaving = RwSignal::new(false);
    view! {
        <div class="pane page">
            <div class="back-line">
                <h1 id="title" tabindex="-1">"Settings"</h1>
            </div>
            <Profile />
            <Appearance />
            <Installations />
            <Sessions />
            <section aria-labelledby="leave">
                <h2 id="leave">"This browser"</h2>
                <p>"Signing out ends this session. What happens to the history in this browser is yours to choose."</p>
                <button type="button" class="btn" on:click=on(move |_| leaving.set(true))>
                    <Icon shape=Shape::Out />
                    "Sign out"
                </button>
                <Dialog open=leaving title="Sign out here">
                    <SignOutForm />
                </Dialog>
            </section>
        </div>
    }
}

/// A refusal under a form: said, and if the session is over, acted upon.
fn refused(state: State, error: AppError) -> &'static str {
    flow::refused(state, error.0);
    sentence(error.0)
}

#[component]
fn Profile() -> impl IntoView {
    let state = expect_context::<State>();
    let me = state.me();
    let name = RwSignal::new(me.as_ref().map(|me| me.name.clone()).unwrap_or_default());
    let said = RwSignal::new(None::<Result<&'static str, &'static str>>);
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let chosen = name.get_untracked().trim().to_owned();
        if !name_holds(&chosen) {
            said.set(Some(Err(sentence(ErrorCode::BadName))));
            return;
        }
        let words = if chosen.is_empty() {
            "Your name is removed. Others see your address when they next open Jackdaw."
        } else {
            "Saved. Others see it when they next open Jackdaw."
        };
        spawn_local(async move {
            match server_fns::set_name(chosen).await {
                Ok(chosen) => {
                    state.site.update(|site| {
                        if let Some(me) = site.as_mut().and_then(|site| site.me.as_mut()) {
                            me.name.clone_from(&chosen);
                            let address = me.address;
                            state.named(address, chosen);
                        }
                    });
                    said.set(Some(Ok(words)));
                }
                Err(error) => said.set(Some(Err(refused(state, error)))),
            }
        });
    });
    view! {
        <section aria-labelledby="profile">
            <h2 id="profile">"Profile"</h2>
            <p>"Others see your name beside your address. It is a word you choose, not a proof. Leave it empty to have none."</p>
            <form on:submit=submit>
                <div>
                    <label class="label" for="name">"Name"</label>
                    <input
                        id="name"
                        class="field"
                        autocomplete="nickname"
                        dir="auto"
                        aria-describedby="name-said"
                        prop:value=live(move || name.get())
                        on:input=on(move |event| {
                            name.set(event_target_value(&event));
                            said.set(None);
                        })
                    />
                </div>
                <button type="submit" class="btn first">"Save"</button>
                <div id="name-said" aria-live="polite">
                    {live(move || said.get().map(|said| match said {
                        Ok(words) => view! { <p class="good">{words}</p> }.into_any(),
                        Err(words) => view! { <p class="note bad">{words}</p> }.into_any(),
                    }))}
                </div>
            </form>
        </section>
    }
}

/// The rule for names, before the server has its say. An empty one is no name, and takes away the one there was.
fn name_holds(name: &str) -> bool {
    name.chars().count() <= limits::NAME && !name.chars().any(char::is_control)
}

#[component]
fn Appearance() -> impl IntoView {
    let theme = RwSignal::new(browser::theme());
    let choice = move |value: &'static str, words: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=live(move || Some(if theme.get() == value { "true" } else { "false" }))
                on:click=on(move |_| {
                    browser::set_theme(value);
                    theme.set(value.to_owned());
                })
            >
                {words}
            </button>
        }
    };
    view! {
        <section aria-labelledby="appearance">
            <h2 id="appearance">"Appearance"</h2>
            <p>"Kept in this browser."</p>
            <div class="pick" role="group" aria-labelledby="appearance">
                {choice("", "As the system")} {choice("light", "Light")} {choice("dark", "Dark")}
            </div>
        </section>
    }
}

fn seen(since: UnixMillis, seen: UnixMillis) -> String {
    let now = browser::now();
    let say = |at| time::full(at, now, browser::offset(at));
    format!("Since {}. Last seen {}.", say(since), say(seen))
}

#[component]
fn Sessions() -> impl IntoView {
    let state = expect_context::<State>();
    let rows = Rows::<Session>::new(None);
    let problem = RwSignal::new(None::<&'static str>);
    let load = move || {
        spawn_local(async move {
            let answer = server_fns::sessions().await.map_err(|error| refused(state, error));
            rows.set(Some(answer));
        });
    };
    load();
    let after = move |answer: Result<(), AppError>| {
        problem.set(answer.err().map(|error| refused(state, error)));
        load();
    };
    let end = move |id: String| {
        spawn_local(async move { after(server_fns::end_session(id).await) });
    };
    let end_others = move || {
        spawn_local(async move { after(server_fns::end_other_sessions().await) });
    };
    let others = Memo::new(move |()| {
        rows.with(|rows| matches!(rows, Some(Ok(rows)) if rows.iter().any(|session| !session.is_current)))
    });
    let one = move |row: Session| {
        let id = row.id.clone();
        view! {
            <li>
                <div>
                    <b>{row.agent.clone()}</b>
                    {row.is_current.then(|| view! { <span class="badge good small">"This session"</span> }.into_any())}
                    <div class="small soft">{seen(row.since, row.seen)}</div>
                </div>
                {(!row.is_current).then(|| view! {
                    <button
                        type="button"
                        class="btn"
                        aria-label=format!("End the session of {}", row.agent)
                        on:click=on(move |_| end(id.clone()))
                    >
                        "End"
                    </button>
                }.into_any())}
            </li>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="sessions">
            <h2 id="sessions">"Sessions"</h2>
            <p>"Where you are signed in. Ending one closes its connection at once; it keeps no way back in without your wallet."</p>
            {live(move || problem.get().map(|words| view! { <p class="note bad" role="alert">{words}</p> }.into_any()))}
            {things(rows, one)}
            {when(move || others.get(), move || view! {
                <button type="button" class="btn bad" on:click=on(move |_| end_others())>"Sign out everywhere else"</button>
            }.into_any())}
        </section>
    }
}

/// A list that is fetched, or why there is none.
type Rows<T> = RwSignal<Option<Result<Vec<T>, &'static str>>>;

/// The list as it comes.
fn things<T: Clone + 'static>(rows: Rows<T>, one: impl Fn(T) -> AnyView + Copy + Send + 'static) -> impl IntoView {
    live(move || match rows.get() {
        None => view! { <Bones /> }.into_any(),
        Some(Err(words)) => view! { <p class="note bad" role="alert">{words}</p> }.into_any(),
        Some(Ok(rows)) => view! { <ul class="things">{rows.into_iter().map(one).collect::<Vec<_>>()}</ul> }.into_any(),
    })
}

/// While a list is being fetched.
#[component]
fn Bones() -> impl IntoView {
    view! {
        <div class="bones-list" role="status" aria-busy="true" aria-label="Loading">
            <span class="bone w-1/2"></span>
            <span class="bone w-4/5"></span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forty_characters_of_any_script_or_none_at_all() {
        assert!(name_holds(""));
        assert!(name_holds(&"é".repeat(40)));
        assert!(!name_holds(&"é".repeat(41)));
        assert!(!name_holds("a\nb"));
    }
}
