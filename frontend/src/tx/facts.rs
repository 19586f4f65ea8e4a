use leptos::prelude::*;
use protocol::{TxHash, api::Network};

use crate::components::{Copy, Icon, Shape, fixed};

/// Where it is to be found: network and transaction.
#[component]
pub fn Facts(
    /// EIP-155 chain id.
    chain_id: u64,
    /// The transaction, once there is one.
    hash: Option<TxHash>,
    /// The network, if it is served here.
    network: Option<Network>,
) -> impl IntoView {
    let name = network.as_ref().map_or_else(
        || format!("Unknown, chain {}", chain_id),
        |network| network.name.clone(),
    );
    let explorer = network.map(|network| network.explorer).filter(|link| !link.is_empty());
    view! {
        <dl>
            <dt>"Network"</dt>
            <dd><bdi>{name}</bdi></dd>
            {hash.map(|hash| view! {
                <dt>"Transaction"</dt>
                <dd class="hash">
                    <Copy text=fixed(full(hash)) name="Copy the transaction's hash" shown=short(hash) />
                    {explorer.map(|explorer| view! {
                        <a
                            class="round plain"
                            href=format!("{}/tx/{}", explorer.trim_end_matches('/'), full(hash))
                            target="_blank"
                            rel="noopener noreferrer"
                            aria-label="Open in the explorer"
                        >
                            <Icon shape=Shape::Open />
                        </a>
                    }.into_any())}
                </dd>
            }.into_any())}
        </dl>
    }
}

/// `0x` and 64 digits.
fn full(hash: TxHash) -> String {
    format!("0x{hash}")
}

/// `0x1234…abcd`.
fn short(hash: TxHash) -> String {
    let full = full(hash);
    format!("{}…{}", &full[..6], &full[62..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_as_explorers_write_it() {
        let hash = TxHash([0xab; 32]);
        assert_eq!(full(hash), format!("0x{}", "ab".repeat(32)));
        assert_eq!(short(hash), "0xabab…abab");
    }
}
