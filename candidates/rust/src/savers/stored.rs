//! Values in stored form: a type tag and bytes.

use std::rc::Rc;

use crate::codec::paths::HOMES;
use crate::codec::serializer::Codec;
use crate::contract::Raised;
use crate::value::Value;
use crate::value::packing::dumps;

/// A type tag and bytes.
pub type Typed = (&'static str, Vec<u8>);

/// A task's id, and a write that is stored but not applied yet.
pub type PendingWrite = (Rc<str>, Rc<str>, Value);

const CODEC: Codec = Codec {
    strict: false,
    paths: HOMES[0],
};

/// Return a stored value.
pub fn load((kind, data): &Typed) -> Result<Value, Raised> {
    CODEC.loads(kind, data)
}

/// Return a value in stored form.
pub fn stored(value: &Value) -> Result<Typed, Raised> {
    dumps(value).map_err(|message| Raised::new("TypeError", message))
}
