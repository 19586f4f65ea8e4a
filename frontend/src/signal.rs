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

/// What stands behind every signal.
struct Entry {
    changed: ArcTrigger,
    /// None while it is being changed.
    value: RefCell<Option<Rc<dyn Any>>>,
}

/// A handle of an entry, valid until its reactive owner is disposed.
type Slot = StoredValue<SendWrapper<Rc<Entry>>>;

// What is compiled once, whatever the value is.

#[inline(never)]
fn entry(value: Rc<dyn Any>) -> SendWrapper<Rc<Entry>> {
    let changed = ArcTrigger::new();
    let value = RefCell::new(Some(value));
    SendWrapper::new(Rc::new(Entry { changed, value }))
}

#[inline(never)]
fn slot(value: Rc<dyn Any>) -> Slot {
    StoredValue::new(entry(value))
}

#[inline(never)]
fn find(slot: Slot) -> Option<Rc<Entry>> {
    slot.try_get_value().map(SendWrapper::take)
}

#[inline(never)]
fn hold(slot: Slot) -> Rc<Entry> {
    find(slot).expect("a signal is read while its page is there")
}

#[inline(never)]
fn value(entry: &Entry) -> Rc<dyn Any> {
    entry
        .value
        .borrow()
        .clone()
        .expect("a signal is not read while it is changed")
}

#[inline(never)]
fn followed(slot: Slot) -> Rc<dyn Any> {
    let entry = hold(slot);
    entry.changed.track();
    value(&entry)
}

#[inline(never)]
fn unfollowed(slot: Slot) -> Rc<dyn Any> {
    value(&hold(slot))
}

#[inline(never)]
fn put(entry: &Entry, new: Rc<dyn Any>, tell: bool) {
    let old = entry.value.borrow_mut().replace(new);
    if tell {
        entry.changed.notify();
    }
    drop(old);
}

#[inline(never)]
fn put_in(slot: Slot, new: Rc<dyn Any>, tell: bool) {
    if let Some(entry) = find(slot) {
        put(&entry, new, tell);
    }
}

/// Takes the value out, to be changed and put back.
#[inline(never)]
fn take(slot: Slot) -> Option<Rc<dyn Any>> {
    let value = find(slot)?.value.borrow_mut().take();
    Some(value.expect("a signal is not changed while it is changed"))
}

#[cold]
#[inline(never)]
fn wrong() -> ! {
    panic!("an entry keeps its type, and is not changed while it is read");
}

fn cast<T: 'static>(value: &dyn Any) -> &T {
    value.downcast_ref().unwrap_or_else(|| wrong())
}

fn cast_mut<T: 'static>(value: &mut Rc<dyn Any>) -> &mut T {
    Rc::get_mut(value)
        .and_then(|value| value.downcast_mut())
        .unwrap_or_else(|| wrong())
}

/// A reference-counted signal: it lives as long as a clone of it.
pub struct ArcRwSignal<T>(SendWrapper<Rc<Entry>>, PhantomData<fn() -> T>);

impl<T> Clone for ArcRwSignal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T: 'static> ArcRwSignal<T> {
    /// With its first value.
    pub fn new(value: T) -> Self {
        Self(entry(Rc::new(value)), PhantomData)
    }

    /// Reads the value and subscribes to it.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.0.changed.track();
        self.with_untracked(read)
    }

    /// Reads the value without subscribing to it.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(cast(&*value(&self.0)))
    }

    /// Gives it another value.
    pub fn set(&self, value: T) {
        put(&self.0, Rc::new(value), true);
    }
}

/// A signal that is disposed with its reactive owner. Changing it afterwards does nothing, reading it panics.
pub struct RwSignal<T>(Slot, PhantomData<fn() -> T>);

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T> From<ArcRwSignal<T>> for RwSignal<T> {
    fn from(counted: ArcRwSignal<T>) -> Self {
        Self(StoredValue::new(counted.0), PhantomData)
    }
}

impl<T: 'static> RwSignal<T> {
    /// With its first value.
    pub fn new(value: T) -> Self {
        Self(slot(Rc::new(value)), PhantomData)
    }

    /// Follows it without reading it.
    pub fn track(self) {
        followed(self.0);
    }

    /// Reads the value and subscribes to it.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(cast(&*followed(self.0)))
    }

    /// Reads the value without subscribing to it.
    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(cast(&*unfollowed(self.0)))
    }

    /// Reads it, if it is still there.
    pub fn try_with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> Option<R> {
        find(self.0).map(|entry| read(cast(&*value(&entry))))
    }

    /// Changes the value in place and notifies subscribers.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        if let Some(mut value) = take(self.0) {
            change(cast_mut(&mut value));
            put_in(self.0, value, true);
        }
    }

    /// Gives it another value.
    pub fn set(self, value: T) {
        put_in(self.0, Rc::new(value), true);
    }

    /// Changes the value in place without notifying subscribers; `None` if the signal is disposed.
    pub fn change_silently<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        take(self.0).map(|mut value| {
            let result = change(cast_mut(&mut value));
            put_in(self.0, value, false);
            result
        })
    }
}

impl<T: Clone + 'static> RwSignal<T> {
    /// A copy of the value; subscribes to it.
    pub fn get(self) -> T {
        cast::<T>(&*followed(self.0)).clone()
    }

    /// A copy of the value, without subscribing to it.
    pub fn get_untracked(self) -> T {
        cast::<T>(&*unfollowed(self.0)).clone()
    }
}

/// The reading half of a signal. Only the store that made the signal can write it.
pub struct ReadSignal<T>(RwSignal<T>);

impl<T> Clone for ReadSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ReadSignal<T> {}

impl<T> From<RwSignal<T>> for ReadSignal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self(signal)
    }
}

impl<T: 'static> ReadSignal<T> {
    /// Follows it without reading it.
    pub fn track(self) {
        self.0.track();
    }

    /// Reads the value and subscribes to it.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.0.with(read)
    }

    /// Reads the value without subscribing to it.
    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.0.with_untracked(read)
    }
}

impl<T: Clone + 'static> ReadSignal<T> {
    /// A copy of the value; subscribes to it.
    pub fn get(self) -> T {
        self.0.get()
    }

    /// A copy of the value, without subscribing to it.
    pub fn get_untracked(self) -> T {
        self.0.get_untracked()
    }
}

/// A value derived from signals: computed when it is read, and again only after one of them has changed.
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

/// The value of a memo that has not been asked for.
struct Unknown;

#[inline(never)]
fn memo(changed: Box<dyn Fn(&Entry) -> bool>) -> (computed::Memo<u64>, Slot) {
    let entry = entry(Rc::new(Unknown));
    let kept = Rc::clone(&entry);
    (version(Box::new(move || changed(&kept))), StoredValue::new(entry))
}

impl<T: PartialEq + 'static> Memo<T> {
    /// Makes a memo that `rule` computes.
    pub fn new(rule: impl Fn(()) -> T + 'static) -> Self {
        let (version, kept) = memo(Box::new(move |kept| keep(kept, rule(()))));
        let kind = PhantomData;
        Self { version, kept, kind }
    }

    /// Reads the value and subscribes to it.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(cast(&*fresh(self.version, self.kept)))
    }
}

fn keep<T: PartialEq + 'static>(kept: &Entry, now: T) -> bool {
    let same = value(kept).downcast_ref() == Some(&now);
    if !same {
        put(kept, Rc::new(now), false);
    }
    !same
}

#[inline(never)]
fn fresh(version: computed::Memo<u64>, kept: Slot) -> Rc<dyn Any> {
    version.get();
    unfollowed(kept)
}

impl<T: PartialEq + Clone + 'static> Memo<T> {
    /// A copy of the value; subscribes to it.
    pub fn get(self) -> T {
        cast::<T>(&*fresh(self.version, self.kept)).clone()
    }

    /// A copy of the value, without subscribing to it.
    pub fn get_untracked(self) -> T {
        self.version.get_untracked();
        cast::<T>(&*unfollowed(self.kept)).clone()
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

/// A part of a view that exists while `there` is true. It is made anew only when `there` becomes true.
pub fn when(there: impl Fn() -> bool + 'static, make: impl Fn() -> AnyView + Send + 'static) -> Live<AnyView> {
    let there = Memo::new(move |()| there());
    live(move || if there.get() { make() } else { ().into_any() })
}

/// What is done when something happens to an element.
pub fn on<E>(act: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(act)
}
