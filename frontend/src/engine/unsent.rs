//! What was sent and the vault does not have yet, as the browser keeps it over a reload: one line each, of message id, conversation,
//! the message it answers, its kind, and its text in hexadecimal. Not an encoded [`Command`], because the page that reads it may be of another
//! release.

use bridge::{Command, Draft};
use protocol::Address;

/// No message is answered.
const NONE: &str = "-";
const TEXT: &str = "text";
const REACT: &str = "react";
const UNREACT: &str = "unreact";

/// The key under which the tab's storage keeps them.
pub fn key(account: Address) -> String {
    format!("unsent {account}")
}

/// One line, if the command sends something.
pub fn line(command: &Command) -> Option<String> {
    let Command::Send {
        conversation,
        id,
        in_reply_to,
        body,
    } = command
    else {
        return None;
    };
    let (kind, text) = match body {
        Draft::Text(text) => (TEXT, text),
        Draft::Reaction { emoji, set: true } => (REACT, emoji),
        Draft::Reaction { emoji, set: false } => (UNREACT, emoji),
    };
    let answered = in_reply_to.map_or_else(|| NONE.to_owned(), |id| id.to_string());
    Some(format!("{id} {conversation} {answered} {kind} {}\n", hex::encode(text)))
}

/// The commands of the lines that can be read.
pub fn commands(kept: &str) -> impl Iterator<Item = Command> {
    kept.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let id = fields.next()?.parse().ok()?;
        let conversation = fields.next()?.parse().ok()?;
        let in_reply_to = match fields.next()? {
            NONE => None,
            answered => Some(answered.parse().ok()?),
        };
        let kind = fields.next()?;
        let text = String::from_utf8(hex::decode(fields.next()?).ok()?).ok()?;
        let body = match kind {
            TEXT => Draft::Text(text),
            REACT | UNREACT => Draft::Reaction {
                emoji: text,
                set: kind == REACT,
            },
            _ => return None,
        };
        Some(Command::Send {
            conversation,
            id,
            in_reply_to,
            body,
        })
    })
}

#[cfg(test)]
mod tests {
    use bridge::ConversationId;
    use protocol::{MessageId, Topic};

    use super::*;

    #[test]
    fn what_was_sent_is_read_as_it_was_kept_and_what_is_damaged_is_left_out() {
        let id = |number| MessageId([number; 16]);
        let peer = ConversationId::Direct(Address::repeat_byte(9));
        let react = |number, set| Command::Send {
            conversation: ConversationId::Group(Topic([7; 32])),
            id: id(number),
            in_reply_to: Some(id(1)),
            body: Draft::Reaction {
                emoji: "🐦".to_owned(),
                set,
            },
        };
        let sent = [
            Command::text(peer, id(1), "two\nlines, and \u{1e}"),
            react(2, true),
            react(3, false),
        ];
        let mut kept: String = sent.iter().filter_map(line).collect();
        kept.push_str("half a li");
        assert_eq!(commands(&kept).collect::<Vec<_>>(), sent);
        assert_eq!(line(&Command::Connect), None);
    }
}
