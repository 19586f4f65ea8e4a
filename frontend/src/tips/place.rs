//! On which network somebody can be paid. Pure.

use protocol::api::Network;

/// What stands between the dialog and a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The wallet is where it must be.
    Here(Network),
    /// It must go there first.
    Change(Network),
    /// The other side can only be paid on a chain (its id) without tips.
    Nowhere(u64),
    /// No network here has tips.
    None,
}

/// Whether tips exist at all.
pub fn are_there(networks: &[Network]) -> bool {
    networks.iter().any(has_tips)
}

/// Whether the network has the tips contract at the known address; a contract elsewhere is not trusted.
pub fn has_tips(network: &Network) -> bool {
    network.tips == Some(chain::tips::CONTRACT)
}

/// Where the tip goes, by where the wallet is and where the other side can be paid.
pub fn target(networks: &[Network], wallet: Option<u64>, only: Option<u64>) -> Target {
    let find = |chain: u64| {
        networks
            .iter()
            .find(|network| network.chain_id == chain && has_tips(network))
            .cloned()
    };
    match (only, wallet.and_then(find)) {
        (Some(only), Some(here)) if here.chain_id == only => Target::Here(here),
        (Some(only), _) => find(only).map_or(Target::Nowhere(only), Target::Change),
        (None, Some(here)) => Target::Here(here),
        (None, None) => networks
            .iter()
            .find(|network| has_tips(network))
            .cloned()
            .map_or(Target::None, Target::Change),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Address;

    #[test]
    fn a_server_cannot_name_a_contract_of_its_own() {
        let mut other = network(1, true);
        other.tips = Some(Address::repeat_byte(1));
        assert!(!are_there(&[other]));
    }

    fn network(chain_id: u64, tips: bool) -> Network {
        Network {
            chain_id,
            name: chain_id.to_string(),
            coin: "Ether".to_owned(),
            symbol: "ETH".to_owned(),
            rpc_url: String::new(),
            explorer: String::new(),
            confirmations: 1,
            tips: tips.then_some(chain::tips::CONTRACT),
            development: false,
        }
    }

    #[test]
    fn a_tip_goes_where_the_wallet_is_if_tips_exist_there() {
        let all = [network(1, false), network(2, true), network(3, true)];
        assert_eq!(target(&all, Some(3), None), Target::Here(all[2].clone()));
        assert_eq!(target(&all, Some(1), None), Target::Change(all[1].clone()));
        assert_eq!(target(&all, Some(99), None), Target::Change(all[1].clone()));
        assert_eq!(target(&all, None, None), Target::Change(all[1].clone()));
        assert_eq!(target(&all[..1], Some(1), None), Target::None);
        assert!(are_there(&all) && !are_there(&all[..1]));
    }

    #[test]
    fn a_smart_account_is_paid_on_its_own_chain_only() {
        let all = [network(1, false), network(2, true), network(3, true)];
        assert_eq!(target(&all, Some(3), Some(3)), Target::Here(all[2].clone()));
        assert_eq!(target(&all, Some(2), Some(3)), Target::Change(all[2].clone()));
        assert_eq!(target(&all, Some(2), Some(1)), Target::Nowhere(1));
        assert_eq!(target(&all, Some(2), Some(7)), Target::Nowhere(7));
    }
}
