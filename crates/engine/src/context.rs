//! What is a worker's own, apart from the account that is open.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::WorkerGlobalScope;

use crate::{inputs::Inputs, page::Page};

/// What a worker has whichever account is open.
pub struct WorkerContext {
    pub inputs: Inputs,
    pub page: Page,
    /// The name of this build: the address of its script, which carries its hash.
    pub build: Rc<str>,
    /// How many commands of our page were taken since it last started over.
    pub taken: u32,
    /// So many of these were for accounts that are not open any more: they are not said again.
    settled: u32,
    /// What the browser said last, for a client that is opened later.
    pub online: bool,
    /// A worker of another build has taken over.
    pub outdated: bool,
}

impl WorkerContext {
    pub fn new(inputs: Inputs, page: Page) -> Self {
        Self {
            inputs,
            page,
            build: build(),
            taken: 0,
            settled: 0,
            online: true,
            outdated: false,
        }
    }

    /// The commands taken so far are not said again.
    pub fn settle(&mut self) {
        self.settled = self.taken;
    }

    /// Makes the page repeat all its commands, if an earlier leader has received some that may be lost.
    pub fn start_over(&mut self) {
        if self.taken > self.settled {
            self.taken = 0;
            self.settled = 0;
            self.inputs.start_over();
            self.page.start_over();
        }
    }
}

fn build() -> Rc<str> {
    let scope: Option<WorkerGlobalScope> = js_sys::global().dyn_into().ok();
    scope.map_or_else(String::new, |scope| scope.location().href()).into()
}
