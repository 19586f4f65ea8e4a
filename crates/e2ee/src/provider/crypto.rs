//! Suite 2 (`MLS_128_DHKEMP256_AES128GCM_SHA256_P256`) on RustCrypto, and nothing else.
//!
//! Compiled with `--cfg fuzzing`, as only the programs of `cargo xtask fuzz` are, it protects nothing: ciphertexts are framed plaintexts,
//! every well-formed signature verifies, and all tags are equal. Mutated bytes then reach what only members could encrypt.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aes_gcm::{
    Aes128Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm128, kdf::HkdfSha256, kem::DhP256HkdfSha256,
};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig,
        HpkeKdfType, HpkeKemType, HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use sha2::{Digest, Sha256};
use tls_codec::SecretVLBytes;

use crate::{
    randomness::{Randomness, Stream},
    settings::SUITE,
};

#[cfg(all(fuzzing, target_arch = "wasm32"))]
compile_error!("`--cfg fuzzing` is for fuzzing alone: it takes the encryption away");

type P256Kem = DhP256HkdfSha256;

/// What stands behind a ciphertext of AES-GCM.
const TAG: usize = 16;

/// Frames a plaintext as a ciphertext.
fn framed(plaintext: &[u8]) -> Vec<u8> {
    [plaintext, &[0; TAG]].concat()
}

/// The plaintext in such a frame.
fn unframed(ciphertext: &[u8], none: CryptoError) -> Result<Vec<u8>, CryptoError> {
    let length = ciphertext.len().checked_sub(TAG).ok_or(none)?;
    Ok(ciphertext[..length].to_vec())
}

/// The primitives of suite 2, and the stream of randomness they read from.
pub(crate) struct Crypto {
    stream: Mutex<Stream>,
}

impl Default for Crypto {
    fn default() -> Self {
        Self {
            stream: Mutex::new(Stream::new()),
        }
    }
}

impl Crypto {
    /// Mixes in fresh randomness, once for each operation.
    pub(crate) fn seed(&self, source: &mut dyn Randomness) {
        self.stream().seed(source);
    }

    /// Generates a P-256 signing key.
    pub(crate) fn signing_key(&self) -> SigningKey {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        loop {
            self.stream().fill(bytes.as_mut());
            // All but one in 2^32 draws are below the order.
            if let Ok(key) = SigningKey::from_slice(bytes.as_ref()) {
                return key;
            }
        }
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenMlsRand for Crypto {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        let mut bytes = [0; N];
        self.stream().fill(&mut bytes);
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut bytes = vec![0; len];
        self.stream().fill(&mut bytes);
        Ok(bytes)
    }
}

fn sha256(hash: HashType) -> Result<(), CryptoError> {
    if hash == HashType::Sha2_256 {
        Ok(())
    } else {
        Err(CryptoError::UnsupportedHashAlgorithm)
    }
}

fn p256(scheme: SignatureScheme) -> Result<(), CryptoError> {
    if scheme == SignatureScheme::ECDSA_SECP256R1_SHA256 {
        Ok(())
    } else {
        Err(CryptoError::UnsupportedSignatureScheme)
    }
}

fn cipher(algorithm: AeadType, key: &[u8]) -> Result<Aes128Gcm, CryptoError> {
    if algorithm != AeadType::Aes128Gcm {
        return Err(CryptoError::UnsupportedAeadAlgorithm);
    }
    Aes128Gcm::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)
}

fn suite2(config: &HpkeConfig) -> Result<(), CryptoError> {
    match config {
        HpkeConfig(HpkeKemType::DhKemP256, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) => Ok(()),
        _ => Err(CryptoError::UnsupportedCiphersuite),
    }
}

fn hpke_public(bytes: &[u8]) -> Result<<P256Kem as Kem>::PublicKey, CryptoError> {
    <P256Kem as Kem>::PublicKey::from_bytes(bytes).map_err(|_| CryptoError::InvalidPublicKey)
}

/// Whether bytes are a public key of HPKE for suite 2. RFC 9420 leaves it to encryption to notice that they are not a point of the curve;
/// by then no member could make a commit any more.
pub(crate) fn is_hpke_key(bytes: &[u8]) -> bool {
    hpke_public(bytes).is_ok()
}

fn hpke_private(bytes: &[u8]) -> Result<<P256Kem as Kem>::PrivateKey, CryptoError> {
    <P256Kem as Kem>::PrivateKey::from_bytes(bytes).map_err(|_| CryptoError::InvalidLength)
}

fn encapped(bytes: &[u8]) -> Result<<P256Kem as Kem>::EncappedKey, CryptoError> {
    <P256Kem as Kem>::EncappedKey::from_bytes(bytes).map_err(|_| CryptoError::HpkeDecryptionError)
}

impl OpenMlsCrypto for Crypto {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        if suite == SUITE {
            Ok(())
        } else {
            Err(CryptoError::UnsupportedCiphersuite)
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![SUITE]
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        sha256(hash)?;
        Ok(Hkdf::<Sha256>::extract(Some(salt), ikm).0.as_slice().into())
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        sha256(hash)?;
        // Tags of commits and group infos are equal whatever they authenticate.
        if cfg!(fuzzing) {
            return Ok([0; 32].as_slice().into());
        }
        let mut hmac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
        hmac.update(message);
        Ok(hmac.finalize().into_bytes().as_slice().into())
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        okm_len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        sha256(hash)?;
        let hkdf = Hkdf::<Sha256>::from_prk(prk).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        let mut okm = vec![0; okm_len];
        hkdf.expand(info, &mut okm)
            .map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        Ok(okm.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        sha256(hash)?;
        Ok(Sha256::digest(data).to_vec())
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = nonce.try_into().map_err(|_| CryptoError::InvalidLength)?;
        if cfg!(fuzzing) {
            return Ok(framed(data));
        }
        let sealed = cipher(algorithm, key)?
            .encrypt(nonce, Payload { msg: data, aad })
            .map_err(|_| CryptoError::CryptoLibraryError)?;
        #[cfg(feature = "drill")]
        crate::drill::note(key, &sealed);
        Ok(sealed)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        ct_tag: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = nonce.try_into().map_err(|_| CryptoError::InvalidLength)?;
        if cfg!(fuzzing) {
            return unframed(ct_tag, CryptoError::AeadDecryptionError);
        }
        cipher(algorithm, key)?
            .decrypt(nonce, Payload { msg: ct_tag, aad })
            .map_err(|_| CryptoError::AeadDecryptionError)
    }

    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        p256(scheme)?;
        let key = self.signing_key();
        Ok((
            key.to_bytes().to_vec(),
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        ))
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        pk: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        p256(scheme)?;
        // RFC 9420, 5.1.1: uncompressed points only.
        if pk.len() != 65 {
            return Err(CryptoError::InvalidPublicKey);
        }
        let verify = || {
            let key = VerifyingKey::from_sec1_bytes(pk).map_err(|_| CryptoError::InvalidPublicKey)?;
            let signature = Signature::from_der(signature).map_err(|_| CryptoError::SignatureDecodingError)?;
            if cfg!(fuzzing) {
                return Ok(());
            }
            key.verify(data, &signature).map_err(|_| CryptoError::InvalidSignature)
        };
        #[cfg(feature = "drill")]
        return crate::drill::fits([pk, data, signature], verify);
        #[cfg(not(feature = "drill"))]
        verify()
    }

    fn sign(&self, scheme: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        p256(scheme)?;
        let key = SigningKey::from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
        let signature: Signature = key.sign(data);
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        suite2(&config)?;
        if cfg!(fuzzing) {
            hpke_public(pk_r)?;
            return Ok(HpkeCiphertext {
                kem_output: pk_r.to_vec().into(),
                ciphertext: framed(ptxt).into(),
            });
        }
        let (kem_output, ciphertext) = hpke::single_shot_seal_with_rng::<AesGcm128, HkdfSha256, P256Kem>(
            &OpModeS::Base,
            &hpke_public(pk_r)?,
            info,
            ptxt,
            aad,
            &mut *self.stream(),
        )
        .map_err(|_| CryptoError::HpkeEncryptionError)?;
        Ok(HpkeCiphertext {
            kem_output: kem_output.to_bytes().to_vec().into(),
            ciphertext: ciphertext.into(),
        })
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        sk_r: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        suite2(&config)?;
        if cfg!(fuzzing) {
            encapped(input.kem_output.as_slice())?;
            return unframed(input.ciphertext.as_slice(), CryptoError::HpkeDecryptionError);
        }
        hpke::single_shot_open::<AesGcm128, HkdfSha256, P256Kem>(
            &OpModeR::Base,
            &hpke_private(sk_r)?,
            &encapped(input.kem_output.as_slice())?,
            info,
            input.ciphertext.as_slice(),
            aad,
        )
        .map_err(|_| CryptoError::HpkeDecryptionError)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        suite2(&config)?;
        let (kem_output, context) = hpke::setup_sender_with_rng::<AesGcm128, HkdfSha256, P256Kem>(
            &OpModeS::Base,
            &hpke_public(pk_r)?,
            info,
            &mut *self.stream(),
        )
        .map_err(|_| CryptoError::SenderSetupError)?;
        let mut secret = vec![0; exporter_length];
        context
            .export(exporter_context, &mut secret)
            .map_err(|_| CryptoError::ExporterError)?;
        Ok((kem_output.to_bytes().to_vec(), secret.into()))
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        suite2(&config)?;
        let context = hpke::setup_receiver::<AesGcm128, HkdfSha256, P256Kem>(
            &OpModeR::Base,
            &hpke_private(sk_r)?,
            &encapped(enc)?,
            info,
        )
        .map_err(|_| CryptoError::ReceiverSetupError)?;
        let mut secret = vec![0; exporter_length];
        context
            .export(exporter_context, &mut secret)
            .map_err(|_| CryptoError::ExporterError)?;
        Ok(secret.into())
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        suite2(&config)?;
        let derive = || {
            let (private, public) = P256Kem::derive_keypair(ikm);
            HpkeKeyPair {
                private: private.to_bytes().as_slice().into(),
                public: public.to_bytes().to_vec(),
            }
        };
        #[cfg(feature = "drill")]
        return Ok(crate::drill::pair(ikm, derive));
        #[cfg(not(feature = "drill"))]
        Ok(derive())
    }
}
