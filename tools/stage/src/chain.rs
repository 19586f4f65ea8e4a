//! A chain in memory, with the one contract on it. It keeps to the contract's rules; what it is asked by liars it answers too.

use std::collections::{BTreeMap, BTreeSet};

use bridge::Call;
use chain::tips::{ALREADY_TIPPED, CONTRACT, TIPPED};
use protocol::{Address, Log, ObservedStatus, Receipt, TipId, Transaction, TxHash, TxReport, U256, api::Network};

pub const CHAIN: u64 = 31337;
/// Blocks until a tip counts.
pub const BLOCKS: u32 = 3;

#[derive(Clone)]
pub struct Sent {
    pub call: Call,
    pub nonce: u64,
    /// A later one of the same sender and place was taken instead.
    pub dropped: bool,
}

pub struct Chain {
    pub id: u64,
    pub head: u64,
    pub sent: BTreeMap<TxHash, Sent>,
    pub mined: BTreeMap<TxHash, Receipt>,
    /// Who takes no money, and says this.
    pub refusing: BTreeMap<Address, Vec<u8>>,
    /// Smart accounts, with the keys they listen to.
    pub wallets: BTreeMap<Address, Address>,
    /// The contract is there. Where it is not, calls of it go well, and say nothing.
    pub stands: bool,
    nonces: BTreeMap<Address, u64>,
    next: u8,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            id: CHAIN,
            head: 100,
            sent: BTreeMap::new(),
            mined: BTreeMap::new(),
            refusing: BTreeMap::new(),
            wallets: BTreeMap::new(),
            stands: true,
            nonces: BTreeMap::new(),
            next: 0,
        }
    }
}

/// The tip a call makes.
pub fn tip_of(call: &Call) -> (TipId, Address) {
    assert_eq!(call.to, CONTRACT, "only the one contract is called");
    assert_eq!(call.data.len(), 68);
    let id = TipId::from_slice(&call.data[4..36]).unwrap();
    assert_eq!(call.data, chain::tips::call(id, Address::from_slice(&call.data[48..])));
    (id, Address::from_slice(&call.data[48..]))
}

/// What the contract says of a tip.
pub fn tipped(contract: Address, id: TipId, from: Address, to: Address, amount: U256) -> Log {
    Log {
        address: contract,
        topics: vec![TIPPED, id.0, from.into_word().0, to.into_word().0],
        data: [[0; 32], amount.to_be_bytes::<32>()].concat(),
    }
}

impl Chain {
    pub const NOTHING: TxReport = TxReport {
        hash: None,
        status: ObservedStatus::Unknown,
    };

    pub fn network(&self) -> Network {
        Network {
            chain_id: self.id,
            name: "Test".into(),
            coin: "Ether".into(),
            symbol: "ETH".into(),
            rpc_url: "http://localhost".into(),
            explorer: String::new(),
            confirmations: BLOCKS,
            tips: Some(CONTRACT),
            development: true,
        }
    }

    fn fresh_hash(&mut self) -> TxHash {
        self.next += 1;
        TxHash([self.next; 32])
    }

    pub fn send(&mut self, call: &Call) -> TxHash {
        let nonce = self.nonces.entry(call.from).or_default();
        let sent = Sent {
            call: call.clone(),
            nonce: *nonce,
            dropped: false,
        };
        *nonce += 1;
        let hash = self.fresh_hash();
        self.sent.insert(hash, sent);
        hash
    }

    /// Another transaction in the place of this one: the same call, or nothing at all.
    pub fn replace(&mut self, hash: TxHash, same: bool) -> TxHash {
        let mut sent = self.sent[&hash].clone();
        self.sent.get_mut(&hash).unwrap().dropped = true;
        if !same {
            sent.call.to = sent.call.from;
            sent.call.data.clear();
            sent.call.value = U256::ZERO;
        }
        let hash = self.fresh_hash();
        self.sent.insert(hash, sent);
        hash
    }

    pub fn drop_transaction(&mut self, hash: TxHash) {
        self.sent.remove(&hash);
    }

    /// What waits goes into a block; then so many on top.
    pub fn mine(&mut self, blocks: u64) {
        for _ in 0..blocks {
            self.head += 1;
            let waiting: Vec<_> = self
                .sent
                .iter()
                .filter(|(hash, sent)| !sent.dropped && !self.mined.contains_key(hash))
                .map(|(hash, sent)| (*hash, sent.call.clone()))
                .collect();
            for (hash, call) in waiting {
                let mut logs = Vec::new();
                let succeeded = if call.data.is_empty() {
                    !self.refusing.contains_key(&call.to)
                } else {
                    let (id, to) = tip_of(&call);
                    let fresh = !self.is_used(call.from, id);
                    logs.extend(fresh.then(|| tipped(CONTRACT, id, call.from, to, call.value)));
                    fresh
                };
                let block = self.head;
                let receipt = Receipt {
                    hash,
                    succeeded,
                    block,
                    logs,
                };
                self.mined.insert(hash, receipt);
            }
        }
    }

    /// The last so many blocks never were; what was in them waits again, or is forgotten.
    pub fn reorg(&mut self, blocks: u64, forget: bool) {
        self.head -= blocks;
        let head = self.head;
        let gone: Vec<_> = self
            .mined
            .values()
            .filter(|receipt| receipt.block > head)
            .map(|receipt| receipt.hash)
            .collect();
        for hash in gone {
            self.mined.remove(&hash);
            if forget {
                self.sent.remove(&hash);
            }
        }
    }

    fn logs(&self) -> impl Iterator<Item = (&Receipt, &Log)> {
        self.mined
            .values()
            .flat_map(|receipt| receipt.logs.iter().map(move |log| (receipt, log)))
    }

    pub fn is_used(&self, from: Address, id: TipId) -> bool {
        self.find(from, id).is_some()
    }

    fn find(&self, from: Address, id: TipId) -> Option<(&Receipt, &Log)> {
        let mut logs = self.logs();
        logs.find(|(_, log)| log.address == CONTRACT && log.topics[1] == id.0 && log.topics[2] == from.into_word().0)
    }

    /// What went from one to the other in all.
    pub fn paid(&self, from: Address, to: Address) -> U256 {
        let between = |log: &&Log| log.topics[2] == from.into_word().0 && log.topics[3] == to.into_word().0;
        let logs = self.logs().map(|(_, log)| log).filter(between);
        logs.fold(U256::ZERO, |sum, log| sum + U256::from_be_slice(&log.data[32..]))
    }

    /// Every tip id anybody was asked to pay.
    pub fn ids(&self) -> BTreeSet<TipId> {
        let calls = self.sent.values().filter(|sent| !sent.call.data.is_empty());
        calls.map(|sent| tip_of(&sent.call).0).collect()
    }

    pub fn revert(&self, call: &Call) -> Option<Vec<u8>> {
        if call.data.is_empty() {
            return self.refusing.get(&call.to).cloned();
        }
        let (id, to) = tip_of(call);
        if self.is_used(call.from, id) {
            Some([&ALREADY_TIPPED[..], &id.0].concat())
        } else {
            self.refusing.get(&to).cloned()
        }
    }

    pub fn transaction(&self, hash: TxHash) -> Option<Transaction> {
        let sent = self.sent.get(&hash).filter(|sent| !sent.dropped)?;
        Some(Transaction {
            hash,
            from: sent.call.from,
            nonce: sent.nonce,
            block: self.mined.get(&hash).map(|receipt| receipt.block),
            to: Some(sent.call.to),
            value: sent.call.value,
        })
    }

    /// What an honest server says.
    pub fn report(&self, sender: Address, id: TipId, hash: Option<TxHash>) -> TxReport {
        let at = |hash, status| TxReport {
            hash: Some(hash),
            status,
        };
        if let Some((receipt, log)) = self.find(sender, id) {
            let status = ObservedStatus::Mined {
                confirmations: u32::try_from(self.head - receipt.block + 1).unwrap(),
                recipient: Address::from_slice(&log.topics[3][12..]),
                amount: U256::from_be_slice(&log.data[32..]),
            };
            return at(receipt.hash, status);
        }
        let Some(hash) = hash else { return Self::NOTHING };
        self.report_sent(hash)
    }

    /// What an honest server says of a transfer.
    pub fn report_transfer(&self, hash: TxHash) -> TxReport {
        let mined = self.mined.get(&hash).filter(|receipt| receipt.succeeded);
        let Some(receipt) = mined else {
            return self.report_sent(hash);
        };
        let call = &self.sent[&hash].call;
        TxReport {
            hash: Some(hash),
            status: ObservedStatus::Mined {
                confirmations: u32::try_from(self.head - receipt.block + 1).unwrap(),
                recipient: call.to,
                amount: call.value,
            },
        }
    }

    /// Of a transaction that did not do what it is for.
    fn report_sent(&self, hash: TxHash) -> TxReport {
        let at = |hash, status| TxReport {
            hash: Some(hash),
            status,
        };
        let Some(sent) = self.sent.get(&hash) else {
            return at(hash, ObservedStatus::Dropped);
        };
        let same_place = |other: &Sent| other.call.from == sent.call.from && other.nonce == sent.nonce;
        let other = self
            .mined
            .keys()
            .find(|other| **other != hash && same_place(&self.sent[*other]));
        match (self.mined.contains_key(&hash), other) {
            (true, _) => at(hash, ObservedStatus::Reverted),
            (false, Some(other)) => at(*other, ObservedStatus::Replaced),
            (false, None) => at(hash, ObservedStatus::Pending),
        }
    }
}
