use bridge::{BodyView, TxState};
use protocol::TipMismatch;

use crate::{amount, state::State};

/// A message in one line, for the list, for quotes and for the screen reader. Reactive in the networks.
pub fn line(state: State, body: &BodyView) -> String {
    match body {
        BodyView::Text(text) => text.clone(),
        BodyView::Tip(tip) => match (tip.state, state.network_of(tip.chain_id)) {
            (TxState::Mismatch(kind), _) if kind != TipMismatch::Network => "Tip that does not match".to_owned(),
            (TxState::Mismatch(_), _) | (_, None) => "Tip on another network".to_owned(),
            (_, Some(network)) => {
                let amount = amount::format(tip.amount, amount::DECIMALS);
                format!("Tip of {amount} {}", network.symbol)
            }
        },
        BodyView::Unknown { fallback } if fallback.is_empty() => {
            "A message that this version of Jackdaw cannot show.".to_owned()
        }
        BodyView::Unknown { fallback } => fallback.clone(),
    }
}
