//! Postcard for the one record of OpenMLS that it cannot load by itself: the configuration of a group. A field of it, the
//! policy for past epochs, is written as a number and read through an untagged enum, which asks the encoding what comes
//! next; postcard does not say. In this record it is a number wherever nothing else is asked for.

use postcard::{Deserializer, de_flavors::Slice};
use serde::{
    Deserialize,
    de::{self, DeserializeSeed, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

/// Loads a record of structures, numbers, truth values and plain enums.
pub(super) fn from_bytes<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> postcard::Result<T> {
    T::deserialize(Numbers(&mut Deserializer::from_bytes(bytes)))
}

/// What is not asked for by its kind is a number.
struct Numbers<'a, 'de>(&'a mut Deserializer<'de, Slice<'de>>);

impl<'de> de::Deserializer<'de> for Numbers<'_, 'de> {
    type Error = postcard::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> postcard::Result<V::Value> {
        visitor.visit_u64(u64::deserialize(self.0)?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> postcard::Result<V::Value> {
        self.0.deserialize_bool(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> postcard::Result<V::Value> {
        visitor.visit_seq(Fields(self.0, fields.len()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> postcard::Result<V::Value> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a structure, one after another, and how many are left.
struct Fields<'a, 'de>(&'a mut Deserializer<'de, Slice<'de>>, usize);

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = postcard::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> postcard::Result<Option<T::Value>> {
        let Some(left) = self.1.checked_sub(1) else {
            return Ok(None);
        };
        self.1 = left;
        seed.deserialize(Numbers(self.0)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use openmls::prelude::{MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy};

    use super::*;

    #[test]
    fn a_configuration_comes_back_as_it_was() {
        let mut config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .padding_size(300)
            .max_past_epochs(2)
            .use_ratchet_tree_extension(true)
            .build();
        let bytes = postcard::to_stdvec(&config).unwrap();
        assert_eq!(from_bytes::<MlsGroupJoinConfig>(&bytes), Ok(config.clone()));

        config = MlsGroupJoinConfig::builder()
            .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::KeepAll)
            .build();
        let bytes = postcard::to_stdvec(&config).unwrap();
        assert_eq!(from_bytes::<MlsGroupJoinConfig>(&bytes), Ok(config));
    }

    #[test]
    fn half_a_configuration_is_none() {
        let bytes = postcard::to_stdvec(&MlsGroupJoinConfig::default()).unwrap();
        for end in 0..bytes.len() {
            assert!(from_bytes::<MlsGroupJoinConfig>(&bytes[..end]).is_err());
        }
    }
}
