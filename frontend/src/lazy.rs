//! Code that is loaded when it is first needed.
//!
//! In a release the build cuts the page's wasm at the functions that [`lazy!`] makes; what only they need goes into a file of
//! its own (docs/adr/0009-parts-loaded-later.md). Development builds are not cut: there everything is at hand.

use std::{future::Future, pin::Pin};

use leptos::task::spawn_local;

/// Why the code is not there.
#[cfg(feature = "split")]
pub use leptos::wasm_split::SplitLoaderError as Missing;
/// Why the code is not there: never, where nothing is cut off.
#[cfg(not(feature = "split"))]
#[derive(Debug)]
pub struct Missing;

/// A future of the browser's one thread.
pub type LocalBoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// A value, often a view, whose code is loaded when it is first needed. Made by [`lazy!`].
pub struct Lazy<T: 'static> {
    /// Loads the code. Ready at once when it is there; after a failure it is tried anew.
    pub load: fn() -> LocalBoxFuture<Result<(), Missing>>,
    /// Makes the value; ready at once when the code is there.
    pub make: fn() -> LocalBoxFuture<Result<T, Missing>>,
}

impl<T> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lazy<T> {}

/// Names a lazy value: the file its code goes into, its name, its type and what makes it. Values of one file are loaded together.
macro_rules! lazy {
    ($(#[$doc:meta])* $visible:vis $name:ident in $file:ident = $load:ident, $make:ident: $type:ty => $value:expr) => {
        #[cfg_attr(
            feature = "split",
            leptos::wasm_split::wasm_split($file, wasm_split_path = ::leptos::wasm_split, fallible, preload($load))
        )]
        fn $make() -> Result<$type, $crate::lazy::Missing> {
            Ok($value)
        }

        $(#[$doc])*
        $visible const $name: $crate::lazy::Lazy<$type> = $crate::lazy::Lazy {
            #[cfg(feature = "split")]
            load: || Box::pin($load()),
            #[cfg(feature = "split")]
            make: || Box::pin($make()),
            #[cfg(not(feature = "split"))]
            load: || Box::pin(std::future::ready(Ok(()))),
            #[cfg(not(feature = "split"))]
            make: || Box::pin(std::future::ready($make())),
        };
    };
}
pub(crate) use lazy;

impl<T> Lazy<T> {
    /// Loads the code before it is needed. A failure is reported when the value is asked for.
    pub fn preload(self) {
        spawn_local(async move { drop((self.load)().await) });
    }

    /// The value, once its code is there.
    pub async fn get(self) -> Result<T, Missing> {
        (self.make)().await
    }

    /// The value, if its code is there already.
    pub fn now(self) -> Option<T> {
        use std::task::{Context, Poll, Waker};
        match (self.make)().as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(value)) => Some(value),
            _ => None,
        }
    }
}
