//! The contract's events in the database.

use std::collections::HashMap;

use chain::{
    reader::{EventFilter, Seen},
    tips::{CONTRACT, TIPPED, tipped},
};
use futures::{FutureExt, future::BoxFuture};
use protocol::{Address, ObservedStatus, TipId, TxHash, TxReport, api::Network};
use sqlx::{PgConnection, PgPool};

use super::store::{self, TipRow};
use crate::tx::{Events, Kept, Purpose, TxError, store::signed};

/// How many new tips are read at once.
const AT_ONCE: i64 = 500;

/// The events `Tipped`.
#[derive(Debug)]
pub(super) struct TipEvents;

impl Events for TipEvents {
    fn are_on(&self, network: &Network) -> bool {
        network.tips == Some(CONTRACT)
    }

    fn filter(&self) -> EventFilter {
        EventFilter {
            contract: CONTRACT,
            topic: TIPPED,
        }
    }

    fn is_event(&self, seen: &Seen) -> bool {
        tipped(&seen.log).is_some()
    }

    fn keep<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        chain: i64,
        events: &'a [Seen],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        async move {
            let mut rows = store::Rows::default();
            let tips: Vec<_> = events
                .iter()
                .filter_map(|seen| Some((seen, tipped(&seen.log)?)))
                .collect();
            for (seen, tip) in &tips {
                rows.block_number.push(signed(seen.block));
                rows.block_hash.push(&seen.block_hash);
                rows.log_index.push(signed(seen.index));
                rows.hash.push(&seen.hash.0);
                rows.tip_id.push(&tip.id.0);
                rows.sender.push(tip.sender.as_slice());
                rows.recipient.push(tip.recipient.as_slice());
                rows.token.push(tip.token.as_slice());
                rows.amount.push(tip.amount.to_string());
            }
            if tips.is_empty() {
                return Ok(());
            }
            store::put_tips(connection, chain, &rows).await
        }
        .boxed()
    }

    fn take_back<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        chain: i64,
        behind: i64,
    ) -> BoxFuture<'a, Result<u64, sqlx::Error>> {
        store::take_back(connection, chain, behind).boxed()
    }

    fn mined<'a>(
        &'a self,
        pool: &'a PgPool,
        chain: i64,
        head: i64,
        purposes: &'a [Purpose],
    ) -> BoxFuture<'a, Result<HashMap<Purpose, TxReport>, TxError>> {
        async move {
            let (mut senders, mut ids) = (Vec::new(), Vec::<&[u8]>::new());
            for purpose in purposes {
                if let Purpose::Tip { sender, id } = purpose {
                    senders.push(sender.as_slice());
                    ids.push(&id.0);
                }
            }
            let found = store::tips(pool, chain, &senders, &ids).await?;
            found
                .iter()
                .map(|tip| Ok((purpose(tip)?, report(tip, head)?)))
                .collect()
        }
        .boxed()
    }

    fn kept_since<'a>(
        &'a self,
        pool: &'a PgPool,
        chain: i64,
        row: Option<i64>,
    ) -> BoxFuture<'a, Result<Kept, TxError>> {
        async move {
            let Some(row) = row else {
                return Ok(Kept {
                    row: store::newest(pool, chain).await?,
                    found: Vec::new(),
                    more: false,
                });
            };
            let tips = store::fresh(pool, chain, row, AT_ONCE).await?;
            let found = tips.iter().map(|tip| Ok((accounts(tip), purpose(tip)?)));
            Ok(Kept {
                row: tips.iter().map(|tip| tip.id).fold(row, i64::max),
                found: found.collect::<Result<_, TxError>>()?,
                more: i64::try_from(tips.len()).is_ok_and(|number| number >= AT_ONCE),
            })
        }
        .boxed()
    }
}

/// Who pays and who is paid.
fn accounts(tip: &TipRow) -> Vec<Address> {
    vec![Address::from_slice(&tip.sender), Address::from_slice(&tip.recipient)]
}

fn purpose(tip: &TipRow) -> Result<Purpose, TxError> {
    Ok(Purpose::Tip {
        sender: Address::from_slice(&tip.sender),
        id: TipId::from_slice(&tip.tip_id).ok_or(TxError::Damaged)?,
    })
}

fn report(tip: &TipRow, head: i64) -> Result<TxReport, TxError> {
    let done = (head - tip.block_number).saturating_add(1).max(1);
    Ok(TxReport {
        hash: Some(TxHash::from_slice(&tip.hash).ok_or(TxError::Damaged)?),
        status: ObservedStatus::Mined {
            confirmations: u32::try_from(done).unwrap_or(u32::MAX),
            recipient: Address::from_slice(&tip.recipient),
            amount: tip.amount.parse().map_err(|_| TxError::Damaged)?,
        },
    })
}
