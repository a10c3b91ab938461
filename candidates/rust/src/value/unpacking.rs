//! Reading MessagePack as LangGraph does: any form, keys of any scalar type, exts through a hook.

use rmp::Marker;
use rmp::decode::{Bytes, RmpRead, ValueReadError, bytes::BytesReadError, read_marker};

use crate::value::{Map, Value};

/// Builds the value of an ext's code and data.
pub type Hook<'a> = &'a dyn Fn(i8, &[u8]) -> Result<Value, ()>;

/// The limit of nested containers.
const DEPTH: usize = 1022;
const TOO_DEEP: &str = "Recursion limit reached";
const END: &str = "unexpected end of file";

type Read<T> = Result<T, &'static str>;
/// One of `rmp`'s functions that read a number.
type Take<'a, T> = fn(&mut Bytes<'a>) -> Result<T, ValueReadError<BytesReadError>>;

/// Return the first value in the bytes; the rest is ignored.
pub fn unpack(data: &[u8], hook: Hook) -> Read<Value> {
    Reader {
        data: Bytes::new(data),
        hook,
    }
    .value(0)
}

/// Return the first value in the bytes, with unopened exts.
pub fn unpack_plain(data: &[u8]) -> Read<Value> {
    unpack(data, &|code, data| Ok(Value::Ext(code, data.to_vec())))
}

struct Reader<'a> {
    data: Bytes<'a>,
    hook: Hook<'a>,
}

/// A head: a scalar, or the type and length of what follows.
enum Head {
    Scalar(Value),
    Array(usize),
    Map(usize),
    Ext(usize),
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Read<Value> {
        match self.head()? {
            Head::Scalar(value) => Ok(value),
            Head::Ext(size) => {
                let code = self.number(RmpRead::read_data_i8)?;
                let data = self.take(size)?;
                (self.hook)(code, data).map_err(|()| "ext_hook failed")
            }
            Head::Array(0) => Ok(Value::Array(Vec::new())),
            Head::Map(0) => Ok(Value::Map(Map::default())),
            _ if depth >= DEPTH => Err(TOO_DEEP),
            Head::Array(size) => (0..size)
                .map(|_| self.value(depth + 1))
                .collect::<Read<_>>()
                .map(Value::Array),
            Head::Map(size) => {
                let mut map = Map::default();
                for _ in 0..size {
                    let key = self.key(depth + 1)?;
                    map.insert(key, self.value(depth + 1)?);
                }
                Ok(Value::Map(map))
            }
        }
    }

    /// Return a map's key: a scalar, or an array of scalars, which stands for a tuple.
    fn key(&mut self, depth: usize) -> Read<Value> {
        match self.head()? {
            Head::Scalar(value) => Ok(value),
            Head::Array(size) if size > 0 && depth >= DEPTH => Err(TOO_DEEP),
            Head::Array(size) => (0..size)
                .map(|_| self.key(depth + 1))
                .collect::<Read<_>>()
                .map(Value::Array),
            Head::Map(_) | Head::Ext(_) => Err("invalid type"),
        }
    }

    fn head(&mut self) -> Read<Head> {
        let marker = read_marker(&mut self.data).map_err(|_| END)?;
        let scalar = match marker {
            Marker::FixArray(size) => return Ok(Head::Array(size.into())),
            Marker::Array16 => return Ok(Head::Array(self.number(RmpRead::read_data_u16)?.into())),
            Marker::Array32 => {
                return Ok(Head::Array(self.number(RmpRead::read_data_u32)? as usize));
            }
            Marker::FixMap(size) => return Ok(Head::Map(size.into())),
            Marker::Map16 => return Ok(Head::Map(self.number(RmpRead::read_data_u16)?.into())),
            Marker::Map32 => return Ok(Head::Map(self.number(RmpRead::read_data_u32)? as usize)),
            Marker::FixExt1 => return Ok(Head::Ext(1)),
            Marker::FixExt2 => return Ok(Head::Ext(2)),
            Marker::FixExt4 => return Ok(Head::Ext(4)),
            Marker::FixExt8 => return Ok(Head::Ext(8)),
            Marker::FixExt16 => return Ok(Head::Ext(16)),
            Marker::Ext8 => return Ok(Head::Ext(self.number(RmpRead::read_data_u8)?.into())),
            Marker::Ext16 => return Ok(Head::Ext(self.number(RmpRead::read_data_u16)?.into())),
            Marker::Ext32 => return Ok(Head::Ext(self.number(RmpRead::read_data_u32)? as usize)),
            Marker::Null => Value::Nil,
            Marker::True => Value::Bool(true),
            Marker::False => Value::Bool(false),
            Marker::FixPos(value) => Value::Int(value.into()),
            Marker::FixNeg(value) => Value::Int(value.into()),
            Marker::U8 => Value::Int(self.number(RmpRead::read_data_u8)?.into()),
            Marker::U16 => Value::Int(self.number(RmpRead::read_data_u16)?.into()),
            Marker::U32 => Value::Int(self.number(RmpRead::read_data_u32)?.into()),
            Marker::U64 => Value::Int(self.number(RmpRead::read_data_u64)?.into()),
            Marker::I8 => Value::Int(self.number(RmpRead::read_data_i8)?.into()),
            Marker::I16 => Value::Int(self.number(RmpRead::read_data_i16)?.into()),
            Marker::I32 => Value::Int(self.number(RmpRead::read_data_i32)?.into()),
            Marker::I64 => Value::Int(self.number(RmpRead::read_data_i64)?.into()),
            Marker::F32 => Value::Float(self.number(RmpRead::read_data_f32)?.into()),
            Marker::F64 => Value::Float(self.number(RmpRead::read_data_f64)?),
            Marker::FixStr(size) => self.text(size.into())?,
            Marker::Str8 => self.sized(RmpRead::read_data_u8, Self::text)?,
            Marker::Str16 => self.sized(RmpRead::read_data_u16, Self::text)?,
            Marker::Str32 => self.sized(RmpRead::read_data_u32, Self::text)?,
            Marker::Bin8 => self.sized(RmpRead::read_data_u8, Self::bytes)?,
            Marker::Bin16 => self.sized(RmpRead::read_data_u16, Self::bytes)?,
            Marker::Bin32 => self.sized(RmpRead::read_data_u32, Self::bytes)?,
            Marker::Reserved => return Err("invalid type Reserved"),
        };
        Ok(Head::Scalar(scalar))
    }

    fn number<T>(&mut self, read: Take<'a, T>) -> Read<T> {
        read(&mut self.data).map_err(|_| END)
    }

    fn sized<T: Into<u64>>(
        &mut self,
        read: Take<'a, T>,
        make: fn(&mut Self, usize) -> Read<Value>,
    ) -> Read<Value> {
        let size = self.number(read)?.into();
        make(self, size as usize)
    }

    fn text(&mut self, size: usize) -> Read<Value> {
        let text = str::from_utf8(self.take(size)?).map_err(|_| "invalid UTF-8 string")?;
        Ok(Value::Text(text.to_owned()))
    }

    fn bytes(&mut self, size: usize) -> Read<Value> {
        Ok(Value::Bytes(self.take(size)?.to_vec()))
    }

    fn take(&mut self, size: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self
            .data
            .remaining_slice()
            .split_at_checked(size)
            .ok_or(END)?;
        self.data = Bytes::new(rest);
        Ok(taken)
    }
}
