//! People who cheat, and a server that lies. Mallory uses the library directly and leaves out every check of ours.

use identity::{Association, Stated, Vouched};
use openmls::prelude::{
    Credential, CredentialWithKey, Extension, Extensions, ExternalSender, GroupContext, KeyPackage, LeafNodeParameters,
    Lifetime, MlsGroup, MlsGroupJoinConfig, MlsMessageOut, PURE_PLAINTEXT_WIRE_FORMAT_POLICY,
};
use protocol::{AssociationHash, Topic, Welcome};

use super::people::{DOMAIN, Directory, Person, TOPIC, alice_and_bob, all_talk, three};
use crate::{
    Associations, E2eeError, Installation, Processed, Proposed, installation::group_id, rules::Rules, settings,
};

/// A key package with any credential and lifetime, signed by this installation's key.
fn forged_key_package(it: &Installation, credential: Credential, lifetime: Lifetime) -> KeyPackage {
    let key = CredentialWithKey {
        credential,
        signature_key: it.public_key().as_slice().into(),
    };
    KeyPackage::builder()
        .key_package_lifetime(lifetime)
        .leaf_node_capabilities(settings::capabilities(Rules::Current))
        .build(settings::SUITE, &it.provider, &it.signer, key)
        .unwrap()
        .into_key_package()
}

fn bytes(key_package: &KeyPackage) -> Vec<u8> {
    MlsMessageOut::from(key_package.clone()).to_bytes().unwrap()
}

pub(super) fn credential(person: &Person) -> Credential {
    person.it.credential_with_key().unwrap().credential
}

/// A commit without any check of ours; merged by Mallory herself if `merge`.
pub(super) fn raw_commit(
    mallory: &mut Person,
    topic: Topic,
    add: Vec<KeyPackage>,
    leaf: LeafNodeParameters,
    extensions: Option<Extensions<GroupContext>>,
) -> Proposed {
    let it = &mallory.it;
    let mut group = it.group_to_change(topic).unwrap();
    group.set_aad(topic.0.to_vec());
    let mut builder = group.commit_builder();
    if let Some(extensions) = extensions {
        builder = builder.propose_group_context_extensions(extensions).unwrap();
    }
    let (commit, welcome, _) = builder
        .propose_adds(add)
        .leaf_node_parameters(leaf)
        .force_self_update(true)
        .load_psks(&it.provider.store)
        .unwrap()
        .build(&it.provider.crypto, &it.provider.crypto, &it.signer, |_| true)
        .unwrap()
        .stage_commit(&it.provider)
        .unwrap()
        .into_messages();
    let message = welcome.map(|welcome| welcome.to_bytes().unwrap()).unwrap_or_default();
    let installation = mallory.vouched.installation;
    Proposed {
        commit: commit.to_bytes().unwrap(),
        welcomes: vec![Welcome { installation, message }],
    }
}

/// The conversation goes on as if nothing had been: the bad commit is skipped by everybody, a good one follows.
pub(super) fn goes_on(alice: &mut Person, bob: &mut Person) {
    all_talk(&mut [alice, bob]);
    let proposed = alice.propose(&mut [], &[]);
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    all_talk(&mut [alice, bob]);
}

#[test]
fn a_stolen_credential_in_a_key_package_is_not_invited() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let known = alice.known.clone();
    let (carol, mallory) = (Person::new("carol", 3, &known), Person::new("mallory", 66, &known));
    let forged = bytes(&forged_key_package(
        &mallory.it,
        credential(&carol),
        settings::lifetime(),
    ));
    for vouched in [&carol.vouched, &mallory.vouched, &bob.vouched] {
        let add = [(forged.clone(), vouched.clone())];
        assert_eq!(
            alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
            E2eeError::NotBelieved
        );
    }
    // Somebody's honest key package under another's name
    let mut carol = carol;
    let add = [(carol.key_package(), mallory.vouched.clone())];
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
        E2eeError::NotBelieved
    );
    // Mallory's own key and association under Carol's address; Mallory's under a hash that is not theirs
    for (address, association) in [
        (carol.vouched.address, mallory.vouched.hash),
        (mallory.vouched.address, AssociationHash([9; 32])),
    ] {
        let claim = crate::credential::Claim { address, association };
        let forged = bytes(&forged_key_package(
            &mallory.it,
            claim.credential(),
            settings::lifetime(),
        ));
        let add = [(forged, mallory.vouched.clone())];
        assert_eq!(
            alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
            E2eeError::NotBelieved
        );
    }
    // Credentials of another form
    let own = credential(&mallory).serialized_content().to_vec();
    let mut version = own.clone();
    version[0] = 2;
    for bad in [vec![], own[..52].to_vec(), [own, vec![0]].concat(), version] {
        let bad = Credential::new(openmls::prelude::CredentialType::Basic, bad);
        let forged = bytes(&forged_key_package(&mallory.it, bad, settings::lifetime()));
        let add = [(forged, mallory.vouched.clone())];
        assert_eq!(
            alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
            E2eeError::NotBelieved
        );
    }
    goes_on(&mut alice, &mut bob);
}

#[test]
fn a_member_cannot_add_a_ghost_under_a_stolen_credential() {
    let (mut alice, mut bob, mut mallory) = three(false);
    let known = alice.known.clone();
    let (dave, ghost) = (Person::new("dave", 4, &known), Person::new("ghost", 66, &known));
    let stolen = forged_key_package(&ghost.it, credential(&dave), settings::lifetime());
    let bad = raw_commit(&mut mallory, TOPIC, vec![stolen], LeafNodeParameters::default(), None);
    mallory.it.roll_back();
    for person in [&mut alice, &mut bob] {
        assert_eq!(person.process(&bad.commit), Err(E2eeError::NotBelieved));
        assert_eq!(person.it.members(TOPIC).len(), 3);
    }
    all_talk(&mut [&mut alice, &mut bob, &mut mallory]);
    goes_on(&mut alice, &mut bob);
}

#[test]
fn a_member_cannot_take_anothers_name() {
    let (mut alice, mut bob, mut mallory) = three(false);
    let (of_alice, of_bob) = (credential(&alice), credential(&bob));
    for stolen in [of_alice, of_bob] {
        let key = CredentialWithKey {
            credential: stolen,
            signature_key: mallory.it.public_key().as_slice().into(),
        };
        let leaf = LeafNodeParameters::builder().with_credential_with_key(key).build();
        let bad = raw_commit(&mut mallory, TOPIC, vec![], leaf, None);
        mallory.it.roll_back();
        for person in [&mut alice, &mut bob] {
            assert_eq!(person.process(&bad.commit), Err(E2eeError::NotBelieved));
        }
    }
    all_talk(&mut [&mut alice, &mut bob, &mut mallory]);
    goes_on(&mut alice, &mut bob);
}

#[test]
fn a_member_cannot_become_another_installation_or_account() {
    // Mallory's key is vouched for by two wallets: hers, and another one she owns.
    let (mut alice, mut bob, mut mallory) = three(false);
    let second = super::people::vouch(67, &mallory.it.public_key(), "0123456789abcdef");
    mallory.known.show(second.hash, second.clone());
    let claim = crate::credential::Claim {
        address: second.address,
        association: second.hash,
    };
    let key = CredentialWithKey {
        credential: claim.credential(),
        signature_key: mallory.it.public_key().as_slice().into(),
    };
    let leaf = LeafNodeParameters::builder().with_credential_with_key(key).build();
    let bad = raw_commit(&mut mallory, TOPIC, vec![], leaf, None);
    for person in [&mut alice, &mut bob] {
        assert_eq!(person.process(&bad.commit), Err(E2eeError::NotBelieved));
    }
    goes_on(&mut alice, &mut bob);
}

/// Mallory makes a group with this leaf of hers, adds Bob, and sends him the welcome.
pub(super) fn trap(
    mallory: &mut Person,
    bob: &mut Person,
    credential: Credential,
    lifetime: Lifetime,
    extensions: Extensions<GroupContext>,
) -> Vec<u8> {
    let key_package = forged_key_package(&bob.it, self::credential(bob), settings::lifetime());
    bob.save();
    let key = CredentialWithKey {
        credential,
        signature_key: mallory.it.public_key().as_slice().into(),
    };
    let config = openmls::prelude::MlsGroupCreateConfig::builder()
        .ciphersuite(settings::SUITE)
        .use_ratchet_tree_extension(true)
        .lifetime(lifetime)
        .capabilities(settings::capabilities(Rules::Current))
        .with_group_context_extensions(extensions)
        .build();
    let group =
        MlsGroup::new_with_group_id(&mallory.it.provider, &mallory.it.signer, &config, group_id(TOPIC), key).unwrap();
    mallory.it.keep(TOPIC, group);
    let it = &mallory.it;
    let mut group = it.group_to_change(TOPIC).unwrap();
    // Without an update of her own leaf: it stays the one the group was made with.
    let (_, welcome, _) = group
        .add_members_without_update(&it.provider, &it.signer, &[key_package])
        .unwrap();
    group.merge_pending_commit(&it.provider).unwrap();
    welcome.to_bytes().unwrap()
}

#[test]
fn nobody_joins_a_group_with_a_stolen_credential_in_it() {
    let known = Directory::default();
    let (mut alice, mut bob) = (Person::new("alice", 1, &known), Person::new("bob", 2, &known));
    let mut mallory = Person::new("mallory", 66, &known);
    let welcome = trap(
        &mut mallory,
        &mut bob,
        credential(&alice),
        settings::lifetime(),
        Extensions::default(),
    );
    assert_eq!(
        bob.step(|it| it.join(TOPIC, &welcome, &known)),
        Err(E2eeError::NotBelieved)
    );
    assert!(!bob.it.has(TOPIC));
    // The real Alice gets through.
    alice.step(|it| it.create(TOPIC)).unwrap();
    let proposed = alice.propose(&mut [&mut bob], &[]);
    alice.merge();
    bob.join(&proposed).unwrap();
    all_talk(&mut [&mut alice, &mut bob]);
}

/// A group-context extension that lets somebody propose who is no member.
pub(super) fn stranger_may_propose(stranger: &Person) -> Extensions<GroupContext> {
    let sender = ExternalSender::new(stranger.it.public_key().as_slice().into(), credential(stranger));
    Extensions::single(Extension::ExternalSenders(vec![sender])).unwrap()
}

#[test]
fn nobody_joins_a_group_that_strangers_may_change() {
    let known = Directory::default();
    let (mut bob, mut mallory) = (Person::new("bob", 2, &known), Person::new("mallory", 66, &known));
    let (own, extensions) = (credential(&mallory), stranger_may_propose(&mallory));
    let welcome = trap(&mut mallory, &mut bob, own, settings::lifetime(), extensions);
    assert_eq!(
        bob.step(|it| it.join(TOPIC, &welcome, &known)),
        Err(E2eeError::UnsupportedGroup)
    );
}

#[test]
fn a_commit_sealed_for_another_topic_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    for wrong in [vec![], vec![8; 32], vec![7; 33]] {
        let it = &alice.it;
        let mut group = it.group_to_change(TOPIC).unwrap();
        group.set_aad(wrong);
        let bundle = group
            .self_update(&it.provider, &it.signer, LeafNodeParameters::default())
            .unwrap();
        drop(group);
        alice.it.roll_back();
        assert_eq!(
            bob.process(&bundle.into_commit().to_bytes().unwrap()),
            Err(E2eeError::Garbage)
        );
    }
    goes_on(&mut alice, &mut bob);
}

#[test]
fn an_expired_leaf_does_not_keep_others_out() {
    let known = Directory::default();
    let (mut bob, mut old) = (Person::new("bob", 2, &known), Person::new("old", 5, &known));
    let own = credential(&old);
    let welcome = trap(&mut old, &mut bob, own, Lifetime::init(0, 1), Extensions::default());
    assert_eq!(
        bob.step(|it| it.join(TOPIC, &welcome, &known)).unwrap(),
        [old.member(), bob.member()]
    );
}

#[test]
fn a_welcome_leads_only_where_it_says() {
    let known = Directory::default();
    let (mut alice, mut bob, mut carol) = (
        Person::new("alice", 1, &known),
        Person::new("bob", 2, &known),
        Person::new("carol", 3, &known),
    );
    alice.step(|it| it.create(TOPIC)).unwrap();
    let proposed = alice.propose(&mut [&mut bob], &[]);
    let welcome = &proposed.welcomes[0].message;
    assert_eq!(
        bob.step(|it| it.join(Topic([8; 32]), welcome, &known)),
        Err(E2eeError::Garbage)
    );
    assert_eq!(
        carol.step(|it| it.join(TOPIC, welcome, &known)),
        Err(E2eeError::NoKeyPackage)
    );
    assert_eq!(
        bob.step(|it| it.join(TOPIC, &proposed.commit, &known)),
        Err(E2eeError::Garbage)
    );
    assert_eq!(bob.step(|it| it.join(TOPIC, &[], &known)), Err(E2eeError::Garbage));
    for at in (0..welcome.len()).step_by(7) {
        let mut flipped = welcome.clone();
        flipped[at] ^= 0x10;
        assert!(bob.step(|it| it.join(TOPIC, &flipped, &known)).is_err(), "byte {at}");
    }
    bob.join(&proposed).unwrap();
}

/// A directory that answers everything with the same association.
struct Liar(Vouched);

impl Associations for Liar {
    fn stated(&self, _: &AssociationHash) -> Option<Stated> {
        Some((*self.0).clone())
    }
}

#[test]
fn a_forged_association_is_believed_by_nobody() {
    // It never becomes a `Vouched`…
    let (alice, bob) = alice_and_bob(false);
    let text = "jackdaw.example wants you to sign in with your Ethereum account:".to_owned();
    let forged = Association {
        text,
        signature: vec![0; 65],
        public_key: alice.it.public_key().to_vec(),
    };
    assert!(forged.verify(DOMAIN).is_err());
    // …and a directory that answers with another one is not believed either.
    let (mut alice, mut bob) = (alice, bob);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let proposed = alice.propose(&mut [&mut carol], &[]);
    for other in [alice.vouched.clone(), carol.vouched.clone()] {
        let liar = Liar(other);
        assert_eq!(
            bob.step(|it| it.process(TOPIC, &proposed.commit, &liar)),
            Err(E2eeError::NotBelieved)
        );
        let welcome = &proposed.welcomes[0].message;
        assert_eq!(carol.it.join(TOPIC, welcome, &liar), Err(E2eeError::NotBelieved));
        carol.it.roll_back();
    }
    bob.process(&proposed.commit).unwrap();
}

#[test]
fn garbage_costs_nothing() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let good = alice.propose(&mut [], &[]);
    let commit = &good.commit;
    let mut bad = vec![
        vec![],
        vec![0],
        vec![0xff; 300],
        commit[..commit.len() - 1].to_vec(),
        [commit.as_slice(), &[0]].concat(),
    ];
    for at in (0..commit.len()).step_by(5) {
        let mut flipped = commit.clone();
        flipped[at] ^= 1;
        bad.push(flipped);
    }
    for bad in bad {
        let error = bob.process(&bad).unwrap_err();
        let skipped = matches!(
            error,
            E2eeError::Garbage | E2eeError::WrongEpoch | E2eeError::OwnMessage
        );
        assert!(skipped, "{error:?} for {}", hex::encode(bad));
    }
    bob.process(commit).unwrap();
    alice.merge();
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn every_flipped_byte_of_a_message_is_noticed() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let message = alice.say("exact");
    for at in 0..message.len() {
        let mut flipped = message.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(bob.process(&flipped).is_err(), "byte {at}");
    }
    assert_eq!(bob.hear(&message).1, "exact");
}

#[test]
fn a_message_of_another_conversation_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let other = Topic([8; 32]);
    alice.step(|it| it.create(other)).unwrap();
    let add = [(bob.key_package(), bob.vouched.clone())];
    let proposed = alice.step(|it| it.commit(other, &add, &[])).unwrap();
    alice.step(|it| it.merge_pending(other)).unwrap();
    let known = bob.known.clone();
    bob.step(|it| it.join(other, &proposed.welcomes[0].message, &known))
        .unwrap();
    let (id, plaintext) = alice.content("there");
    let elsewhere = alice.step(|it| it.encrypt(other, id, plaintext.clone())).unwrap();
    assert_eq!(bob.process(&elsewhere), Err(E2eeError::Garbage));
    let here = alice.say("here");
    assert_eq!(bob.step(|it| it.process(other, &here, &known)), Err(E2eeError::Garbage));
    assert_eq!(bob.hear(&here).1, "here");
    let Processed::Message { plaintext: read, .. } = bob.step(|it| it.process(other, &elsewhere, &known)).unwrap()
    else {
        panic!("a message")
    };
    assert_eq!(*read, plaintext);
}

#[test]
fn a_message_sealed_under_another_id_or_topic_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let (id, plaintext) = alice.content("swapped");
    let right = [TOPIC.0.as_slice(), &id.0].concat();
    for wrong in [
        vec![],
        TOPIC.0.to_vec(),
        [&[9; 32], id.0.as_slice()].concat(),
        [right.as_slice(), &[0]].concat(),
    ] {
        let it = &alice.it;
        let mut group = it.group_to_change(TOPIC).unwrap();
        group.set_aad(wrong);
        let sealed = group
            .create_message(&it.provider, &it.signer, &plaintext)
            .unwrap()
            .to_bytes()
            .unwrap();
        drop(group);
        assert_eq!(bob.process(&sealed), Err(E2eeError::Garbage));
    }
    alice.save();
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn only_adds_removals_and_updates_are_spoken() {
    let (mut alice, mut bob, mut mallory) = three(false);
    // A group-context extension that would let a stranger propose
    let extensions = stranger_may_propose(&mallory);
    let bad = raw_commit(
        &mut mallory,
        TOPIC,
        vec![],
        LeafNodeParameters::default(),
        Some(extensions),
    );
    mallory.it.roll_back();
    // A proposal on its own
    let it = &mallory.it;
    let (own_proposal, _) = it
        .group_to_change(TOPIC)
        .unwrap()
        .propose_self_update(&it.provider, &it.signer, LeafNodeParameters::default())
        .unwrap();
    mallory.it.roll_back();
    // A commit in the open
    let open = MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .build();
    mallory
        .it
        .group_to_change(TOPIC)
        .unwrap()
        .set_configuration(&mallory.it.provider.store, &open)
        .unwrap();
    let in_the_open = raw_commit(&mut mallory, TOPIC, vec![], LeafNodeParameters::default(), None);
    mallory.it.roll_back();
    for bad in [&bad.commit, &own_proposal.to_bytes().unwrap(), &in_the_open.commit] {
        for person in [&mut alice, &mut bob] {
            assert_eq!(person.process(bad), Err(E2eeError::Garbage));
        }
    }
    all_talk(&mut [&mut alice, &mut bob, &mut mallory]);
    goes_on(&mut alice, &mut bob);
}

#[test]
fn leaves_of_another_form_are_refused_by_everybody_alike() {
    // A lifetime that ends would be judged by each member's own clock.
    let (mut alice, mut bob, mut mallory) = three(false);
    let dave = Person::new("dave", 4, &alice.known.clone());
    let bounded = forged_key_package(&dave.it, credential(&dave), Lifetime::new(3600));
    let bad = raw_commit(
        &mut mallory,
        TOPIC,
        vec![bounded.clone()],
        LeafNodeParameters::default(),
        None,
    );
    for person in [&mut alice, &mut bob] {
        assert_eq!(person.process(&bad.commit), Err(E2eeError::NotBelieved));
        let add = [(bytes(&bounded), dave.vouched.clone())];
        assert_eq!(
            person.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
            E2eeError::NotBelieved
        );
    }
    goes_on(&mut alice, &mut bob);
}

#[test]
fn a_key_package_that_does_not_hold_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let good = carol.key_package();
    let mut bad = vec![
        vec![],
        good[1..].to_vec(),
        [good.as_slice(), &[0]].concat(),
        bob.say("no key package"),
    ];
    for at in (0..good.len()).step_by(3) {
        let mut flipped = good.clone();
        flipped[at] ^= 4;
        bad.push(flipped);
    }
    for bad in bad {
        let add = [(bad, carol.vouched.clone())];
        assert!(alice.step(|it| it.commit(TOPIC, &add, &[])).is_err());
    }
    let large = [(vec![0; protocol::limits::KEY_PACKAGE + 1], carol.vouched.clone())];
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &large, &[])).unwrap_err(),
        E2eeError::TooLarge
    );
}
