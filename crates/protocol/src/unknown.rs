//! Enums of a newer peer: a kind this build does not know is read as a fallback kind, never an error (ADR 18).

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor},
    forward_to_deserialize_any,
};

/// How the content of an unknown kind ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// With the frame: nothing follows it.
    Frame,
    /// Other fields follow. Every kind added after the first release holds one byte string, which is skipped by its length.
    Length,
}

/// Which variant stands for the kinds that are not known.
#[derive(Clone, Copy)]
pub(crate) enum Fallback {
    /// The first, which is also sent and states nothing.
    First,
    /// The last, which is never sent.
    Last,
}

/// Implements serde's traits for an enum that derives them with `#[serde(remote = "Self")]`.
macro_rules! skips_unknown {
    ($name:ident, $end:ident) => {
        $crate::unknown::skips_unknown!($name, $end, Last);
    };
    ($name:ident, $end:ident, $fallback:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::unknown::Kinds {
                    inner: deserializer,
                    end: $crate::unknown::End::$end,
                    fallback: $crate::unknown::Fallback::$fallback,
                })
            }
        }
    };
}
pub(crate) use skips_unknown;

/// Deserializes one enum: tags it does not know become its fallback.
pub(crate) struct Kinds<D> {
    pub inner: D,
    pub end: End,
    pub fallback: Fallback,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Kinds<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let count = u32::try_from(variants.len()).unwrap_or(u32::MAX);
        let (known, fallback) = match self.fallback {
            Fallback::First => (count, 0),
            Fallback::Last => (count.saturating_sub(1), count.saturating_sub(1)),
        };
        let kinds = KindVisitor {
            visitor,
            known,
            fallback,
            end: self.end,
        };
        self.inner.deserialize_enum(name, variants, kinds)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("not an enum"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct KindVisitor<V> {
    visitor: V,
    /// How many kinds are known.
    known: u32,
    fallback: u32,
    end: End,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for KindVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let (tag, content) = access.variant::<u32>()?;
        let is_known = tag < self.known;
        self.visitor.visit_enum(Kind {
            tag: if is_known { tag } else { self.fallback },
            content: Content {
                content,
                skip: (!is_known).then_some(self.end),
            },
        })
    }
}

/// A tag that was read, and what follows it.
struct Kind<A> {
    tag: u32,
    content: Content<A>,
}

struct Content<A> {
    content: A,
    /// The kind is unknown.
    skip: Option<End>,
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for Kind<A> {
    type Error = A::Error;
    type Variant = Content<A>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<A>), A::Error> {
        Ok((seed.deserialize(self.tag.into_deserializer())?, self.content))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Content<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        match self.skip {
            None => self.content.unit_variant(),
            Some(End::Frame) => Ok(()),
            Some(End::Length) => self.content.newtype_variant().map(|Skipped| ()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.content.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.content.tuple_variant(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.content.struct_variant(fields, visitor)
    }
}

/// A byte string that is not kept.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Skipped;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the bytes of an unknown kind")
            }

            fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Skipped, E> {
                Ok(Skipped)
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}
