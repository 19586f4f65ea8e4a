use bridge::{Connection, Trouble};
use leptos::prelude::*;
use protocol::ErrorCode;

use crate::{
    account::ChangeNetwork,
    components::{Icon, Shape},
    signal::{Memo, live, on},
    state::{State, flow::trouble_sentence},
};

/// How a trouble is said.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    class: &'static str,
    role: &'static str,
    /// The page must be loaded again to go on.
    reload: bool,
}

fn look(trouble: Trouble) -> Look {
    let (class, role) = match trouble {
        // Nothing is wrong here any more: what the server has was read again.
        Trouble::Refused(ErrorCode::CursorAhead) => ("bar", "status"),
        _ => ("bar bad", "alert"),
    };
    let reload = matches!(
        trouble,
        Trouble::Internal
            | Trouble::VaultNewer
            | Trouble::OtherTab
            | Trouble::Refused(ErrorCode::Superseded | ErrorCode::UnknownVersion)
    );
    Look { class, role, reload }
}

/// What one must know wherever one is: no connection, and what keeps the worker from working.
#[component]
pub fn Bars() -> impl IntoView {
    let state = expect_context::<State>();
    let down = Memo::new(move |()| matches!(state.connection.get(), Connection::Waiting { .. }));
    let offline = live(move || {
        down.get().then(|| {
            let words = match state.waiting.get() {
                0 => "You are offline. You can read and write; it is sent when the connection is back.".to_owned(),
                1 => "You are offline. 1 message waits and is sent when the connection is back.".to_owned(),
                many => format!("You are offline. {many} messages wait and are sent when the connection is back."),
            };
            view! {
                <div class="bar" role="status">
                    <Icon shape=Shape::Offline />
                    <span>{words}</span>
                </div>
            }
            .into_any()
        })
    });
    let trouble = live(move || {
        state.trouble.get().map(|trouble| {
            let Look { class, role, reload } = look(trouble);
            view! {
                <div class=class role=role>
                    <Icon shape=Shape::Warning />
                    <span>{trouble_sentence(trouble)}</span>
                    {if reload {
                        view! {
                            <button type="button" class="btn" on:click=on(|_| drop(window().location().reload()))>
                                "Reload"
                            </button>
                        }.into_any()
                    } else {
                        view! {
                            <button type="button" class="btn" on:click=on(move |_| state.dismiss_trouble())>"Close"</button>
                        }.into_any()
                    }}
                </div>
            }
            .into_any()
        })
    });
    let unchecked = live(move || {
        let (who, chain_id) = state.unchecked.with(|all| all.first().copied())?;
        let network = state.network_of(chain_id)?;
        // On its network it is being checked.
        let elsewhere = state.wallet_chain() != Some(chain_id);
        elsewhere.then(|| {
            view! {
                <div class="bar" role="status">
                    <Icon shape=Shape::Warning />
                    <span>"A message says it is from " {state.name(who)} ". Their wallet could not be checked yet."</span>
                    <ChangeNetwork network class="btn" id=None />
                </div>
            }
            .into_any()
        })
    });
    view! { <div class="bars">{offline} {trouble} {unchecked}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_mended_itself_is_said_calmly_and_asks_for_nothing() {
        let calm = look(Trouble::Refused(ErrorCode::CursorAhead));
        assert_eq!((calm.role, calm.reload), ("status", false));
        let broken = look(Trouble::Internal);
        assert_eq!((broken.role, broken.reload), ("alert", true));
    }
}
