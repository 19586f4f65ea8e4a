//! Everything that is ever asked of a wallet.

use js_sys::{Array, Object, Reflect};
use protocol::{Address, api::Network};
use wasm_bindgen::JsValue;

/// A question.
pub enum Request<'a> {
    /// Which accounts may this site see? Asks the person (EIP-1102).
    AskForAccounts,
    /// Which may it see already? Asks nobody.
    Accounts,
    /// On which chain is the wallet?
    ChainId,
    /// Sign this text (EIP-191). Asks the person.
    PersonalSign(&'a str, Address),
    /// Change to this chain (EIP-3326). Asks the person.
    SwitchChain(u64),
    /// Add this chain (EIP-3085). Asks the person.
    AddChain(&'a Network),
    /// What does the account have, in wei?
    Balance(Address),
}

impl Request<'_> {
    /// The argument of `request`.
    pub fn arguments(&self) -> Object {
        let (method, parameters) = match self {
            Self::AskForAccounts => ("eth_requestAccounts", Array::new()),
            Self::Accounts => ("eth_accounts", Array::new()),
            Self::ChainId => ("eth_chainId", Array::new()),
            Self::PersonalSign(text, account) => {
                let text = format!("0x{}", hex::encode(text));
                ("personal_sign", Array::of2(&text.into(), &address(*account)))
            }
            Self::SwitchChain(id) => (
                "wallet_switchEthereumChain",
                Array::of1(&object([("chainId", quantity(*id))])),
            ),
            Self::AddChain(network) => ("wallet_addEthereumChain", Array::of1(&chain(network))),
            Self::Balance(account) => ("eth_getBalance", Array::of2(&address(*account), &"latest".into())),
        };
        object([("method", method.into()), ("params", parameters.into())])
    }
}

fn chain(network: &Network) -> Object {
    // Every chain served here counts its coin in wei.
    let coin = object([
        ("name", network.symbol.as_str().into()),
        ("symbol", network.symbol.as_str().into()),
        ("decimals", 18.into()),
    ]);
    object([
        ("chainId", quantity(network.chain_id)),
        ("chainName", network.name.as_str().into()),
        ("nativeCurrency", coin.into()),
        ("rpcUrls", Array::of1(&network.rpc_url.as_str().into()).into()),
    ])
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
