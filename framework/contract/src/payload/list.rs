//! The arguments of an event as one sequence, and what stands for those that did not come.
//!
//! It must never make up more than a tuple asks for: a list ends where the arguments end.

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{pieces::Pieces, strict};

/// The arguments as a serde sequence that remembers how far it was read.
pub(super) struct List<'a> {
    pieces: Pieces<'a>,
    /// How many elements were taken.
    pub(super) index: usize,
    /// The element being read; empty before the first and after the last.
    pub(super) piece: &'a str,
    /// Whether a tuple may have fewer.
    may_be_short: bool,
    /// How many elements the tuple has, if it may have fewer.
    wanted: usize,
}

impl<'a> List<'a> {
    /// As many as there are.
    pub(super) fn new(pieces: Pieces<'a>) -> Self {
        Self { pieces, index: 0, piece: "", may_be_short: false, wanted: 0 }
    }

    /// As many as a tuple asks for: an `Option` stands for one that was left out.
    pub(super) fn padded(pieces: Pieces<'a>) -> Self {
        Self { may_be_short: true, ..Self::new(pieces) }
    }
}

impl<'de> Deserializer<'de> for &mut List<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.may_be_short {
            self.wanted = length;
        }
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_tuple(length, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq map struct enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for &mut List<'de> {
    type Error = serde_json::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        let Some(piece) = self.pieces.next() else {
            self.piece = "";
            if self.index >= self.wanted {
                return Ok(None);
            }
            // What may not be left out is missing, unless its type says what is there instead.
            let left_out = seed.deserialize(LeftOut).ok();
            self.index += usize::from(left_out.is_some());
            return Ok(left_out);
        };
        self.index += 1;
        self.piece = piece;
        strict::read(seed, piece).map(Some)
    }
}

/// An argument that did not come: nothing that an `Option` would not say of it.
pub(super) struct LeftOut;

impl<'de> Deserializer<'de> for LeftOut {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("there is no argument"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// No arguments, in whichever way a struct without fields asks for them.
pub(super) struct Nothing;

impl<'de> Deserializer<'de> for Nothing {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<()>()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new(std::iter::empty::<((), ())>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct enum identifier ignored_any
    }
}
