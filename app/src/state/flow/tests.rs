use leptos::prelude::Owner;
use protocol::{
    Address,
    api::{Network, Site},
};

use super::*;

const ALICE: Address = Address::repeat_byte(1);

fn network(chain_id: u64, name: &str) -> Network {
    Network {
        chain_id,
        name: name.into(),
        coin: "Ether".into(),
        symbol: "ETH".into(),
        rpc_url: String::new(),
        explorer: String::new(),
        confirmations: 1,
        tips: None,
        development: false,
    }
}

/// Alice's page at this step, and what keeps it alive.
fn page(stage: Stage) -> (Owner, State) {
    let owner = Owner::new();
    owner.set();
    let state = State::new();
    state.site.set(Some(Site {
        domain: "jackdaw.example".into(),
        networks: vec![network(1, "Ethereum"), network(10, "OP Mainnet")],
        me: None,
    }));
    state.account.set(Some(ALICE));
    state.stage.set(stage);
    (owner, state)
}

#[test]
fn a_wallet_that_lost_its_network_names_the_one_that_was_asked_for() {
    let (_owner, state) = page(Stage::SignIn);
    let said = |chain_id| wallet_problem(state, &WalletError::Offline, chain_id);
    assert_eq!(said(Some(10)), "Your wallet lost its connection to OP Mainnet.");
    assert_eq!(said(Some(1)), "Your wallet lost its connection to Ethereum.");
    assert_eq!(said(Some(5)), "Your wallet lost its connection to its network.");
    assert_eq!(said(None), "Your wallet lost its connection to its network.");
}
