//! Plain transfers of the native coin.

use bridge::{Event, TipRefusal, TxState, Witness};
use protocol::{Address, MessageId, U256, UnixMillis};

use crate::{
    Client, Environment, Vault, VaultError,
    records::{Purpose, Tx},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Transfer`.
    pub(crate) async fn transfer(
        &mut self,
        id: MessageId,
        chain_id: u64,
        to: Address,
        amount: U256,
    ) -> Result<(), VaultError> {
        if self.state.txs.contains_key(&id) {
            // The command came twice, the second time perhaps to another worker.
            self.prompt_again(id);
            return Ok(());
        }
        let why = if amount.is_zero() {
            Some(TipRefusal::Nothing)
        } else if to == self.account {
            Some(TipRefusal::OwnAccount)
        } else if self.tx.network(chain_id).is_none() {
            Some(TipRefusal::OtherChain(chain_id))
        } else {
            None
        };
        if let Some(why) = why {
            self.reply(Event::TransferRefused { id, why, waits: false });
            return Ok(());
        }
        let draft = Tx::draft(Purpose::Transfer { to }, chain_id, amount, self.environment.now());
        let mut step = Step::default();
        step.put_tx(id, draft);
        self.finish(step).await?;
        self.prompt(id);
        Ok(())
    }

    /// Every transfer that was not put away, for a page that opens.
    pub(crate) fn tell_transfers(&mut self) {
        let all = self.state.txs.iter().filter(|(_, tx)| !tx.gone);
        let views: Vec<_> = all.filter_map(|(id, tx)| Some((*id, tx.transfer_view()?))).collect();
        for (id, view) in views {
            self.reply(Event::Transfer { id, view: Some(view) });
        }
    }
}

impl Tx {
    /// A transaction of ours before anything was asked.
    pub(crate) fn draft(purpose: Purpose, chain_id: u64, amount: U256, at: UnixMillis) -> Self {
        Self {
            purpose,
            chain_id,
            amount,
            at,
            hash: None,
            nonce: None,
            state: TxState::Draft,
            witness: Witness::Claim,
            settled: false,
            asked: 0,
            gone: false,
        }
    }
}
