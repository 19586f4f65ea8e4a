//! Everything that is ever asked of a wallet.

use bridge::{Call, Statement};
use chain::validator;
use js_sys::{Array, Object, Reflect};
use protocol::{Address, TxHash, api::Network};
use wasm_bindgen::JsValue;

/// A request to a wallet (EIP-1193).
pub enum Request<'a> {
    /// Which accounts may this site see? Asks the person (EIP-1102).
    AskForAccounts,
    /// Which may it see already? Asks nobody.
    Accounts,
    /// On which chain is the wallet?
    ChainId,
    /// Sign this (EIP-191). Asks the person.
    PersonalSign(&'a Statement),
    /// Change to this chain (EIP-3326). Asks the person.
    SwitchChain(u64),
    /// Add this chain (EIP-3085). Asks the person.
    AddChain(&'a Network),
    /// What does the account have, in wei?
    Balance(Address),
    /// Sign and send this transaction. Asks the person.
    SendTransaction(&'a Call),
    /// What would this transaction take? Fails if it would revert.
    EstimateGas(&'a Call),
    /// What does this code return (`eth_call`)? Without a contract `data` is creation code.
    Call(Option<Address>, &'a [u8]),
    /// What does a unit of gas cost now?
    GasPrice,
    /// The newest block, without its transactions: for what every unit of gas costs at least.
    NewestBlock,
    /// The number of the newest block.
    BlockNumber,
    /// What the chain's nodes know of a transaction.
    Transaction(TxHash),
    /// What a transaction came to.
    Receipt(TxHash),
}

impl Request<'_> {
    /// The argument of `request`.
    pub fn arguments(&self) -> Object {
        let (method, parameters) = match self {
            Self::AskForAccounts => ("eth_requestAccounts", Array::new()),
            Self::Accounts => return accounts(),
            Self::ChainId => return chain_id(),
            Self::PersonalSign(statement) => {
                let (text, account) = (bytes(statement.text().as_bytes()), address(statement.account()));
                ("personal_sign", Array::of2(&text, &account))
            }
            Self::SwitchChain(id) => (
                "wallet_switchEthereumChain",
                Array::of1(&object([("chainId", quantity(*id))])),
            ),
            Self::AddChain(network) => ("wallet_addEthereumChain", Array::of1(&chain(network))),
            Self::Balance(account) => return balance(*account),
            Self::SendTransaction(call) => {
                let wish = transaction(call);
                // Between our look at its chain and this the wallet may have gone elsewhere: it must not pay there.
                let _ = Reflect::set(&wish, &"chainId".into(), &quantity(call.chain_id));
                ("eth_sendTransaction", Array::of1(&wish))
            }
            Self::EstimateGas(call) => ("eth_estimateGas", Array::of1(&transaction(call))),
            Self::Call(to, data) => {
                // Code of others is asked as the server asks it: with an end, and by nobody it makes an exception for.
                let call = match to {
                    Some(to) => object([("to", address(*to)), ("data", bytes(data))]),
                    None => object([
                        ("from", address(validator::CALLER)),
                        ("gas", quantity(validator::GAS)),
                        ("data", bytes(data)),
                    ]),
                };
                ("eth_call", Array::of2(&call, &"latest".into()))
            }
            Self::GasPrice => ("eth_gasPrice", Array::new()),
            Self::NewestBlock => ("eth_getBlockByNumber", Array::of2(&"latest".into(), &false.into())),
            Self::BlockNumber => ("eth_blockNumber", Array::new()),
            Self::Transaction(hash) => ("eth_getTransactionByHash", Array::of1(&bytes(&hash.0))),
            Self::Receipt(hash) => ("eth_getTransactionReceipt", Array::of1(&bytes(&hash.0))),
        };
        question(method, parameters)
    }
}

/// The arguments of [`Request::Accounts`], for code that is loaded before the other requests.
pub fn accounts() -> Object {
    question("eth_accounts", Array::new())
}

/// The arguments of [`Request::ChainId`], for code that is loaded before the other requests.
pub fn chain_id() -> Object {
    question("eth_chainId", Array::new())
}

/// The arguments of [`Request::Balance`], for code that is loaded before the other requests.
pub fn balance(account: Address) -> Object {
    question("eth_getBalance", Array::of2(&address(account), &"latest".into()))
}

fn question(method: &str, parameters: Array) -> Object {
    object([("method", method.into()), ("params", parameters.into())])
}

fn chain(network: &Network) -> Object {
    // Every chain served here counts its coin in wei.
    let coin = object([
        ("name", network.coin.as_str().into()),
        ("symbol", network.symbol.as_str().into()),
        ("decimals", 18.into()),
    ]);
    let chain = object([
        ("chainId", quantity(network.chain_id)),
        ("chainName", network.name.as_str().into()),
        ("nativeCurrency", coin.into()),
        ("rpcUrls", Array::of1(&network.rpc_url.as_str().into()).into()),
    ]);
    if !network.explorer.is_empty() {
        let explorers = Array::of1(&network.explorer.as_str().into());
        let _ = Reflect::set(&chain, &"blockExplorerUrls".into(), &explorers);
    }
    chain
}

/// Gas and fees are for the wallet to choose: it knows its chain.
fn transaction(call: &Call) -> Object {
    object([
        ("from", address(call.from)),
        ("to", address(call.to)),
        ("value", format!("{:#x}", call.value).into()),
        ("data", bytes(&call.data)),
    ])
}

fn bytes(bytes: &[u8]) -> JsValue {
    format!("0x{}", hex::encode(bytes)).into()
}

fn address(address: Address) -> JsValue {
    format!("{address:#x}").into()
}

fn quantity(number: u64) -> JsValue {
    format!("{number:#x}").into()
}

fn object<const N: usize>(entries: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // An object we have just made takes every property.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}
