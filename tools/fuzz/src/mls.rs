//! What a member of a conversation, or a server, may send into it: messages, commits, welcomes, key packages.
//!
//! With its cryptography in place every changed byte is noticed at once, and nothing behind the seal would ever be reached. The programs of
//! libFuzzer are therefore compiled with `--cfg fuzzing`, under which `e2ee` sees through: what is encrypted is only framed, and
//! every signature fits. So everything a member could seal, and every tree an inviter could send, is a few changed bytes away; and what must
//! hold then is what holds without a single signature: nobody is in a conversation whose key no account vouches for.

use std::cell::RefCell;

use content::{Body, Content, Text};
use e2ee::{Associations, E2eeError, Member, Processed};
use identity::Vouched;
use protocol::{MessageId, Topic, UnixMillis};
use sha2::{Digest as _, Sha256};

use crate::people::{Directory, Person};

const TOPIC: Topic = Topic([7; 32]);
/// The conversation Dave is invited to.
const OTHER: Topic = Topic([8; 32]);

/// Alice, Bob and Carol talk; Dave is invited by Alice; Erin is still to be. All of it is at rest between two inputs.
struct World {
    known: Directory,
    bob: Person,
    dave: Person,
    erin: Vouched,
    message: Vec<u8>,
    commit: Vec<u8>,
    welcome: Vec<u8>,
    key_package: Vec<u8>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// The first byte says where the rest goes: into the conversation, an invitation, or a place for a key package.
/// Whatever is refused leaves no trace; whatever is taken leaves only people somebody vouches for; afterwards honest words are
/// understood as before.
pub(crate) fn holds(input: &[u8]) {
    let Some((way, bytes)) = input.split_first() else {
        return;
    };
    WORLD.with_borrow_mut(|world| {
        match way % 3 {
            0 => world.as_a_message(bytes),
            1 => world.as_an_invitation(bytes),
            _ => world.as_a_key_package(bytes),
        }
        world.is_at_rest();
        // That costs more than all the rest: for one in sixteen.
        if Sha256::digest(bytes)[0] % 16 == 0 {
            world.goes_on();
        }
    });
}

/// An honest input of each kind.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    WORLD.with_borrow(|world| {
        let seed = |name: &str, way: u8, bytes: &[u8]| (name.to_owned(), [&[way], bytes].concat());
        vec![
            seed("message", 0, &world.message),
            seed("commit", 0, &world.commit),
            seed("welcome", 1, &world.welcome),
            seed("key-package", 2, &world.key_package),
        ]
    })
}

impl World {
    fn new() -> Self {
        let known = Directory::default();
        let person = |name, wallet| Person::new(name, wallet, &known);
        let (mut alice, mut bob, mut carol) = (person("alice", 1), person("bob", 2), person("carol", 3));
        let (mut dave, mut erin) = (person("dave", 4), person("erin", 5));

        alice.step(|it| it.create(TOPIC));
        let add = [bob.invitable(), carol.invitable()];
        let proposed = alice.step(|it| it.commit(TOPIC, &add, &[]));
        alice.step(|it| it.merge_pending(TOPIC));
        for (other, welcome) in [&mut bob, &mut carol].into_iter().zip(&proposed.welcomes) {
            other.step(|it| it.join(TOPIC, &welcome.message, &known));
        }
        // Carol renews her keys, so that there is more to the tree than leaves.
        let renewed = carol.step(|it| it.commit(TOPIC, &[], &[]));
        for other in [&mut alice, &mut bob] {
            other.step(|it| it.process(TOPIC, &renewed.commit, &known));
        }
        let text = Body::of(&Text("As before.".into())).expect("short");
        let content = Content::new(MessageId([5; 16]), UnixMillis(1_790_000_000_000), text);
        let plaintext = content.encode().expect("short");
        let message = alice.step(|it| it.encrypt(TOPIC, content.id, plaintext.clone()));
        let added = erin.invitable();
        let key_package = added.0.clone();
        let commit = alice.step(|it| it.commit(TOPIC, &[added], &[])).commit;

        alice.step(|it| it.create(OTHER));
        let add = [dave.invitable()];
        let welcome = alice.step(|it| it.commit(OTHER, &add, &[])).welcomes.remove(0).message;
        Self {
            known,
            bob,
            dave,
            erin: erin.vouched,
            message,
            commit,
            welcome,
            key_package,
        }
    }

    fn as_a_message(&mut self, bytes: &[u8]) {
        let before = self.bob.it.epoch(TOPIC);
        match self.bob.it.process(TOPIC, bytes, &self.known) {
            Ok(Processed::Message { from, id, plaintext }) => {
                self.is_known(&from);
                let _ = Content::decode(&plaintext, id);
            }
            Ok(Processed::Commit { added, left: false, .. }) => {
                assert_eq!(self.bob.it.epoch(TOPIC), before.map(|epoch| epoch + 1));
                self.only_known(&self.bob.it.members(TOPIC));
                self.only_known(&added);
                let renewed = self.bob.it.commit(TOPIC, &[], &[]);
                renewed.expect("whoever believes a commit can make the next");
            }
            Ok(Processed::Commit { left: true, .. }) => assert!(!self.bob.it.has(TOPIC), "gone, and still there"),
            Err(error) => is_no_defect(&error),
        }
    }

    fn as_an_invitation(&mut self, bytes: &[u8]) {
        match self.dave.it.join(OTHER, bytes, &self.known) {
            Ok(members) => {
                self.only_known(&members);
                assert_eq!(members, self.dave.it.members(OTHER));
            }
            Err(error) => is_no_defect(&error),
        }
    }

    fn as_a_key_package(&mut self, bytes: &[u8]) {
        let add = [(bytes.to_vec(), self.erin.clone())];
        match self.bob.it.commit(TOPIC, &add, &[]) {
            Ok(proposed) => assert_eq!(proposed.welcomes[0].installation, self.erin.installation),
            Err(error) => is_no_defect(&error),
        }
    }

    fn is_known(&self, member: &Member) {
        let stated = self
            .known
            .stated(&member.association)
            .expect("an account vouches for it");
        assert_eq!(
            (stated.address, stated.installation),
            (member.address, member.installation)
        );
    }

    fn only_known(&self, members: &[Member]) {
        for (at, member) in members.iter().enumerate() {
            self.is_known(member);
            let twice = members[..at]
                .iter()
                .any(|other| other.installation == member.installation);
            assert!(!twice, "one key at two places");
        }
    }

    /// Nothing of the last input stays.
    fn is_at_rest(&mut self) {
        for person in [&mut self.bob, &mut self.dave] {
            person.it.roll_back();
            assert!(
                person.it.take_changes().is_empty(),
                "a discarded step leaves something to write"
            );
        }
        assert!(!self.bob.it.has_pending(TOPIC) && !self.dave.it.has(OTHER));
        assert_eq!(
            (self.bob.it.epoch(TOPIC), self.bob.it.members(TOPIC).len()),
            (Some(2), 3)
        );
    }

    /// Honest words are understood.
    fn goes_on(&mut self) {
        for bytes in [&self.message, &self.commit] {
            self.bob
                .it
                .process(TOPIC, bytes, &self.known)
                .expect("what is honest is read");
            self.bob.it.roll_back();
        }
        self.dave
            .it
            .join(OTHER, &self.welcome, &self.known)
            .expect("who is invited may join");
        self.dave.it.roll_back();
    }
}

/// Refused, not stumbled over.
fn is_no_defect(error: &E2eeError) {
    assert!(
        !matches!(error, E2eeError::Internal(_) | E2eeError::Damaged(_)),
        "{error}"
    );
}
