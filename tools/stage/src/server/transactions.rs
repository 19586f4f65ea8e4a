//! What the server reports of transactions: those that were asked about, whenever they have changed.

use protocol::{Address, InstallationId, ServerFrame, TipId, TxHash, TxReport};

use super::Server;
use crate::chain::Chain;

/// A transfer that somebody has asked for.
pub struct WatchedTransfer {
    pub who: InstallationId,
    pub chain_id: u64,
    pub hash: TxHash,
    pub told: TxReport,
}

/// A tip that somebody has asked for.
pub struct Watched {
    pub who: InstallationId,
    pub chain_id: u64,
    pub sender: Address,
    pub id: TipId,
    pub hash: Option<TxHash>,
    pub told: TxReport,
}

impl Server {
    pub(super) fn report(&self, chain_id: u64, sender: Address, id: TipId, hash: Option<TxHash>) -> TxReport {
        let chain = self.chain.as_ref().map(|chain| chain.borrow());
        let chain = chain.filter(|chain| chain.id == chain_id && !self.blind);
        chain.map_or(Chain::NOTHING, |chain| chain.report(sender, id, hash))
    }

    pub(super) fn report_transfer(&self, chain_id: u64, hash: TxHash) -> TxReport {
        let chain = self.chain.as_ref().map(|chain| chain.borrow());
        let chain = chain.filter(|chain| chain.id == chain_id && !self.blind);
        chain.map_or(Chain::NOTHING, |chain| chain.report_transfer(hash))
    }

    fn tell_of_transfers(&mut self) {
        for place in 0..self.transfers.len() {
            let known = &self.transfers[place];
            let (who, chain_id, hash) = (known.who, known.chain_id, known.hash);
            let report = self.report_transfer(chain_id, hash);
            if report != known.told {
                self.transfers[place].told = report;
                let frame = ServerFrame::Transaction { chain_id, hash, report };
                self.say_to(who, &frame);
            }
        }
    }

    /// Notifies the sockets that asked of what has changed.
    pub fn tell_of_tips(&mut self) {
        self.tell_of_transfers();
        for place in 0..self.watched.len() {
            let tip = &self.watched[place];
            let now = self.report(tip.chain_id, tip.sender, tip.id, tip.hash);
            if now == tip.told {
                continue;
            }
            let frame = ServerFrame::Tip {
                chain_id: tip.chain_id,
                sender: tip.sender,
                id: tip.id,
                report: now,
            };
            let who = tip.who;
            self.watched[place].told = now;
            self.say_to(who, &frame);
        }
    }
}
