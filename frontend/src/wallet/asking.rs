//! Questions of the worker, put to the wallet. The wallet's chain is read right before, and again after a reading: the result of a
//! wallet that changed its chain meanwhile belongs to no known chain.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use bridge::{Call, WalletAnswer, WalletRefusal, WalletRequest};
use gloo_timers::future::sleep;
use js_sys::Array;
use protocol::{TxHash, U256};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    answer,
    provider::{Provider, accounts, get, number, text},
    read::{LOGS, RawLog, RawReceipt, RawTransaction, receipt, transaction},
    refusal::tried,
    request::Request,
};

/// A wallet that does not answer a reading within this is as good as offline. Prompts may stay open for ever.
const PATIENCE: Duration = Duration::from_secs(20);
/// No code of ours returns more.
const RETURNED: usize = 8 * 1024;

type Answered = Result<WalletAnswer, WalletRefusal>;

/// Puts the question.
pub async fn ask(provider: &Provider, request: WalletRequest) -> Answered {
    match request {
        WalletRequest::Send(call) => send(provider, &call).await,
        request => in_time(read(provider, &request)).await,
    }
}

/// Asked once: whatever comes of it, a second prompt is for the person to wish for.
async fn send(provider: &Provider, call: &Call) -> Answered {
    in_time(is_ready(provider, call)).await?;
    let hash = provider.request(&Request::SendTransaction(call)).await?;
    let hash = text(&hash).as_deref().and_then(answer::hash);
    hash.map(WalletAnswer::Sent).ok_or(WalletRefusal::Garbage)
}

async fn read(provider: &Provider, request: &WalletRequest) -> Answered {
    let (WalletRequest::Try(Call { chain_id, .. })
    | WalletRequest::Send(Call { chain_id, .. })
    | WalletRequest::Receipt { chain_id, .. }
    | WalletRequest::Transaction { chain_id, .. }
    | WalletRequest::Call { chain_id, .. }) = request;
    is_on(provider, *chain_id).await?;
    let answer = match request {
        WalletRequest::Try(call) | WalletRequest::Send(call) => {
            is_ready(provider, call).await?;
            try_out(provider, call).await?
        }
        WalletRequest::Receipt { hash, .. } => read_receipt(provider, *hash).await?,
        WalletRequest::Transaction { hash, .. } => {
            let found = provider.request(&Request::Transaction(*hash)).await?;
            WalletAnswer::Transaction(is_there(&found).then(|| known(&found)).transpose()?)
        }
        WalletRequest::Call { to, data, .. } => match provider.request(&Request::Call(*to, data)).await {
            Ok(returned) => {
                let returned = text(&returned).and_then(|returned| answer::bytes(&returned, RETURNED));
                WalletAnswer::Returned(returned.ok_or(WalletRefusal::Garbage)?)
            }
            Err(thrown) => tried(thrown)?,
        },
    };
    is_on(provider, *chain_id).await?;
    Ok(answer)
}

/// Is the wallet on this chain, at this account?
async fn is_ready(provider: &Provider, call: &Call) -> Result<(), WalletRefusal> {
    is_on(provider, call.chain_id).await?;
    let accounts = accounts(&provider.request(&Request::Accounts).await?);
    if accounts.is_empty() {
        Err(WalletRefusal::NotAuthorised)
    } else if accounts.contains(&call.from) {
        Ok(())
    } else {
        Err(WalletRefusal::WrongAccount)
    }
}

async fn is_on(provider: &Provider, chain_id: u64) -> Result<(), WalletRefusal> {
    match number(&provider.request(&Request::ChainId).await?) {
        Some(chain) if chain == chain_id => Ok(()),
        Some(_) => Err(WalletRefusal::WrongChain),
        None => Err(WalletRefusal::Garbage),
    }
}

async fn try_out(provider: &Provider, call: &Call) -> Answered {
    let balance = amount(&provider.request(&Request::Balance(call.from)).await?)?;
    if balance < call.value {
        // Some nodes say "reverted" to this.
        return Err(WalletRefusal::NotEnough);
    }
    let gas = match provider.request(&Request::EstimateGas(call)).await {
        Ok(gas) => u64::try_from(amount(&gas)?).map_err(|_| WalletRefusal::Garbage)?,
        Err(thrown) => return tried(thrown),
    };
    let price = amount(&provider.request(&Request::GasPrice).await?)?;
    // The price holds the base fee of the newest block once; until the transaction is in one, that may double (EIP-1559).
    let block = provider.request(&Request::NewestBlock).await?;
    let base = match get(&block, "baseFeePerGas") {
        Some(base) => amount(&base)?,
        None => U256::ZERO,
    };
    Ok(WalletAnswer::Tried {
        gas,
        gas_price: price.saturating_add(base),
        balance,
    })
}

async fn read_receipt(provider: &Provider, hash: TxHash) -> Answered {
    let found = provider.request(&Request::Receipt(hash)).await?;
    let receipt = if is_there(&found) {
        let raw = RawReceipt {
            hash: field(&found, "transactionHash"),
            status: field(&found, "status"),
            block: field(&found, "blockNumber"),
            logs: get(&found, "logs").and_then(|logs| list(&logs, LOGS)).map(|logs| {
                logs.iter()
                    .map(|log| RawLog {
                        address: field(log, "address"),
                        topics: get(log, "topics")
                            .and_then(|topics| list(&topics, 4))
                            .map(|topics| topics.iter().map(text).collect()),
                        data: field(log, "data"),
                    })
                    .collect()
            }),
        };
        receipt(raw).ok_or(WalletRefusal::Garbage)?
    } else {
        None
    };
    // After the receipt: its block is never ahead of this.
    let head = number(&provider.request(&Request::BlockNumber).await?).ok_or(WalletRefusal::Garbage)?;
    Ok(WalletAnswer::Receipt { receipt, head })
}

fn known(found: &JsValue) -> Result<protocol::Transaction, WalletRefusal> {
    let raw = RawTransaction {
        hash: field(found, "hash"),
        from: field(found, "from"),
        nonce: field(found, "nonce"),
        block: field(found, "blockNumber"),
        to: field(found, "to"),
        value: field(found, "value"),
    };
    transaction(raw).ok_or(WalletRefusal::Garbage)
}

fn is_there(value: &JsValue) -> bool {
    !value.is_null() && !value.is_undefined()
}

/// A field's text. A field that is there and no text comes as an empty one, which parses as nothing.
fn field(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).map(|value| text(&value).unwrap_or_default())
}

fn list(value: &JsValue, most: usize) -> Option<Vec<JsValue>> {
    let list = value.dyn_ref::<Array>()?;
    (list.length() as usize <= most).then(|| list.iter().collect())
}

fn amount(value: &JsValue) -> Result<U256, WalletRefusal> {
    text(value)
        .as_deref()
        .and_then(answer::amount)
        .ok_or(WalletRefusal::Garbage)
}

async fn in_time<T>(answer: impl Future<Output = Result<T, WalletRefusal>>) -> Result<T, WalletRefusal> {
    let (mut answer, mut late) = (pin!(answer), pin!(sleep(PATIENCE)));
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Pending => late.as_mut().poll(context).map(|()| Err(WalletRefusal::Offline)),
        ready @ Poll::Ready(_) => ready,
    })
    .await
}
