//! The page's wallet: on one chain, at one account, in the hands of somebody who approves, refuses, or thinks about it.

use std::{cell::RefCell, rc::Rc};

use bridge::{Call, WalletAnswer, WalletRefusal, WalletRequest};
use protocol::{Address, TipId, U256};

use crate::chain::{Chain, tip_of};

pub type Answer = Result<WalletAnswer, WalletRefusal>;
/// Changes what the wallet's node says; `None`: it says nothing.
pub type Twist = Box<dyn FnMut(&WalletRequest, Answer) -> Option<Answer>>;

/// What the person does with a prompt.
#[derive(Clone, PartialEq)]
pub enum Hand {
    Approve,
    Refuse(WalletRefusal),
    /// It stays open.
    Think,
    /// Approves, and the answer never comes.
    ApproveAndLose,
}

pub struct Page {
    pub account: Address,
    pub chain_id: u64,
    pub hand: Hand,
    pub balance: U256,
    pub chain: Rc<RefCell<Chain>>,
    pub twist: Option<Twist>,
    /// Everything it was asked.
    pub asked: Vec<WalletRequest>,
    /// Prompts that are open.
    pub prompts: Vec<(u32, Call)>,
}

impl Page {
    pub fn put(&mut self, number: u32, request: &WalletRequest) -> Option<Answer> {
        self.asked.push(request.clone());
        let honest = self.answer(number, request)?;
        match &mut self.twist {
            Some(twist) => twist(request, honest),
            None => Some(honest),
        }
    }

    fn answer(&mut self, number: u32, request: &WalletRequest) -> Option<Answer> {
        let (WalletRequest::Try(Call { chain_id, .. })
        | WalletRequest::Send(Call { chain_id, .. })
        | WalletRequest::Receipt { chain_id, .. }
        | WalletRequest::Transaction { chain_id, .. }
        | WalletRequest::Call { chain_id, .. }) = request;
        if *chain_id != self.chain_id {
            return Some(Err(WalletRefusal::WrongChain));
        }
        let mut chain = self.chain.borrow_mut();
        Some(Ok(match request {
            WalletRequest::Try(call) | WalletRequest::Send(call) if call.from != self.account => {
                return Some(Err(WalletRefusal::WrongAccount));
            }
            WalletRequest::Try(call) => match chain.revert(call) {
                Some(reason) if chain.stands => WalletAnswer::Reverts(reason),
                _ => WalletAnswer::Tried {
                    gas: 60_000,
                    gas_price: U256::from(2),
                    balance: self.balance,
                },
            },
            WalletRequest::Send(call) => match &self.hand {
                Hand::Approve => WalletAnswer::Sent(chain.send(call)),
                Hand::Refuse(refusal) => return Some(Err(refusal.clone())),
                Hand::Think => {
                    self.prompts.push((number, call.clone()));
                    return None;
                }
                Hand::ApproveAndLose => {
                    chain.send(call);
                    return None;
                }
            },
            WalletRequest::Receipt { hash, .. } => WalletAnswer::Receipt {
                receipt: chain.mined.get(hash).cloned(),
                head: chain.head,
            },
            WalletRequest::Transaction { hash, .. } => WalletAnswer::Transaction(chain.transaction(*hash)),
            WalletRequest::Call { to: None, data, .. } => {
                let (code, arguments) = data.split_at(chain::validator::CODE.len());
                assert_eq!(code, &chain::validator::CODE[..]);
                let signer = Address::from_slice(&arguments[12..32]);
                let digest: [u8; 32] = arguments[32..64].try_into().unwrap();
                let signed_by = identity::recover(&digest, &arguments[128..193]).ok();
                let yes = signed_by.is_some() && chain.wallets.get(&signer).copied() == signed_by;
                WalletAnswer::Returned(vec![u8::from(yes)])
            }
            WalletRequest::Call { .. } if !chain.stands => WalletAnswer::Returned(Vec::new()),
            WalletRequest::Call { to, data, .. } => {
                assert_eq!(*to, Some(chain::tips::CONTRACT));
                let (from, id) = (
                    Address::from_slice(&data[16..36]),
                    TipId::from_slice(&data[36..]).unwrap(),
                );
                assert_eq!(*data, chain::tips::used_call(from, id));
                let mut word = vec![0; 32];
                word[31] = u8::from(chain.is_used(from, id));
                WalletAnswer::Returned(word)
            }
        }))
    }

    /// The tips it was asked to send, as often as it was.
    pub fn sends(&self) -> Vec<TipId> {
        let sends = self.asked.iter().filter_map(|request| match request {
            WalletRequest::Send(call) if !call.data.is_empty() => Some(tip_of(call).0),
            _ => None,
        });
        sends.collect()
    }

    /// How often it was asked to send anything.
    pub fn prompted(&self) -> usize {
        let sends = |request: &&WalletRequest| matches!(request, WalletRequest::Send(_));
        self.asked.iter().filter(sends).count()
    }

    /// How often it was asked anything but to send or try.
    pub fn reads(&self) -> usize {
        let prompts = |request: &&WalletRequest| !matches!(request, WalletRequest::Send(_) | WalletRequest::Try(_));
        self.asked.iter().filter(prompts).count()
    }
}
