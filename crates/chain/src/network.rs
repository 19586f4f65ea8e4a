//! Networks, as data.

use protocol::api::Network;

/// The chain id of development chains (EIP-155; the one anvil and hardhat use).
pub const DEVELOPMENT: u64 = 31_337;

/// The built-in development network, reached at `rpc_url`: new people get test coins there.
pub fn development(rpc_url: &str) -> Network {
    Network {
        chain_id: DEVELOPMENT,
        name: "Jackdaw development chain".to_owned(),
        coin: "Ether".to_owned(),
        symbol: "ETH".to_owned(),
        rpc_url: rpc_url.to_owned(),
        explorer: String::new(),
        confirmations: 2,
        tips: None,
        development: true,
    }
}
