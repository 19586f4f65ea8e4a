//! Signals, memos and closures in views, all of one shape underneath.
//!
//! Leptos compiles its machinery anew for every type that is kept in a signal and for every closure in a view; that was half of
//! what a browser loads. Here values stand behind `dyn Any` and closures in boxes, so that the machinery is there once. The
//! names and meanings are those of Leptos: what is read inside of a view or an effect is followed.
//!
//! Everything belongs to the browser's one thread.

use std::{any::Any, cell::RefCell, marker::PhantomData, rc::Rc};

use leptos::{
    prelude::{AnyView, ArcTrigger, Effect, Get, GetUntracked, GetValue, IntoAny, Notify, StoredValue, Track},
    reactive::computed,
};
use send_wrapper::SendWrapper;

struct Cell<T> {
    changed: ArcTrigger,
    value: RefCell<T>,
}

impl<T> Cell<T> {
    fn set(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.changed.notify();
    }
}

/// A signal that is counted: it lives as long as somebody has it.
pub struct ArcRwSignal<T>(SendWrapper<Rc<Cell<T>>>);

impl<T> Clone for ArcRwSignal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> ArcRwSignal<T> {
    /// With its first value.
    pub fn new(value: T) -> Self {
        let changed = ArcTrigger::new();
        let value = RefCell::new(value);
        Self(SendWrapper::new(Rc::new(Cell { changed, value })))
    }

    /// Reads it, followed.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.0.changed.track();
        self.with_untracked(read)
    }

    /// Reads it.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.0.value.borrow())
    }

    /// Gives it another value.
    pub fn set(&self, value: T) {
        self.0.set(|old| *old = value);
    }
}

/// Where a value is found as long as the part of the page that made it is there.
type Slot = StoredValue<SendWrapper<Rc<dyn Any>>>;

fn slot(value: Rc<dyn Any>) -> Slot {
    StoredValue::new(SendWrapper::new(value))
}

fn find(slot: Slot) -> Option<Rc<dyn Any>> {
    slot.try_get_value().map(SendWrapper::take)
}

/// A signal that ends with the part of the page that made it. Changing it afterwards does nothing, reading it is a defect.
pub struct RwSignal<T>(Slot, PhantomData<fn() -> T>);

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T: 'static> From<ArcRwSignal<T>> for RwSignal<T> {
    fn from(counted: ArcRwSignal<T>) -> Self {
        Self(slot(counted.0.take()), PhantomData)
    }
}

impl<T: 'static> RwSignal<T> {
    /// With its first value.
    pub fn new(value: T) -> Self {
        ArcRwSignal::new(value).into()
    }

    fn cell(self) -> Option<Rc<Cell<T>>> {
        find(self.0)?.downcast().ok()
    }

    /// Follows it without reading it.
    pub fn track(self) {
        if let Some(cell) = self.cell() {
            cell.changed.track();
        }
    }

    /// Reads it, followed.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.track();
        self.with_untracked(read)
    }

    /// Reads it.
    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.try_with_untracked(read).expect("a signal is read while its page is there")
    }

    /// Reads it, if it is still there.
    pub fn try_with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.cell().map(|cell| read(&cell.value.borrow()))
    }

    /// Changes it.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        if let Some(cell) = self.cell() {
            cell.set(change);
        }
    }

    /// Gives it another value.
    pub fn set(self, value: T) {
        self.update(|old| *old = value);
    }

    /// Changes it behind everybody's back.
    pub fn change_silently<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.cell().map(|cell| change(&mut cell.value.borrow_mut()))
    }
}

impl<T: Clone + 'static> RwSignal<T> {
    /// Its value, followed.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// Its value.
    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

/// What follows from signals: found when it is asked for, again only when one of them has changed.
pub struct Memo<T> {
    version: computed::Memo<u64>,
    kept: Slot,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: PartialEq + 'static> Memo<T> {
    /// By this rule.
    pub fn new(rule: impl Fn(()) -> T + 'static) -> Self {
        let kept = Rc::new(RefCell::new(None));
        let store = kept.clone();
        let changed = move || {
            let now = rule(());
            let changed = store.borrow().as_ref() != Some(&now);
            if changed {
                *store.borrow_mut() = Some(now);
            }
            changed
        };
        Self {
            version: version(Box::new(changed)),
            kept: slot(kept),
            kind: PhantomData,
        }
    }

    fn read<R>(self, read: impl FnOnce(&T) -> R) -> R {
        let kept = find(self.kept).and_then(|kept| kept.downcast::<RefCell<Option<T>>>().ok());
        let kept = kept.expect("a memo is read while its page is there");
        let kept = kept.borrow();
        read(kept.as_ref().expect("a memo that has a version has a value"))
    }

    /// Reads it, followed.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.version.get();
        self.read(read)
    }
}

impl<T: PartialEq + Clone + 'static> Memo<T> {
    /// Its value, followed.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// Its value.
    pub fn get_untracked(self) -> T {
        self.version.get_untracked();
        self.read(T::clone)
    }
}

fn version(changed: Box<dyn Fn() -> bool>) -> computed::Memo<u64> {
    let changed = SendWrapper::new(changed);
    computed::Memo::new(move |before| before.copied().unwrap_or(0) + u64::from(changed()))
}

/// Does something now and whenever what it read has changed.
pub fn effect(act: impl FnMut() + 'static) {
    fn boxed(mut act: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| act());
    }
    boxed(Box::new(act));
}

/// A part of a view, or an attribute, that follows signals.
pub type Live<V> = Box<dyn FnMut() -> V + Send>;

/// A closure in a view or in an attribute.
pub fn live<V>(make: impl FnMut() -> V + Send + 'static) -> Live<V> {
    Box::new(make)
}

/// Words in a view that follow signals.
pub fn words<V: Into<String>>(mut make: impl FnMut() -> V + Send + 'static) -> Live<String> {
    Box::new(move || make().into())
}

/// A part of a view that is there only now and then. It is made anew when `there` becomes true, not whenever it is looked at.
pub fn when(there: impl Fn() -> bool + 'static, make: impl Fn() -> AnyView + Send + 'static) -> Live<AnyView> {
    let there = Memo::new(move |()| there());
    live(move || if there.get() { make() } else { ().into_any() })
}

/// What is done when something happens to an element.
pub fn on<E>(act: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(act)
}
