use bridge::Trouble;
use leptos::prelude::Owner;
use protocol::{
    Address,
    api::{Network, Site},
};

use super::*;
use crate::state::Opened;

const ALICE: Address = Address::repeat_byte(1);
const BOB: Address = Address::repeat_byte(2);

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

fn opened(account: Address) -> Opened {
    Opened {
        account,
        installation: protocol::InstallationId([3; 32]),
        public_key: vec![4; 65],
        associated: true,
    }
}

#[test]
fn a_vault_that_does_not_open_is_said_wherever_one_is() {
    for stage in [Stage::Opening, Stage::SignIn, Stage::Signing, Stage::In] {
        let (_owner, state) = page(stage);
        state.opened.set(Some(opened(ALICE)));
        not_opened(state, ALICE, Trouble::VaultDamaged);
        assert_eq!(state.stage.get_untracked(), Stage::Shut(Trouble::VaultDamaged));
        assert_eq!(state.opened.get_untracked(), None);
        assert_eq!(state.problem.get_untracked(), None);
    }
}

#[test]
fn what_is_said_of_another_account_or_to_somebody_who_has_left_changes_nothing() {
    let (_owner, state) = page(Stage::Opening);
    not_opened(state, BOB, Trouble::VaultDamaged);
    assert_eq!(state.stage.get_untracked(), Stage::Opening);
    let (_owner, state) = page(Stage::Welcome);
    not_opened(state, ALICE, Trouble::VaultDamaged);
    state.opened.set(Some(opened(ALICE)));
    vault_opened(state);
    assert_eq!(state.stage.get_untracked(), Stage::Welcome);
}

#[test]
fn a_vault_that_opens_at_last_leads_on() {
    let (_owner, state) = page(Stage::Shut(Trouble::OtherTab));
    state.opened.set(Some(opened(ALICE)));
    vault_opened(state);
    assert_eq!(state.stage.get_untracked(), Stage::SignIn);
}

#[test]
fn deleted_one_begins_anew_and_what_could_not_be_deleted_is_said() {
    let (_owner, state) = page(Stage::Shut(Trouble::VaultDamaged));
    not_opened(state, ALICE, Trouble::NoVault);
    assert_eq!(state.stage.get_untracked(), Stage::Shut(Trouble::NoVault));
    let said = state.problem.get_untracked().unwrap();
    assert!(said.starts_with("It could not be deleted."));
    forgotten(state);
    assert_eq!(state.stage.get_untracked(), Stage::Opening);
    assert_eq!(state.account.get_untracked(), Some(ALICE));
}

#[test]
fn a_damaged_message_of_the_account_before_does_not_shut_this_one() {
    let (_owner, state) = page(Stage::Opening);
    for why in [Trouble::VaultDamaged, Trouble::Unreadable, Trouble::Copied] {
        trouble(state, why);
        assert_eq!(state.stage.get_untracked(), Stage::Opening);
    }
    trouble(state, Trouble::VaultNewer);
    assert_eq!(state.stage.get_untracked(), Stage::Shut(Trouble::VaultNewer));
}

#[test]
fn without_room_for_the_signature_one_signs_again() {
    let (_owner, state) = page(Stage::Entering);
    trouble(state, Trouble::VaultFull);
    assert_eq!(state.stage.get_untracked(), Stage::SignIn);
    let said = state.problem.get_untracked().unwrap();
    assert!(
        said.contains("could not be kept") && !said.contains("text box"),
        "{said}"
    );
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
