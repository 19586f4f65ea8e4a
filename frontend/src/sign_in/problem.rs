use leptos::prelude::*;

use crate::{
    components::{Icon, Shape},
    signal::live,
    state::State,
};

/// Why the last step did not work.
#[component]
pub fn Problem() -> impl IntoView {
    let state = expect_context::<State>();
    live(move || {
        state.problem.get().map(|words| {
            view! {
                <div class="note" role="alert">
                    <Icon shape=Shape::Warning />
                    <p>{words}</p>
                </div>
            }
            .into_any()
        })
    })
}
