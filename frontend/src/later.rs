//! Parts of the face whose code is loaded when they are first shown.
//!
//! In a release the build cuts the page's wasm at the functions that [`part!`] makes; what only they need goes into a file of
//! its own. While that file is under way a quiet line stands in its place, and where it cannot be had, a sentence and
//! "Try again". Development builds are not cut: there a part is simply drawn.

use std::{future::Future, pin::Pin};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    components::{Icon, Shape},
    signal::{Live, RwSignal, live, on},
};

/// Why a part is not there.
#[cfg(feature = "split")]
pub use leptos::wasm_split::SplitLoaderError as Missing;
/// Why a part is not there: never, where nothing is cut off.
#[cfg(not(feature = "split"))]
#[derive(Debug)]
pub struct Missing;

type Later<T> = Pin<Box<dyn Future<Output = Result<T, Missing>>>>;

/// A part of the face that is loaded when it is first shown. Made by [`part!`].
#[derive(Clone, Copy)]
pub struct Part {
    /// Loads its code. Again is at once; after a failure it is tried anew.
    pub load: fn() -> Later<()>,
    /// Draws it, at once if its code is there.
    pub draw: fn() -> Later<AnyView>,
}

/// Names a part: the file its code goes into, its name, and what draws it. Parts of one file are loaded together.
macro_rules! part {
    ($(#[$doc:meta])* $visible:vis $name:ident in $file:ident = $load:ident, $draw:ident => $view:expr) => {
        #[cfg_attr(
            feature = "split",
            leptos::wasm_split::wasm_split($file, wasm_split_path = ::leptos::wasm_split, fallible, preload($load))
        )]
        fn $draw() -> Result<leptos::prelude::AnyView, $crate::later::Missing> {
            Ok($view)
        }

        $(#[$doc])*
        $visible const $name: $crate::later::Part = $crate::later::Part {
            #[cfg(feature = "split")]
            load: || Box::pin($load()),
            #[cfg(feature = "split")]
            draw: || Box::pin($draw()),
            #[cfg(not(feature = "split"))]
            load: || Box::pin(std::future::ready(Ok(()))),
            #[cfg(not(feature = "split"))]
            draw: || Box::pin(std::future::ready($draw())),
        };
    };
}
pub(crate) use part;

/// How far a part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Coming,
    Here,
    Missing,
}

impl Part {
    /// Loads its code before it is needed. A failure is nobody's matter yet.
    pub fn fetch(self) {
        spawn_local(async move { drop((self.load)().await) });
    }

    /// The part, in a view.
    pub fn show(self) -> Live<AnyView> {
        self.show_in(|view| view)
    }

    /// The part, in a view; as long as it is not there, what is said of it stands in a frame.
    pub fn show_in(self, frame: fn(AnyView) -> AnyView) -> Live<AnyView> {
        let stage = RwSignal::new(Stage::Coming);
        let load = move || {
            stage.set(Stage::Coming);
            spawn_local(async move {
                let there = (self.load)().await.is_ok();
                stage.set(if there { Stage::Here } else { Stage::Missing });
                request_animation_frame(browser::arrived);
            });
        };
        load();
        let gone = move || frame(view! { <Gone again=load /> }.into_any());
        live(move || match stage.get() {
            Stage::Coming => frame(view! { <Coming /> }.into_any()),
            Stage::Here => at_once((self.draw)()).unwrap_or_else(gone),
            Stage::Missing => gone(),
        })
    }
}

/// What a future gives that does not have to wait.
fn at_once<T>(mut later: Later<T>) -> Option<T> {
    use std::task::{Context, Poll, Waker};
    match later.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => Some(value),
        _ => None,
    }
}

#[component]
fn Coming() -> impl IntoView {
    view! {
        <p class="waits" role="status">
            <span class="spin"></span>
            "Opening"
        </p>
    }
}

#[component]
fn Gone(again: impl Fn() + 'static) -> impl IntoView {
    view! {
        <div class="note stack" role="alert">
            <Icon shape=Shape::Offline />
            <p>"This part of Jackdaw could not be loaded. Check your connection and try again, or reload the page."</p>
            <button type="button" class="btn" on:click=on(move |_| again())>"Try again"</button>
        </div>
    }
}
