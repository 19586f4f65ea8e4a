//! Checks that each network's node serves the chain it is configured for.

use services::tips;

use crate::{config::Config, networks::Networks};

/// Asks each that has a node.
pub async fn ask(config: &Config, say: &mut impl FnMut(bool, &str)) {
    let networks = match Networks::of(config) {
        Ok(networks) => networks,
        Err(error) => return say(false, &error.to_string()),
    };
    for network in &networks.shown {
        let (name, chain_id) = (&network.name, network.chain_id);
        let Some(endpoint) = networks.endpoints.get(&chain_id) else {
            say(
                true,
                &format!(
                    "{name} (chain {chain_id}) is for signing in only, with a key: no rpc, so no smart accounts and no tips"
                ),
            );
            continue;
        };
        match tips::examine(endpoint).await {
            Err(error) => say(false, &format!("{name} (chain {chain_id}): {error}")),
            Ok(there) if there.chain_id != chain_id => say(
                false,
                &format!("{name}: its rpc serves chain {}, not {chain_id}", there.chain_id),
            ),
            Ok(there) if network.tips.is_some() && !there.tips => say(
                false,
                &format!(
                    "{name} (chain {chain_id}): no contract for tips at {}: deploy it, or set tips = false",
                    tips::CONTRACT
                ),
            ),
            Ok(there) => say(
                true,
                &format!(
                    "{name} (chain {chain_id}) answers at block {}{}",
                    there.head,
                    if network.tips.is_some() {
                        ", with tips"
                    } else {
                        ", without tips"
                    }
                ),
            ),
        }
    }
}
