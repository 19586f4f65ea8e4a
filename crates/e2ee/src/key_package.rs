//! Key packages: published in advance, so that others can add this installation while it is offline.

use identity::Vouched;
use openmls::prelude::{KeyPackage, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, ProtocolVersion};
use protocol::limits;
use tls_codec::DeserializeBytes;

use crate::{
    E2eeError, Installation,
    credential::{Claim, check_form, validate_stated},
    error::internal,
    installation::RECORD_VERSION,
    provider::{Crypto, is_hpke_key},
    rules::Rules,
    settings,
};

/// Which form of groups the last resort is for, behind a version byte.
const FORM_RECORD: &[u8] = &[0, 3];

impl Installation {
    /// Makes key packages to publish; each can be used for one welcome.
    pub fn key_packages(&mut self, count: usize) -> Result<Vec<Vec<u8>>, E2eeError> {
        (0..count).map(|_| self.key_package(false)).collect()
    }

    /// Makes the last-resort key package, which can be used repeatedly when no other is left (RFC 9420, section 16.8).
    pub fn last_resort(&mut self) -> Result<Vec<u8>, E2eeError> {
        let last_resort = self.key_package(true)?;
        self.provider.store.put_bytes(FORM_RECORD.to_vec(), self.form_record());
        Ok(last_resort)
    }

    /// Whether the last resort advertises all that this build knows. Otherwise it, and whatever was published with it, is of an older
    /// build: groups of a later form could not take this installation in before new ones are published.
    pub fn has_current_key_packages(&self) -> bool {
        let record = self.provider.store.get_bytes(FORM_RECORD);
        record.is_some_and(|record| *record == self.form_record())
    }

    fn form_record(&self) -> Vec<u8> {
        let newest = match self.rules {
            Rules::First => 1,
            Rules::Current => 2,
        };
        vec![RECORD_VERSION, newest]
    }

    fn key_package(&mut self, last_resort: bool) -> Result<Vec<u8>, E2eeError> {
        self.refresh();
        let mut builder = KeyPackage::builder()
            .key_package_lifetime(settings::lifetime())
            .leaf_node_capabilities(settings::capabilities(self.rules));
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle = builder
            .build(
                settings::SUITE,
                &self.provider,
                &self.signer,
                self.credential_with_key()?,
            )
            .map_err(internal)?;
        MlsMessageOut::from(bundle.into_key_package())
            .to_bytes()
            .map_err(internal)
    }
}

/// The key package in `bytes`, if it is valid and belongs to the installation that was vouched for.
pub(crate) fn read(bytes: &[u8], vouched: &Vouched, crypto: &Crypto) -> Result<KeyPackage, E2eeError> {
    if bytes.len() > limits::KEY_PACKAGE {
        return Err(E2eeError::TooLarge);
    }
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| E2eeError::Garbage)?;
    let MlsMessageBodyIn::KeyPackage(unchecked) = message.extract() else {
        return Err(E2eeError::Garbage);
    };
    let key_package = unchecked
        .validate(crypto, ProtocolVersion::Mls10)
        .map_err(|_| E2eeError::Garbage)?;
    if key_package.ciphersuite() != settings::SUITE {
        return Err(E2eeError::Garbage);
    }
    let leaf = key_package.leaf_node();
    let claim = Claim::read(leaf.credential()).ok_or(E2eeError::NotBelieved)?;
    validate_stated(claim, leaf.signature_key().as_slice(), vouched)?;
    check_form(leaf)?;
    if !is_hpke_key(key_package.hpke_init_key().as_slice()) {
        return Err(E2eeError::NotBelieved);
    }
    Ok(key_package)
}
