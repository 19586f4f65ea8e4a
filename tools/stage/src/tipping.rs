//! Paying, in a world.

use std::{cell::RefCell, rc::Rc};

use bridge::{Command, Event, MessageView, TipMismatch, TipRefusal, TipView, TransferView, TxState, Witness};
use client::{Batch, Space, Vault};
use futures::executor::block_on;
use protocol::{Address, MessageId, ObservedStatus, ServerFrame, TipId, TxHash, TxReport, U256};

use crate::{
    World,
    chain::{CHAIN, Chain},
    page::{Hand, Page},
    wallet::Wallet,
    world::Name,
};

pub const AMOUNT: u64 = 10_000_000_000_000_000;

/// The server's word that Bob got what [`World::tip`] pays.
pub fn mined(confirmations: u32) -> ObservedStatus {
    ObservedStatus::Mined {
        confirmations,
        recipient: Wallet::of("bob").address(),
        amount: U256::from(AMOUNT),
    }
}

impl World {
    /// A world in which these are signed in, know each other, and have wallets on one chain.
    pub fn with_chain(seed: u64, names: &[Name]) -> (Self, Rc<RefCell<Chain>>) {
        let mut world = Self::with(seed, names);
        let chain = Rc::new(RefCell::new(Chain::default()));
        world.server.borrow_mut().chain = Some(chain.clone());
        for name in names {
            world.give_wallet(name);
        }
        (world, chain)
    }

    /// And the first two have talked.
    pub fn friends(seed: u64, names: &[Name]) -> (Self, Rc<RefCell<Chain>>) {
        let (mut world, chain) = Self::with_chain(seed, names);
        world.send(names[0], names[1], "hello");
        world.accept(names[1], names[0]);
        (world, chain)
    }

    pub fn give_wallet(&mut self, name: Name) {
        let chain = self.server.borrow().chain.clone().unwrap();
        let page = Page {
            account: self.address(name),
            chain_id: CHAIN,
            hand: Hand::Approve,
            balance: U256::from(AMOUNT) * U256::from(100),
            chain,
            twist: None,
            asked: Vec::new(),
            prompts: Vec::new(),
        };
        self.people.get_mut(name).unwrap().page = Some(page);
        self.plug(name);
        self.run();
    }

    /// What a page says when its vault is open. A page that was loaded anew has forgotten its prompts.
    pub fn plug(&mut self, name: Name) {
        let reloads = self.reloads;
        let person = self.people.get_mut(name).unwrap();
        let Some(page) = &mut person.page else { return };
        if reloads {
            person.answers.clear();
            page.prompts.clear();
        }
        let networks = vec![page.chain.borrow().network()];
        let at = Command::WalletAt {
            account: Some(page.account),
            chain_id: Some(page.chain_id),
        };
        self.tell(name, Command::Networks(networks));
        self.tell(name, at);
    }

    pub fn page(&mut self, name: Name) -> &mut Page {
        self.people.get_mut(name).unwrap().page.as_mut().unwrap()
    }

    pub fn hand(&mut self, name: Name, hand: Hand) {
        self.page(name).hand = hand;
    }

    /// The wallet changes its chain.
    pub fn switch(&mut self, name: Name, chain_id: u64) {
        self.page(name).chain_id = chain_id;
        let account = Some(self.page(name).account);
        let chain_id = Some(chain_id);
        self.command(name, Command::WalletAt { account, chain_id });
    }

    pub fn tip_of(&mut self, from: Name, to: Name, amount: u64) -> MessageId {
        let id = self.fresh_id();
        let tip = Command::Tip {
            peer: self.address(to),
            id,
            chain_id: CHAIN,
            amount: U256::from(amount),
        };
        self.command(from, tip);
        id
    }

    pub fn tip(&mut self, from: Name, to: Name) -> MessageId {
        self.tip_of(from, to, AMOUNT)
    }

    /// A transfer without a message.
    pub fn transfer(&mut self, from: Name, to: Address) -> MessageId {
        let id = self.fresh_id();
        let transfer = Command::Transfer {
            id,
            chain_id: CHAIN,
            to,
            amount: U256::from(AMOUNT),
        };
        self.command(from, transfer);
        id
    }

    /// What the page was told last of a transfer; `None`: nothing, or that it was put away.
    pub fn transfer_view(&self, who: Name, id: MessageId) -> Option<TransferView> {
        let events = self.people[who].events.iter().rev();
        let told = events.filter_map(|event| match event {
            Event::Transfer { id: of, view } if *of == id => Some(*view),
            _ => None,
        });
        told.into_iter().next().flatten()
    }

    pub fn transfer_state(&self, who: Name, id: MessageId) -> Option<(TxState, Witness)> {
        self.transfer_view(who, id).map(|view| (view.state, view.witness))
    }

    /// The server says this of a transfer, whatever the chain has.
    pub fn observed(&mut self, who: Name, hash: TxHash, status: ObservedStatus) {
        self.observed_as(who, hash, hash, status);
    }

    /// And under another hash.
    pub fn observed_as(&mut self, who: Name, hash: TxHash, other: TxHash, status: ObservedStatus) {
        let frame = ServerFrame::Transaction {
            chain_id: CHAIN,
            hash,
            report: TxReport {
                hash: Some(other),
                status,
            },
        };
        let installation = self.installation(who);
        self.server.borrow_mut().say_to(installation, &frame);
        self.run();
    }

    /// Why transfers were refused, and whether they may have been sent all the same.
    pub fn transfer_refusals(&self, who: Name) -> Vec<(TipRefusal, bool)> {
        let events = self.people[who].events.iter();
        events
            .filter_map(|event| match event {
                Event::TransferRefused { why, waits, .. } => Some((why.clone(), *waits)),
                _ => None,
            })
            .collect()
    }

    /// Blocks come, one a second.
    pub fn mine(&mut self, blocks: u64) {
        let chain = self.server.borrow().chain.clone().unwrap();
        for _ in 0..blocks {
            chain.borrow_mut().mine(1);
            self.server.borrow_mut().tell_of_tips();
            self.pass(1_000);
        }
    }

    pub fn message(&mut self, who: Name, with: Name, id: MessageId) -> Option<MessageView> {
        self.thread(who, with).into_iter().find(|message| message.id == id)
    }

    pub fn tip_view(&mut self, who: Name, with: Name, id: MessageId) -> Option<TipView> {
        self.message(who, with, id)?.tip()
    }

    pub fn tip_state(&mut self, who: Name, with: Name, id: MessageId) -> Option<(TxState, Witness)> {
        self.tip_view(who, with, id).map(|tip| (tip.state, tip.witness))
    }

    pub fn hash(&mut self, who: Name, with: Name, id: MessageId) -> TxHash {
        self.tip_view(who, with, id).unwrap().hash.unwrap()
    }

    pub fn refusals(&self, who: Name) -> Vec<TipRefusal> {
        let events = self.people[who].events.iter();
        events
            .filter_map(|event| match event {
                Event::TipRefused { why, .. } => Some(why.clone()),
                _ => None,
            })
            .collect()
    }

    /// What somebody's vault has of a tip.
    pub fn record(&self, who: Name, id: MessageId) -> Vec<u8> {
        block_on(self.people[who].vault.get(Space::Tip, &id.0))
            .unwrap()
            .unwrap()
    }

    /// Somebody changes it behind their client's back, which reads it when it is opened again.
    pub fn cheat(&self, who: Name, id: MessageId, change: impl Fn(&mut Vec<u8>)) {
        let mut record = self.record(who, id);
        change(&mut record);
        let mut batch = Batch::default();
        batch.put(Space::Tip, id.0, record);
        block_on(self.people[who].vault.commit(batch)).unwrap();
    }

    /// The one id there is on the chain.
    pub fn the_id(&self) -> TipId {
        let chain = self.server.borrow().chain.clone().unwrap();
        let ids = chain.borrow().ids();
        assert_eq!(ids.len(), 1, "one wish is one id");
        ids.into_iter().next().unwrap()
    }
}

pub const CONFIRMED: Option<(TxState, Witness)> = Some((TxState::Confirmed, Witness::Device));
/// The server has seen it too.
pub const SUBMITTED: Option<(TxState, Witness)> = Some((TxState::Submitted, Witness::Server));
pub const WAITING: Option<(TxState, Witness)> = Some((TxState::Waiting, Witness::Claim));

pub fn mismatch(kind: TipMismatch) -> Option<(TxState, Witness)> {
    Some((TxState::Mismatch(kind), Witness::Device))
}
