use bridge::{TxState, Witness};
use leptos::prelude::*;

use super::{Progress, words};
use crate::{
    components::{Shape, icon},
    signal::{Memo, live},
};

/// The state with its picture, and a line that explains it.
#[component]
pub fn StateLine(
    /// How far it is.
    progress: Memo<Progress>,
    /// A sentence that explains the state.
    line: Memo<String>,
) -> impl IntoView {
    let class = live(move || match progress.get() {
        Progress {
            state: TxState::Mismatch(_),
            ..
        } => "state bad",
        progress if progress.is_sure() => "state good",
        _ => "state",
    });
    let picture = Memo::new(move |()| match (progress.get().state, progress.get().witness) {
        (TxState::Mismatch(_) | TxState::Reverted | TxState::Replaced | TxState::Dropped, _) => Shape::Warning,
        (TxState::Confirmed, Witness::Device) => Shape::Check,
        _ => Shape::Clock,
    });
    view! {
        <p class=class>
            {live(move || icon(picture.get()))}
            <span>
                <b>{live(move || words::state(progress.get().state))}</b>
                {live(move || words::checked(progress.get()))}
            </span>
        </p>
        <p class="why small">{live(move || line.get())}</p>
    }
}
