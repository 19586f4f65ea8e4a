use app::place::Place;
use leptos::{ev, prelude::*};

use super::Words;
use crate::{
    navigate,
    signal::{live, on},
    state::State,
};

/// A link to a place of `/app`: a real link, followed without loading a page. `aria-current` marks the place where we are.
#[component]
pub fn A(
    /// The place that the link leads to.
    place: Place,
    /// The CSS classes of the link.
    #[prop(optional)]
    class: &'static str,
    /// Its name, if its text is not enough.
    #[prop(optional)]
    label: Option<Words>,
    /// The id of what describes it.
    #[prop(optional, into)]
    by: Option<String>,
    /// Also marked in the places that belong to it.
    #[prop(optional)]
    within: bool,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let state = expect_context::<State>();
    let follow = on(move |event: ev::MouseEvent| {
        if navigate::is_plain(&event) {
            event.prevent_default();
            navigate::go(state, place);
        }
    });
    let label = live(move || label.as_ref().map(|label| label()));
    let current = live(move || match state.place.get() {
        here if here == place => Some("page"),
        Place::Thread(_) | Place::New if within => Some("true"),
        _ => None,
    });
    view! {
        <a class=class href=place.path() aria-label=label aria-describedby=by aria-current=current on:click=follow>
            {children()}
        </a>
    }
}
