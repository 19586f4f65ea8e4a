use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Icon, Shape};
use crate::signal::{RwSignal, effect, on, when};

/// A modal dialog: the browser's own, which keeps the keyboard inside and gives it back. A bottom sheet on phones.
#[component]
pub fn Dialog(
    /// Whether it is shown. Escape, the veil and the cross set it to false.
    open: RwSignal<bool>,
    /// Its heading and its name.
    #[prop(into)]
    title: String,
    /// What it holds, made anew each time it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let id: String = "dialog-".chars().chain(title.chars().map(plain)).collect();
    effect(move || {
        let (Some(element), shown) = (dialog.get(), open.get()) else {
            return;
        };
        if shown && !element.open() {
            // A frame later what it holds is there, and its first control takes the keyboard.
            request_animation_frame(move || {
                if open.try_with_untracked(|open| *open) == Some(true) {
                    let _ = element.show_modal();
                }
            });
        } else if !shown && element.open() {
            element.close();
        }
    });
    let heading = id.clone();
    let on_veil = on(move |event: ev::MouseEvent| {
        let hit = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if hit.is_some_and(|hit| hit.tag_name() == "DIALOG") {
            open.set(false);
        }
    });
    view! {
        <dialog node_ref=dialog aria-labelledby=id on:close=on(move |_| open.set(false)) on:click=on_veil>
            <h2 id=heading>{title}</h2>
            {when(move || open.get(), move || children().into_any())}
            <button type="button" class="round plain close" aria-label="Close" on:click=on(move |_| open.set(false))>
                <Icon shape=Shape::Close />
            </button>
        </dialog>
    }
}
