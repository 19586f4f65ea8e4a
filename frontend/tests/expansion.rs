//! Whether what the `view!` of the pinned Leptos expands to fits `web/elements`, which stands in for its elements in the browser
//! (ADR 9). A new version of Leptos that names other functions, or expects other traits, does not compile here.

use leptos::{
    prelude::*,
    tachys::html::element::{El, Made},
};

/// Takes the expansion of a view whose outermost thing is an element: the one kind of element, whatever tag and attributes.
fn element(view: View<El>) -> El {
    view.into_inner()
}

/// What an element becomes when it is drawn.
fn becomes<T: Render<State = Made>>(_: &T) {}

#[component]
fn Part(children: Children) -> impl IntoView {
    view! { <section>{children()}</section> }
}

#[test]
fn every_construct_of_our_views_expands_to_the_one_kind_of_element() {
    let words: Box<dyn FnMut() -> String + Send> = Box::new(|| "words".to_owned());
    let views = [
        element(view! { <p class="note" id="first" data-kind="plain" aria-label="label">{"words".to_owned()}</p> }),
        element(view! { <p class=words class:shown=true></p> }),
        element(view! { <input type="text" prop:value="typed" disabled=true on:input=|_| {} /> }),
        element(view! { <button type="button" on:click=|_| {}>"Press"</button> }),
        // What never changes is a constant, read without the browser's parser.
        element(view! { <div>{"first".to_owned()}<p class="fixed">"always"<b>"the same"</b></p></div> }),
        element(view! { <main><Part>"inside"</Part>{Some(view! { <i></i> }.into_any())}</main> }),
    ];
    views.iter().for_each(becomes);
}
