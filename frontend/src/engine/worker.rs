use std::{cell::RefCell, rc::Rc, time::Duration};

use bridge::{Command, ConversationId, Event, Trouble};
use gloo_timers::{callback::Interval, future::sleep};
use js_sys::{Array, Function, Uint8Array};
use leptos::task::{spawn_local, tick};
use protocol::MessageId;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, Worker};

use super::{
    inbox::Inbox,
    replay::Replay,
    task::{next_task, now},
    unsent,
};
use crate::browser;

/// So many milliseconds of events are taken in before the browser has its turn; the long tasks that people feel begin at 50.
const TURN: f64 = 10.0;
/// A worker that has something to do and says nothing for so many milliseconds is taken for dead.
const SILENCE: f64 = 30_000.0;
/// How often that is looked at, in milliseconds.
const LOOK: u32 = 5_000;
/// A worker that lived so many milliseconds was well; the next death is a first one again.
const WELL: f64 = 60_000.0;
/// After so many deaths in a row the person is told.
const TELL: u32 = 3;

/// The way to the worker; clones are the same way.
#[derive(Clone)]
pub struct Engine(Rc<Inner>);

struct Inner {
    /// Where its events go.
    events: Box<dyn Fn(Event)>,
    /// Makes a worker: the page's script alone knows its address (ADR 12).
    make: Function,
    link: RefCell<Link>,
    inbox: RefCell<Inbox>,
}

#[derive(Default)]
struct Link {
    replay: Replay,
    running: Option<Running>,
    /// A worker was wished for: from then on there is to be one.
    wanted: bool,
    /// Events are being taken in.
    draining: bool,
    deaths: u32,
    watchdog: Option<Interval>,
}

struct Running {
    worker: Worker,
    /// Whether the worker has sent `Started`: messages sent earlier may be lost.
    listens: bool,
    since: f64,
    heard: f64,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _failure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Engine {
    /// No worker yet: the first command starts it. `make` gives a `Worker`; `events` gets every event, in order.
    pub fn new(make: Function, events: impl Fn(Event) + 'static) -> Self {
        let engine = Self(Rc::new(Inner {
            events: Box::new(events),
            make,
            link: RefCell::default(),
            inbox: RefCell::default(),
        }));
        engine.follow_network();
        engine
    }

    /// Give the worker a command, now or as soon as there is one.
    pub fn send(&self, command: Command) {
        let first = {
            let mut link = self.0.link.borrow_mut();
            let first = !std::mem::replace(&mut link.wanted, true);
            if first && !on_line() {
                link.replay.add(Command::Online(false));
            }
            // Its silence counts from the first thing it has to do.
            let idle = link.replay.is_idle();
            if let Some(running) = link.running.as_mut().filter(|_| idle) {
                running.heard = now();
            }
            let connects = matches!(command, Command::Connect);
            link.replay.add(command);
            if connects && let Some(account) = link.replay.account() {
                let kept = browser::session_get(&unsent::key(account)).unwrap_or_default();
                link.replay.restore(&kept);
            }
            link.keep_unsent();
            first
        };
        if first {
            self.start();
            let engine = self.clone();
            let watchdog = Interval::new(LOOK, move || engine.look());
            self.0.link.borrow_mut().watchdog = Some(watchdog);
        } else {
            self.0.link.borrow_mut().give();
        }
    }

    /// Conversation, answered message and text of a message the vault could not keep. Gives it once.
    pub fn take_back(&self, id: MessageId) -> Option<(ConversationId, Option<MessageId>, String)> {
        self.0.link.borrow_mut().replay.take_back(id)
    }

    fn start(&self) {
        let Ok(Ok(worker)) = self.0.make.call0(&JsValue::NULL).map(JsCast::dyn_into::<Worker>) else {
            self.died();
            return;
        };
        let message = {
            let engine = self.clone();
            Closure::new(move |event: MessageEvent| engine.message(&event))
        };
        let failure = {
            let engine = self.clone();
            Closure::new(move |event: web_sys::Event| {
                // The worker's console says what it was; here it is not a defect of the page.
                event.prevent_default();
                engine.died();
            })
        };
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failure.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(failure.as_ref().unchecked_ref()));
        let since = now();
        self.0.link.borrow_mut().running = Some(Running {
            worker,
            listens: false,
            since,
            heard: since,
            _message: message,
            _failure: failure,
        });
    }

    /// The worker says: how many commands it is done with, then events.
    fn message(&self, message: &MessageEvent) {
        let parts = message.data().dyn_into::<Array>().unwrap_or_default();
        let events: Option<Vec<Event>> = parts
            .iter()
            .skip(1)
            .map(|part| bridge::decode(&part.dyn_into::<Uint8Array>().ok()?.to_vec()).ok())
            .collect();
        let (Some(done), Some(events)) = (parts.get(0).as_f64(), events) else {
            // Of another build: after a deployment the shell brings the right worker's address.
            self.died();
            return;
        };
        {
            let mut link = self.0.link.borrow_mut();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the worker counts in u32"
            )]
            let done = done as u32;
            if let Some(running) = &mut link.running {
                running.heard = now();
            }
            let account = link.replay.account();
            for event in &events {
                link.event(event);
            }
            link.replay.done(done);
            if let Some(account) = account.filter(|_| events.contains(&Event::Forgotten)) {
                browser::drop_all(&unsent::key(account));
            }
            link.keep_unsent();
        }
        if events.contains(&Event::Associated) {
            spawn_local(keep_storage());
        }
        self.take_in(events);
    }

    /// Hand events to the face, in order, giving the browser its turn in between.
    fn take_in(&self, events: Vec<Event>) {
        {
            let mut inbox = self.0.inbox.borrow_mut();
            for event in events {
                inbox.push(event);
            }
        }
        if std::mem::replace(&mut self.0.link.borrow_mut().draining, true) {
            return;
        }
        let engine = self.clone();
        spawn_local(async move {
            let mut turn = now();
            loop {
                let Some(event) = engine.0.inbox.borrow_mut().pop() else {
                    break;
                };
                (engine.0.events)(event);
                // What the event changes is drawn before the time is looked at.
                tick().await;
                if now() - turn > TURN {
                    next_task().await;
                    turn = now();
                }
            }
            engine.0.link.borrow_mut().draining = false;
        });
    }

    /// Called when the worker is gone or sends garbage: terminates it, and starts another after a pause.
    fn died(&self) {
        let deaths = {
            let mut link = self.0.link.borrow_mut();
            if let Some(running) = link.running.take() {
                running.worker.set_onmessage(None);
                running.worker.set_onerror(None);
                running.worker.set_onmessageerror(None);
                running.worker.terminate();
                if now() - running.since > WELL {
                    link.deaths = 0;
                }
                // This may be called by one of its closures.
                spawn_local(async move { drop(running) });
            }
            link.replay.start_over();
            link.deaths += 1;
            link.deaths
        };
        if deaths == TELL {
            self.take_in(vec![Event::Trouble(Trouble::Internal)]);
        }
        let engine = self.clone();
        spawn_local(async move {
            sleep(back_off(deaths)).await;
            engine.start();
        });
    }

    /// Is it still there?
    fn look(&self) {
        let silent = {
            let link = self.0.link.borrow();
            let busy = !link.replay.is_idle();
            link.running.as_ref().is_some_and(|running| {
                let owes = busy || !running.listens;
                owes && now() - running.heard > SILENCE
            })
        };
        if silent {
            self.died();
        }
    }

    /// The worker cannot always hear whether there is a network; the page can.
    fn follow_network(&self) {
        let Some(window) = web_sys::window() else { return };
        let engine = self.clone();
        let follow = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let wanted = engine.0.link.borrow().wanted;
            if wanted {
                engine.send(Command::Online(event.type_() == "online"));
            }
        });
        for name in ["online", "offline"] {
            let _ = window.add_event_listener_with_callback(name, follow.as_ref().unchecked_ref());
        }
        // As long as the page.
        follow.forget();
    }
}

impl Link {
    /// Stores unsent texts for the next page: a reload ends the worker, perhaps before it has stored what it was just given.
    fn keep_unsent(&mut self) {
        if let Some((account, lines)) = self.replay.unsent() {
            browser::session_set(&unsent::key(account), &lines);
        }
    }

    fn event(&mut self, event: &Event) {
        self.replay.event(event);
        let Some(running) = &mut self.running else { return };
        if let Event::Started = event {
            if std::mem::replace(&mut running.listens, true) {
                // Another tab has come to lead, or this one: nothing of what was said is known there.
                self.replay.start_over();
            }
            // What comes behind this is said to a worker that knows nothing.
            let _ = running.worker.post_message(&JsValue::NULL);
            self.give();
        }
    }

    /// Give the worker what it has not been given.
    fn give(&mut self) {
        let Some(running) = self.running.as_ref().filter(|running| running.listens) else {
            return;
        };
        while let Some(command) = self.replay.give() {
            if let Ok(bytes) = bridge::encode(command) {
                let bytes = Uint8Array::from(bytes.as_slice());
                // Fails only for what cannot be copied, which bytes can.
                let _ = running
                    .worker
                    .post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
            }
        }
    }
}

/// Quarter of a second, doubled with every death, up to half a minute; a little random, so that many tabs spread.
fn back_off(deaths: u32) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 75 and 125"
    )]
    let percent = (75.0 + js_sys::Math::random() * 50.0) as u64;
    Duration::from_millis((250 << deaths.saturating_sub(1).min(7)) * percent / 100)
}

fn on_line() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Ask the browser not to clear the vault when space runs short. It may say no; nothing depends on it.
async fn keep_storage() {
    let promise = web_sys::window().and_then(|window| {
        let storage: JsValue = window.navigator().storage().into();
        // Absent without HTTPS.
        storage
            .is_object()
            .then(|| window.navigator().storage().persist().ok())
            .flatten()
    });
    if let Some(promise) = promise {
        let _ = JsFuture::from(promise).await;
    }
}
