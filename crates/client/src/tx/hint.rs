//! What the server observes, and which networks there are.

use bridge::{TxState, Witness};
use protocol::{Address, Ask, MessageId, ObservedStatus, TipId, TipMismatch, TxHash, TxReport, api::Network, limits};

use super::{Transition, put_among, reorg::FRESH, runtime::Hint};
use crate::{
    Client, Environment, Vault, VaultError,
    records::{Purpose, Tx},
    step::Step,
};

/// A transaction that was put away is asked for so long, in milliseconds: seven days.
const REMEMBERED: i64 = 7 * 24 * 60 * 60 * 1000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Networks`.
    pub(crate) async fn networks(&mut self, networks: Vec<Network>) -> Result<(), VaultError> {
        self.tx.networks = networks;
        let mut step = Step::default();
        for (id, tx) in self.state.txs.iter().filter(|(_, tx)| !tx.settled && !tx.gone) {
            let unknown = TxState::Mismatch(TipMismatch::Network);
            let known = self.tx.network(tx.chain_id).is_some();
            let (state, witness) = match (known, tx.state == unknown) {
                (false, false) if tx.hash.is_some() => (unknown, Witness::Device),
                (true, true) => (TxState::Submitted, Witness::Claim),
                _ => continue,
            };
            step.put_tx(*id, Tx { state, witness, ..*tx });
        }
        self.finish(step).await
    }

    /// Asks the server what it observes of this transaction, now and later.
    pub(crate) fn ask_server(&mut self, tx: &Tx) {
        // A server of level 0 would end the socket over a question that it does not know.
        let known = |ask: &Ask| self.link.skips_unknown || !matches!(ask, Ask::Transaction { .. });
        if let Some(ask) = tx.ask(self.account).filter(known) {
            self.ask(ask);
        }
    }

    /// Asks the server about every transaction that is not final, and about those that became final lately.
    pub(crate) fn watch_txs(&mut self) {
        let now = self.environment.now();
        let (mut newest, mut fresh) = (Vec::new(), Vec::new());
        for (id, tx) in self.state.txs.iter() {
            let age = now.0 - tx.at.0;
            if tx.state == TxState::Draft || !self.may_read_tx(tx) {
                continue;
            }
            if tx.settled {
                if age < FRESH && !tx.is_hopeless(*id) {
                    put_among(&mut fresh, limits::TIPS_WATCHED, tx.at.0, *id);
                }
            } else if !tx.gone || age < REMEMBERED {
                put_among(&mut newest, limits::TIPS_WATCHED, tx.at.0, *id);
            }
        }
        for (_, id) in newest.into_iter().chain(fresh).take(limits::TIPS_WATCHED) {
            let tx = self.state.txs[&id];
            self.ask_server(&tx);
        }
    }

    /// The server's report of a tip.
    pub(crate) async fn tip_observed(
        &mut self,
        chain_id: u64,
        sender: Address,
        tip_id: TipId,
        report: TxReport,
    ) -> Result<(), VaultError> {
        let id = tip_id.message();
        let ours = |tx: &Tx| {
            let same = tx.tip().is_some_and(|tip| tip.id == tip_id);
            same && tx.chain_id == chain_id && tx.parties(self.account).0 == sender
        };
        if !self.state.txs.get(&id).is_some_and(ours) {
            return Ok(());
        }
        self.observed(id, report).await
    }

    /// The server's report of a transaction that was asked for by this hash.
    pub(crate) async fn transaction_observed(
        &mut self,
        chain_id: u64,
        hash: TxHash,
        report: TxReport,
    ) -> Result<(), VaultError> {
        let transfer = |tx: &Tx| matches!(tx.purpose, Purpose::Transfer { .. });
        let mut all = self.state.txs.iter();
        let asked = all.find(|(_, tx)| transfer(tx) && tx.chain_id == chain_id && tx.hash == Some(hash));
        match asked.map(|(id, _)| *id) {
            Some(id) => self.observed(id, report).await,
            None => Ok(()),
        }
    }

    async fn observed(&mut self, id: MessageId, report: TxReport) -> Result<(), VaultError> {
        let transition = self.hint(id, report);
        self.carry_out(id, transition).await
    }

    /// What follows from it. It makes this device look; what it has read itself stands.
    fn hint(&mut self, id: MessageId, report: TxReport) -> Transition {
        let Some(tx) = self.state.txs.get(&id).copied() else {
            return Transition::Nothing;
        };
        if tx.is_hopeless(id) || report.status == ObservedStatus::Unknown {
            return Transition::Nothing;
        }
        let (_, paid) = tx.parties(self.account);
        let of = self
            .tx
            .network(tx.chain_id)
            .map_or(1, |network| network.confirmations.max(1));
        if tx.settled && !tx.is_doubted_by(self.account, report, of) {
            return Transition::Nothing;
        }
        // What was put away is read only if it is named, then under its own hash too.
        let other = report.hash.filter(|hash| tx.gone || tx.hash != Some(*hash));
        let now = self.environment.now();
        let look = self.tx.looks.get_or_default(id);
        if let (Some(hash), ObservedStatus::Mined { .. } | ObservedStatus::Replaced) = (other, report.status) {
            let status = report.status;
            look.hint = Some(Hint {
                hash,
                status,
                deep: false,
            });
        }
        if tx.settled {
            look.doubt(now);
            return Transition::Keep(Tx { settled: false, ..tx });
        }
        look.soon(now);
        if tx.witness == Witness::Device || tx.hash.is_none() || tx.gone {
            return Transition::Nothing;
        }
        let state = match report.status {
            ObservedStatus::Mined { recipient, .. } if recipient != paid => TxState::Mismatch(TipMismatch::Recipient),
            ObservedStatus::Mined { amount, .. } if amount != tx.amount => TxState::Mismatch(TipMismatch::Amount),
            ObservedStatus::Mined { confirmations, .. } if confirmations >= of => TxState::Confirmed,
            ObservedStatus::Mined { confirmations, .. } => TxState::Confirming {
                done: confirmations,
                of,
            },
            ObservedStatus::Reverted => TxState::Reverted,
            ObservedStatus::Replaced => TxState::Replaced,
            ObservedStatus::Dropped => TxState::Dropped,
            ObservedStatus::Pending | ObservedStatus::Unknown => TxState::Submitted,
        };
        let witness = Witness::Server;
        Transition::Keep(Tx { state, witness, ..tx })
    }
}
