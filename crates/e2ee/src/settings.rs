//! Parameters of groups and key packages. All members must agree on most of them; the rest is how much is kept.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, Lifetime, MlsGroupCreateConfig, MlsGroupJoinConfig,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProtocolVersion, SenderRatchetConfiguration,
};

use crate::rules::{GROUP, Rules};

/// Suite 2 of RFC 9420: NIST P-256 throughout, so that the installation's one key also proves it to the server.
pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

/// Plaintexts are padded to a multiple of this, so that lengths say little.
const PADDING: usize = 256;
/// How many past epochs' late messages can still be read. The secrets of each are written again with every message.
const PAST_EPOCHS: usize = 2;
/// How many generations behind and ahead of the newest message of a sender others may arrive.
const OUT_OF_ORDER: u32 = 50;
const AHEAD: u32 = 2000;
/// 9999-12-31: leaves do not expire. OpenMLS compares a key package's lifetime with the local clock *while reading a
/// commit*; a member that was away for longer, or whose clock is wrong, would refuse what all others have merged. Age
/// is instead answered by fresh key packages and self-updates. Leaves with any other lifetime are refused by everybody.
const NEVER: u64 = 253_402_300_799;

pub(crate) fn lifetime() -> Lifetime {
    Lifetime::init(0, NEVER)
}

pub(crate) fn capabilities(rules: Rules) -> Capabilities {
    let extensions: &[ExtensionType] = match rules {
        Rules::First => &[ExtensionType::LastResort],
        Rules::Current => &[ExtensionType::LastResort, GROUP],
    };
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[SUITE]),
        Some(extensions),
        Some(&[]),
        Some(&[CredentialType::Basic]),
    )
}

fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER, AHEAD)
}

pub(crate) fn create(rules: Rules) -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING)
        .max_past_epochs(PAST_EPOCHS)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(true)
        .sender_ratchet_configuration(ratchets())
        .lifetime(lifetime())
        .capabilities(capabilities(rules))
        .build()
}

pub(crate) fn join() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING)
        .max_past_epochs(PAST_EPOCHS)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(true)
        .sender_ratchet_configuration(ratchets())
        .build()
}
