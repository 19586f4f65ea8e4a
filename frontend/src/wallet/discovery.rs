//! Which wallets there are (EIP-6963), and the one behind `window.ethereum` if none announces itself.

use std::{cell::RefCell, rc::Rc};

use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CustomEvent, Event, Window};

use super::provider::{Provider, get};
use crate::signal::RwSignal;

/// The id of the wallet behind `window.ethereum`.
const INJECTED: &str = "injected";
/// More wallets than this are not listed, longer names not shown whole: a page of another extension may announce anything.
const WALLETS: usize = 20;
const NAME: usize = 40;
const ICON: usize = 64 * 1024;

/// A wallet that announced itself (EIP-6963), or the one behind `window.ethereum`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletInfo {
    /// Its reverse domain name, or another stable id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Its picture, a `data:` URL; empty for none.
    pub icon: String,
}

/// The wallets found so far; clones are the same.
#[derive(Clone)]
pub struct Discovery {
    found: Rc<RefCell<Vec<Found>>>,
    list: RwSignal<Vec<WalletInfo>>,
}

struct Found {
    uuid: String,
    info: WalletInfo,
    provider: Provider,
}

impl Discovery {
    /// Listen, then ask everybody to announce themselves.
    pub fn start() -> Self {
        let discovery = Self {
            found: Rc::default(),
            list: RwSignal::new(Vec::new()),
        };
        if let Some(window) = web_sys::window() {
            let listener = {
                let discovery = discovery.clone();
                Closure::<dyn FnMut(CustomEvent)>::new(move |event: CustomEvent| discovery.announced(&event.detail()))
            };
            listen(&window, "eip6963:announceProvider", listener.as_ref());
            // As long as the page: wallets may come at any time.
            listener.forget();
            if let Ok(event) = Event::new("eip6963:requestProvider") {
                let _ = window.dispatch_event(&event);
            }
            // Some put `window.ethereum` there late and say so.
            let late = {
                let discovery = discovery.clone();
                Closure::<dyn FnMut(Event)>::new(move |_: Event| discovery.publish())
            };
            listen(&window, "ethereum#initialized", late.as_ref());
            late.forget();
        }
        discovery.publish();
        discovery
    }

    /// The list, for the face.
    pub fn list(&self) -> RwSignal<Vec<WalletInfo>> {
        self.list
    }

    /// The provider of the wallet with this id.
    pub fn provider(&self, id: &str) -> Option<Provider> {
        let found = self
            .found
            .borrow()
            .iter()
            .find(|found| found.info.id == id)
            .map(|found| found.provider.clone());
        found.or_else(|| if id == INJECTED { injected() } else { None })
    }

    fn announced(&self, detail: &JsValue) {
        {
            let mut found = self.found.borrow_mut();
            let Some(new) = Found::from_detail(detail, &found) else {
                return;
            };
            match found.iter().position(|known| known.uuid == new.uuid) {
                // Announced again, perhaps with another object after an update of the extension.
                Some(known) => found[known].provider = new.provider,
                None if found.len() < WALLETS => found.push(new),
                None => return,
            }
        }
        self.publish();
    }

    fn publish(&self) {
        let mut list: Vec<WalletInfo> = self.found.borrow().iter().map(|found| found.info.clone()).collect();
        if list.is_empty() && injected().is_some() {
            let name = "Browser wallet".to_owned();
            list.push(WalletInfo {
                id: INJECTED.to_owned(),
                name,
                icon: String::new(),
            });
        }
        self.list.set(list);
    }
}

impl Found {
    fn from_detail(detail: &JsValue, others: &[Self]) -> Option<Self> {
        let info = get(detail, "info")?;
        let provider = Provider::from_value(get(detail, "provider")?)?;
        let uuid = text(&info, "uuid")?;
        let name: String = text(&info, "name")?
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME)
            .collect();
        // The name in reverse is the same next time; the uuid is not. Two wallets of one name: the later by its uuid.
        let id = text(&info, "rdns")
            .filter(|rdns| !rdns.is_empty() && rdns.len() < 256)
            .filter(|rdns| !others.iter().any(|other| other.info.id == *rdns && other.uuid != uuid))
            .unwrap_or_else(|| uuid.clone());
        // Nothing is fetched for a wallet's picture, from nowhere.
        let is_picture = |icon: &String| icon.starts_with("data:image/") && icon.len() <= ICON;
        let icon = text(&info, "icon").filter(is_picture).unwrap_or_default();
        Some(Self {
            uuid,
            info: WalletInfo { id, name, icon },
            provider,
        })
    }
}

fn injected() -> Option<Provider> {
    Provider::from_value(get(&web_sys::window()?.into(), "ethereum")?)
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name)?.dyn_into::<JsString>().ok().map(String::from)
}

fn listen(window: &Window, event: &str, listener: &JsValue) {
    // Fails for nothing that is a function.
    let _ = window.add_event_listener_with_callback(event, listener.unchecked_ref());
}
