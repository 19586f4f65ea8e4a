//! How far somebody has come. Written by [`crate::state::flow`] alone.

use protocol::Address;

use crate::{
    signal::{Memo, RwSignal},
    state::{Opened, Stage},
};

/// The stage and what it says. Everybody may read them, by the memos in [`State`].
#[derive(Clone, Copy)]
pub struct Flow {
    pub(in crate::state) stage: RwSignal<Stage>,
    pub(in crate::state) problem: RwSignal<Option<String>>,
    /// Goes up with every change of the stage: what was asked for in another stage is not heard any more.
    pub(in crate::state) turn: RwSignal<u32>,
}

impl Flow {
    /// The beginning. Needs a reactive owner.
    pub fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::Loading),
            problem: RwSignal::new(None),
            turn: RwSignal::new(0),
        }
    }

    /// How far we have come.
    pub fn stage(self) -> Memo<Stage> {
        Memo::new(move |()| self.stage.get())
    }

    /// The account whose vault is open or being opened.
    pub fn account(self) -> Memo<Option<Address>> {
        Memo::new(move |()| self.stage.with(Stage::account))
    }

    /// The open vault.
    pub fn opened(self) -> Memo<Option<Opened>> {
        Memo::new(move |()| self.stage.with(|stage| stage.opened().cloned()))
    }

    /// Why the last step towards signing in did not work, in words.
    pub fn problem(self) -> Memo<Option<String>> {
        Memo::new(move |()| self.problem.get())
    }
}
