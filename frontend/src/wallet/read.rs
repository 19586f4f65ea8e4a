//! What the wallet's node says of transactions, taken strictly: whatever is odd makes the whole answer none at all.

use protocol::{Log, Receipt, Transaction, U256};

use super::answer::{address, amount, bytes, hash, quantity, word};

/// A transaction with more events than this is no tip anybody made here.
pub const LOGS: usize = 256;
/// Bytes in one event, and in all events of a transaction.
const LOG: usize = 16 * 1024;
const ALL_LOGS: usize = 128 * 1024;

/// A receipt as it came, each field as its text.
#[derive(Debug, Clone, Default)]
pub struct RawReceipt {
    pub hash: Option<String>,
    pub status: Option<String>,
    pub block: Option<String>,
    /// `None` if there is no list, or one that is too long.
    pub logs: Option<Vec<RawLog>>,
}

/// An event as it came.
#[derive(Debug, Clone, Default)]
pub struct RawLog {
    pub address: Option<String>,
    /// `None` if there is no list, or one with more than four.
    pub topics: Option<Vec<Option<String>>>,
    pub data: Option<String>,
}

/// A transaction as it came.
#[derive(Debug, Clone, Default)]
pub struct RawTransaction {
    pub hash: Option<String>,
    pub from: Option<String>,
    pub nonce: Option<String>,
    pub block: Option<String>,
    pub to: Option<String>,
    pub value: Option<String>,
}

/// `Some(None)`: in no block yet. `None`: makes no sense.
#[expect(clippy::option_option, reason = "an answer that there is none is an answer")]
pub fn receipt(raw: RawReceipt) -> Option<Option<Receipt>> {
    let hash = hash(&raw.hash?)?;
    let Some(block) = raw.block else { return Some(None) };
    let succeeded = match quantity(&raw.status?)? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let logs = raw.logs?;
    if logs.len() > LOGS {
        return None;
    }
    let logs: Vec<Log> = logs.into_iter().map(log).collect::<Option<_>>()?;
    let size: usize = logs.iter().map(|log| log.data.len()).sum();
    (size <= ALL_LOGS).then_some(())?;
    Some(Some(Receipt {
        hash,
        succeeded,
        block: quantity(&block)?,
        logs,
    }))
}

fn log(raw: RawLog) -> Option<Log> {
    let topics = raw.topics?;
    if topics.len() > 4 {
        return None;
    }
    Some(Log {
        address: address(&raw.address?)?,
        topics: topics.into_iter().map(|topic| word(&topic?)).collect::<Option<_>>()?,
        data: bytes(&raw.data?, LOG)?,
    })
}

/// `None`: makes no sense.
pub fn transaction(raw: RawTransaction) -> Option<Transaction> {
    Some(Transaction {
        hash: hash(&raw.hash?)?,
        from: address(&raw.from?)?,
        nonce: quantity(&raw.nonce?)?,
        block: match raw.block {
            Some(block) => Some(quantity(&block)?),
            None => None,
        },
        to: match raw.to {
            Some(to) => Some(address(&to)?),
            None => None,
        },
        value: match raw.value {
            Some(value) => amount(&value)?,
            None => U256::ZERO,
        },
    })
}

#[cfg(test)]
mod tests {
    use protocol::{Address, TxHash};

    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn of(byte: &str, count: usize) -> Option<String> {
        Some(format!("0x{}", byte.repeat(count)))
    }

    fn raw() -> RawReceipt {
        RawReceipt {
            hash: of("11", 32),
            status: text("0x1"),
            block: text("0x7a69"),
            logs: Some(vec![raw_log()]),
        }
    }

    fn raw_log() -> RawLog {
        RawLog {
            address: of("22", 20),
            topics: Some(vec![of("33", 32), of("44", 32)]),
            data: text("0x0102"),
        }
    }

    #[test]
    fn a_receipt_is_taken_as_it_stands() {
        let expected = Receipt {
            hash: TxHash([0x11; 32]),
            succeeded: true,
            block: 31337,
            logs: vec![Log {
                address: Address::repeat_byte(0x22),
                topics: vec![[0x33; 32], [0x44; 32]],
                data: vec![1, 2],
            }],
        };
        assert_eq!(receipt(raw()), Some(Some(expected.clone())));
        let failed = RawReceipt {
            status: text("0x0"),
            logs: Some(Vec::new()),
            ..raw()
        };
        let nothing = Receipt {
            succeeded: false,
            logs: Vec::new(),
            ..expected
        };
        assert_eq!(receipt(failed), Some(Some(nothing)));
        let waiting = RawReceipt { block: None, ..raw() };
        assert_eq!(receipt(waiting), Some(None));
    }

    #[test]
    fn what_is_odd_is_no_receipt() {
        let with = |change: fn(&mut RawReceipt)| {
            let mut raw = raw();
            change(&mut raw);
            receipt(raw)
        };
        let odd: [fn(&mut RawReceipt); 11] = [
            |raw| raw.hash = None,
            |raw| raw.hash = of("11", 31),
            |raw| raw.status = None,
            |raw| raw.status = text("0x2"),
            |raw| raw.status = text("true"),
            |raw| raw.block = text("31337"),
            |raw| raw.block = of("ff", 9),
            |raw| raw.logs = None,
            |raw| raw.logs = Some(vec![RawLog::default(); LOGS + 1]),
            |raw| raw.logs = Some(vec![raw_log(); LOGS + 1]),
            |raw| {
                let large = RawLog {
                    data: of("00", LOG),
                    ..raw_log()
                };
                raw.logs = Some(vec![large; 9]);
            },
        ];
        for (number, change) in odd.into_iter().enumerate() {
            assert_eq!(with(change), None, "{number}");
        }
    }

    #[test]
    fn what_is_odd_in_an_event_spoils_the_receipt() {
        let with = |change: fn(&mut RawLog)| {
            let mut log = raw_log();
            change(&mut log);
            let logs = Some(vec![raw_log(), log]);
            receipt(RawReceipt { logs, ..raw() })
        };
        let odd: [fn(&mut RawLog); 8] = [
            |log| log.address = None,
            |log| log.address = of("22", 19),
            |log| log.topics = None,
            |log| log.topics = Some(vec![of("33", 31)]),
            |log| log.topics = Some(vec![None]),
            |log| log.topics = Some(vec![of("33", 32); 5]),
            |log| log.data = text("0x1"),
            |log| log.data = of("00", LOG + 1),
        ];
        for (number, change) in odd.into_iter().enumerate() {
            assert_eq!(with(change), None, "{number}");
        }
    }

    #[test]
    fn a_transaction_waits_or_stands_in_a_block() {
        let raw = || RawTransaction {
            hash: of("11", 32),
            from: of("22", 20),
            nonce: text("0x5"),
            block: None,
            to: of("33", 20),
            value: text("0x7"),
        };
        let waiting = Transaction {
            hash: TxHash([0x11; 32]),
            from: Address::repeat_byte(0x22),
            nonce: 5,
            block: None,
            to: Some(Address::repeat_byte(0x33)),
            value: U256::from(7),
        };
        assert_eq!(transaction(raw()), Some(waiting));
        let mined = RawTransaction {
            block: text("0x9"),
            ..raw()
        };
        assert_eq!(
            transaction(mined),
            Some(Transaction {
                block: Some(9),
                ..waiting
            })
        );
        for odd in [
            RawTransaction { nonce: None, ..raw() },
            RawTransaction {
                value: text("seven"),
                ..raw()
            },
            RawTransaction {
                to: of("33", 19),
                ..raw()
            },
            RawTransaction {
                from: of("22", 21),
                ..raw()
            },
            RawTransaction {
                block: text("pending"),
                ..raw()
            },
        ] {
            assert_eq!(transaction(odd), None);
        }
    }
}
