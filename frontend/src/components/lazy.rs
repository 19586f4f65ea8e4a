//! Lazy views: a quiet line stands in the place of one whose code is loading; where it cannot be had, a sentence and "Try again".

use leptos::{prelude::*, task::spawn_local};

use super::{Icon, Shape};
use crate::{
    browser,
    lazy::Lazy,
    signal::{Live, RwSignal, live, on},
};

/// How far the code of a view is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoadState {
    Loading,
    Loaded,
    Missing,
}

impl Lazy<AnyView> {
    /// The view in a place of its own.
    pub fn show(self) -> Live<AnyView> {
        self.show_in(|view| view)
    }

    /// The view; until it is there, what stands in its place is drawn inside of `frame`.
    pub fn show_in(self, frame: fn(AnyView) -> AnyView) -> Live<AnyView> {
        let state = RwSignal::new(LoadState::Loading);
        let load = move || {
            state.set(LoadState::Loading);
            spawn_local(async move {
                let loaded = (self.load)().await.is_ok();
                state.set(if loaded { LoadState::Loaded } else { LoadState::Missing });
                request_animation_frame(browser::arrived);
            });
        };
        load();
        let missing = move || frame(view! { <NotLoaded again=load /> }.into_any());
        live(move || match state.get() {
            LoadState::Loading => frame(view! { <Loading /> }.into_any()),
            LoadState::Loaded => self.now().unwrap_or_else(missing),
            LoadState::Missing => missing(),
        })
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <p class="waits" role="status">
            <span class="spin"></span>
            "Opening"
        </p>
    }
}

#[component]
fn NotLoaded(again: impl Fn() + 'static) -> impl IntoView {
    view! {
        <div class="note stack" role="alert">
            <Icon shape=Shape::Offline />
            <p>"This part of Jackdaw could not be loaded. Check your connection and try again, or reload the page."</p>
            <button type="button" class="btn" on:click=on(move |_| again())>"Try again"</button>
        </div>
    }
}
