//! What a worker that takes over must be told.

use std::collections::VecDeque;

use bridge::{Command, Connection, ConversationId, Draft, Event};
use protocol::{Address, MessageId};

use super::unsent;

/// Conversation, answered message and text of a message the vault could not keep.
type Unkept = (ConversationId, Option<MessageId>, String);

/// The unfinished commands, and the state that the finished ones have set.
#[derive(Debug, Default)]
pub struct Replay {
    /// Not done with, in order.
    commands: VecDeque<Command>,
    /// How many of them, from the front, this worker has been given.
    given: usize,
    /// How many this worker is done with.
    done: u32,
    /// The account that is open.
    open: Option<Command>,
    /// It is to be connected.
    connect: bool,
    /// The browser has said that there is no network.
    offline: bool,
    /// The thread that is shown.
    show: Option<Command>,
    /// Which networks there are.
    networks: Option<Command>,
    /// Where the wallet is.
    wallet: Option<Command>,
    /// Whose vault the commands that come now are for.
    account: Option<Address>,
    /// The texts that are not done with have changed since they were last asked for.
    unsent_changed: bool,
    /// Texts the vault could not keep, until the page takes them back.
    refused: Vec<(MessageId, Unkept)>,
    /// Questions whose answers come from the server, after the command itself is done with.
    finds: Vec<Address>,
    payees: Vec<Address>,
}

impl Replay {
    /// One more command.
    pub fn add(&mut self, command: Command) {
        match &command {
            Command::Open { account, .. } => self.account = Some(*account),
            Command::Send { .. } => self.unsent_changed = true,
            _ => {}
        }
        self.commands.push_back(command);
    }

    /// Adds the texts that an earlier page sent and its worker may not have stored, as [`Replay::unsent`] returned them. Their ids
    /// make a repetition harmless.
    pub fn restore(&mut self, kept: &str) {
        for command in unsent::commands(kept) {
            if !self.commands.contains(&command) {
                self.add(command);
            }
        }
    }

    /// The texts for the account's vault that are not done with, if they have changed since this was last asked for.
    pub fn unsent(&mut self) -> Option<(Address, String)> {
        let account = self.account.filter(|_| std::mem::take(&mut self.unsent_changed))?;
        let mut open = match &self.open {
            Some(Command::Open { account, .. }) => Some(*account),
            _ => None,
        };
        let mut lines = String::new();
        for command in &self.commands {
            if let Command::Open { account, .. } = command {
                open = Some(*account);
            }
            if open == Some(account) {
                lines.extend(unsent::line(command));
            }
        }
        Some((account, lines))
    }

    /// Whose vault is being used.
    pub fn account(&self) -> Option<Address> {
        self.account
    }

    /// Conversation, answered message and text of a message the vault could not keep. Gives it once.
    pub fn take_back(&mut self, id: MessageId) -> Option<Unkept> {
        let place = self.refused.iter().position(|(refused, _)| *refused == id)?;
        Some(self.refused.remove(place).1)
    }

    /// The worker waits for nothing of ours.
    pub fn is_idle(&self) -> bool {
        self.commands.is_empty()
    }

    /// The next command this worker has not been given. Counts as given.
    pub fn give(&mut self) -> Option<&Command> {
        let command = self.commands.get(self.given)?;
        self.given += 1;
        Some(command)
    }

    /// This worker says that it is done with so many commands since it was started.
    pub fn done(&mut self, done: u32) {
        while self.done < done && self.given > 0 {
            self.done += 1;
            self.given -= 1;
            if let Some(command) = self.commands.pop_front() {
                self.remember(command);
            }
        }
    }

    /// An event that may be an answer.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Found { account, .. } => self.finds.retain(|find| find != account),
            Event::Payee { peer, .. } | Event::NoPayee { peer, .. } => self.payees.retain(|payee| payee != peer),
            // Perhaps by way of another tab.
            Event::Forgotten => {
                self.account = None;
                self.close();
            }
            // Told before the command counts as done: the text is still here.
            Event::NotKept { id } => {
                let lost = self.commands.iter().find_map(|command| match command {
                    Command::Send {
                        conversation,
                        id: sent,
                        in_reply_to,
                        body: Draft::Text(text),
                    } if sent == id => Some((*id, (*conversation, *in_reply_to, text.clone()))),
                    _ => None,
                });
                self.refused.extend(lost);
            }
            Event::Connection(Connection::SignedOut | Connection::Revoked) => self.connect = false,
            _ => {}
        }
    }

    /// Called when the worker is gone or serves another leader: all state and commands are sent again.
    pub fn start_over(&mut self) {
        self.given = 0;
        self.done = 0;
        let offline = self.offline.then_some(Command::Online(false));
        let connect = self.connect.then_some(Command::Connect);
        let finds = std::mem::take(&mut self.finds)
            .into_iter()
            .map(|account| Command::Find { account });
        let payees = std::mem::take(&mut self.payees)
            .into_iter()
            .map(|peer| Command::Payee { peer });
        let known = offline
            .into_iter()
            .chain(self.open.take())
            .chain(self.networks.take())
            .chain(self.wallet.take())
            .chain(connect)
            .chain(self.show.take())
            .chain(finds)
            .chain(payees);
        let rest = std::mem::take(&mut self.commands);
        self.commands = known.chain(rest).collect();
        self.connect = false;
        self.offline = false;
    }

    /// What this finished command leaves behind in a worker's memory, if anything.
    fn remember(&mut self, command: Command) {
        match command {
            Command::Send { .. } => self.unsent_changed = true,
            Command::Open { .. } => {
                self.close();
                self.open = Some(command);
            }
            Command::Forget => self.close(),
            Command::Connect => self.connect = true,
            Command::Disconnect => self.connect = false,
            Command::Online(online) => self.offline = !online,
            Command::Show { conversation } => self.show = conversation.map(|_| command),
            Command::Find { account } if !self.finds.contains(&account) => self.finds.push(account),
            Command::Payee { peer } if !self.payees.contains(&peer) => self.payees.push(peer),
            Command::Networks(_) => self.networks = Some(command),
            Command::WalletAt { .. } => self.wallet = Some(command),
            // Done with is kept: what these change is in the vault. What the wallet said to a worker's question is nothing
            // to another one; what it said to a prompt is, and stays until it is done with: see `client::tips`.
            _ => {}
        }
    }

    fn close(&mut self) {
        self.open = None;
        self.connect = false;
        self.show = None;
        self.finds.clear();
        self.payees.clear();
    }
}

#[cfg(test)]
mod tests {
    use protocol::MessageId;

    use super::*;

    fn account(number: u8) -> Address {
        Address::repeat_byte(number)
    }

    fn open(number: u8) -> Command {
        Command::Open {
            account: account(number),
        }
    }

    fn show(number: u8) -> Command {
        Command::Show {
            conversation: Some(account(number).into()),
        }
    }

    fn say(text: &str) -> Command {
        Command::text(account(9), MessageId([1; 16]), text)
    }

    fn give_all(replay: &mut Replay) -> Vec<Command> {
        std::iter::from_fn(|| replay.give().cloned()).collect()
    }

    fn after(commands: impl IntoIterator<Item = Command>, done: u32) -> Replay {
        let mut replay = Replay::default();
        commands.into_iter().for_each(|command| replay.add(command));
        give_all(&mut replay);
        replay.done(done);
        replay
    }

    #[test]
    fn a_command_is_given_once() {
        let mut replay = Replay::default();
        replay.add(open(1));
        assert_eq!(give_all(&mut replay), [open(1)]);
        replay.add(Command::Connect);
        assert_eq!(give_all(&mut replay), [Command::Connect]);
        assert!(!replay.is_idle());
        replay.done(2);
        assert!(replay.is_idle());
    }

    #[test]
    fn a_message_the_worker_died_over_is_said_again_to_the_next_one() {
        let mut replay = after([open(1), Command::Connect, show(9), say("first"), say("second")], 4);
        replay.start_over();
        assert_eq!(
            give_all(&mut replay),
            [open(1), Command::Connect, show(9), say("second")]
        );
    }

    #[test]
    fn a_text_is_kept_over_a_reload_until_the_vault_has_it() {
        let mut replay = after([open(1), Command::Connect, say("first")], 2);
        let (account_, kept) = replay.unsent().unwrap();
        assert_eq!(account_, account(1));
        assert_eq!(replay.unsent(), None, "nothing has changed");
        // The page is loaded again, and its worker had not kept it.
        let mut next = after([open(1), Command::Connect], 2);
        next.restore(&kept);
        next.restore(&kept);
        assert_eq!(give_all(&mut next), [say("first")]);
        next.done(3);
        assert_eq!(next.unsent(), Some((account(1), String::new())));
    }

    #[test]
    fn a_text_for_another_account_is_not_kept_under_this_one() {
        let mut replay = after([open(1), say("as one"), open(2)], 0);
        assert_eq!(replay.unsent(), Some((account(2), String::new())));
    }

    #[test]
    fn a_text_the_vault_could_not_keep_is_taken_back_once() {
        let mut replay = after([open(1), say("too much")], 1);
        let id = MessageId([1; 16]);
        replay.event(&Event::NotKept { id });
        replay.done(2);
        assert_eq!(
            replay.take_back(id),
            Some((ConversationId::Direct(account(9)), None, "too much".to_owned()))
        );
        assert_eq!(replay.take_back(id), None);
    }

    #[test]
    fn the_count_of_the_next_worker_begins_at_nothing() {
        let mut replay = after([open(1), say("first")], 2);
        replay.start_over();
        replay.add(say("second"));
        assert_eq!(give_all(&mut replay), [open(1), say("second")]);
        replay.done(1);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), say("second")]);
        replay.done(2);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
    }

    #[test]
    fn a_worker_that_dies_at_once_loses_nothing() {
        let mut replay = after([open(1), Command::Connect, say("first")], 0);
        for _ in 0..3 {
            replay.start_over();
            assert_eq!(give_all(&mut replay), [open(1), Command::Connect, say("first")]);
        }
    }

    #[test]
    fn another_account_starts_without_the_earlier_ones_thread() {
        let mut replay = after([open(1), Command::Connect, show(9), open(2)], 4);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(2)]);
    }

    #[test]
    fn signed_out_and_forgotten_stay_so() {
        let mut replay = after([open(1), Command::Connect, Command::Disconnect], 3);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
        let mut replay = after([open(1), Command::Connect, Command::Forget], 3);
        replay.start_over();
        assert_eq!(give_all(&mut replay), []);
    }

    #[test]
    fn what_another_tab_has_ended_stays_so() {
        let mut replay = after([open(1), Command::Connect, show(9)], 3);
        replay.event(&Event::Connection(Connection::SignedOut));
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), show(9)]);
        replay.done(2);
        replay.event(&Event::Forgotten);
        replay.start_over();
        assert_eq!(give_all(&mut replay), []);
    }

    #[test]
    fn a_question_is_asked_again_until_it_is_answered() {
        let find = Command::Find { account: account(7) };
        let mut replay = after([open(1), find.clone()], 2);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), find]);
        replay.done(2);
        replay.event(&Event::Found {
            account: account(7),
            here: Some(true),
        });
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
    }

    #[test]
    fn the_network_is_known_before_the_vault_opens() {
        let mut replay = after([open(1), Command::Online(false)], 2);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [Command::Online(false), open(1)]);
        replay.done(2);
        replay.add(Command::Online(true));
        give_all(&mut replay);
        replay.done(3);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
    }

    #[test]
    fn where_the_wallet_is_and_which_networks_there_are_is_known_before_anything_is_read() {
        let at = |chain_id| Command::WalletAt {
            account: Some(account(1)),
            chain_id: Some(chain_id),
        };
        let networks = Command::Networks(Vec::new());
        let mut replay = after([open(1), Command::Connect, at(1), networks.clone(), at(5)], 5);
        replay.start_over();
        assert_eq!(
            give_all(&mut replay),
            [open(1), networks.clone(), at(5), Command::Connect]
        );
        replay.done(4);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), networks, at(5), Command::Connect]);
    }

    #[test]
    fn wishes_to_pay_are_kept_until_they_are_done_with_and_not_a_moment_longer() {
        let id = MessageId([2; 16]);
        let tip = Command::Tip {
            peer: account(9),
            id,
            chain_id: 1,
            amount: protocol::U256::from(5),
        };
        let again = Command::TxAgain { id };
        let sent = Command::Wallet {
            number: 7,
            answer: Ok(bridge::WalletAnswer::Sent(protocol::TxHash([3; 32]))),
        };
        let mut replay = after(
            [
                open(1),
                tip.clone(),
                again.clone(),
                Command::TxDrop { id },
                sent.clone(),
            ],
            1,
        );
        replay.start_over();
        assert_eq!(
            give_all(&mut replay),
            [open(1), tip, again.clone(), Command::TxDrop { id }, sent.clone()]
        );
        replay.done(2);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), again, Command::TxDrop { id }, sent]);
        replay.done(4);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
    }

    #[test]
    fn whom_to_pay_is_asked_again_until_it_is_answered() {
        let payee = Command::Payee { peer: account(7) };
        let mut replay = after([open(1), payee.clone()], 2);
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1), payee]);
        replay.done(2);
        replay.event(&Event::NoPayee {
            peer: account(7),
            why: bridge::TipRefusal::Unverified,
        });
        replay.start_over();
        assert_eq!(give_all(&mut replay), [open(1)]);
    }

    #[test]
    fn a_worker_that_counts_wrong_takes_nothing_it_was_not_given() {
        let mut replay = after([open(1)], 0);
        replay.add(say("first"));
        replay.done(1000);
        assert_eq!(give_all(&mut replay), [say("first")]);
    }
}
