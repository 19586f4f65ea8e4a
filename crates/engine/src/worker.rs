//! The loop: one input at a time, handled by the election of the open account; and the commands that need no account.

use bridge::{Command, Event, Trouble};
use protocol::Address;
use wasm_bindgen_futures::spawn_local;

use crate::{context::WorkerContext, election::TabElection, input::Input, inputs::Inputs, page::Page};

/// Start the loop. It ends with the worker.
pub fn start() {
    let inputs = Inputs::default();
    let Some(page) = Page::listen(&inputs) else { return };
    let context = WorkerContext::new(inputs, page);
    spawn_local(
        Worker {
            context,
            election: None,
        }
        .run(),
    );
}

struct Worker {
    context: WorkerContext,
    election: Option<TabElection>,
}

impl Worker {
    async fn run(mut self) {
        self.context.page.event(&Event::Started);
        self.context.page.flush();
        loop {
            let led = self.election.as_ref().is_none_or(TabElection::is_led);
            match self.context.inputs.next(led).await {
                Input::Command(command) => self.command(command).await,
                input => {
                    if let Some(election) = &mut self.election {
                        election.input(&mut self.context, input).await;
                    }
                }
            }
            if let Some(election) = &mut self.election {
                election.flush();
                if election.is_left() {
                    self.election = None;
                }
            }
            let more = !self.context.inputs.is_empty();
            self.context.page.flush_unless(more);
        }
    }

    async fn command(&mut self, command: Command) {
        if let Command::Online(online) = command {
            self.context.online = online;
        }
        if let Command::Open { account, .. } = &command
            && self
                .election
                .as_ref()
                .is_none_or(|election| election.account() != *account)
        {
            return self.open_account(*account, command);
        }
        self.context.taken += 1;
        match &mut self.election {
            Some(election) => election.command(&mut self.context, command).await,
            // The page opens an account first; without one there is nothing to do for it.
            None => self.context.page.done(self.context.taken),
        }
    }

    /// Joins the election of this account and leaves the one of the account before. The command waits until there is a leader.
    fn open_account(&mut self, account: Address, open: Command) {
        // What was handed to another leader is kept as far as it must be; nobody waits for it here any more.
        self.election = None;
        self.context.inputs.forget_lead();
        self.context.page.done(self.context.taken);
        self.context.settle();
        if let Some(election) = TabElection::take(account, &self.context) {
            self.election = Some(election);
            self.context.inputs.put_back(open);
        } else {
            self.context.taken += 1;
            self.context.page.done(self.context.taken);
            self.context.page.event(&Event::NotOpened {
                account,
                why: Trouble::NoVault,
            });
        }
    }
}
