//! The codec subject: a serializer, strict or not.

use crate::codec::opened::{close, open};
use crate::codec::paths::HOMES;
use crate::codec::serializer::Codec;
use crate::contract::{Declined, Outcome, Raised, Session, Stored, Unsupported, argument};
use crate::value::packing::dumps;
use crate::value::{Map, Value, text};

pub struct CodecSession {
    codec: Codec,
}

impl CodecSession {
    pub fn open(spec: &Map) -> Result<CodecSession, Declined> {
        let strict = matches!(argument(spec, "strict")?, Value::Bool(true));
        let wanted = spec.get("paths").and_then(Value::text).unwrap_or(HOMES[0]);
        let home = HOMES.into_iter().find(|home| *home == wanted);
        let paths = home.ok_or_else(|| Unsupported(format!("no paths in {wanted}")))?;
        Ok(CodecSession {
            codec: Codec { strict, paths },
        })
    }

    fn decode(&self, kind: &str, data: &[u8]) -> Result<Value, Raised> {
        let value = self.codec.loads(kind, data)?;
        // A value that cannot be stored cannot be returned either.
        dumps(&value).map_err(type_error)?;
        Ok(open(&value))
    }

    fn classify(&self, kind: &str, data: &[u8]) -> Outcome {
        let value = match self.codec.loads(kind, data) {
            Ok(value) => value,
            Err(error) => return Ok(text(format!("refused: {}", error.class))).into(),
        };
        match dumps(&value) {
            Err(_) => Ok(text("not storable: TypeError")).into(),
            Ok((again, bytes)) if again == kind && bytes == data => Ok(text("kept")).into(),
            Ok((again, bytes)) => Outcome {
                stored: Stored::from([(format!("data/{again}"), bytes)]),
                ..Ok(text("replaced")).into()
            },
        }
    }

    fn encode(&self, opened: &Value) -> Outcome {
        let closed = close(opened).ok_or_else(|| Raised::new("KeyError", "a part is missing"));
        // Go through bytes, so that exts become typed values.
        let value = closed.and_then(|closed| {
            let permissive = Codec {
                strict: false,
                paths: HOMES[0],
            };
            match dumps(&closed).map_err(type_error)? {
                ("msgpack", data) => permissive.loads("msgpack", &data),
                _ => Ok(closed),
            }
        });
        match value {
            Ok(value) => stored(&value),
            Err(error) => Err(error).into(),
        }
    }

    fn is_allowed(&self, args: &Map) -> Result<Value, Declined> {
        let word = |name| argument(args, name).map(|value| value.text().unwrap_or_default());
        let method = args.get("method").and_then(Value::text);
        Ok(Value::Bool(self.codec.is_allowed(
            word("module")?,
            word("name")?,
            method,
        )))
    }
}

impl Session for CodecSession {
    fn apply(&mut self, operation: &str, args: &Map) -> Result<Outcome, Declined> {
        let kind = args.get("type").and_then(Value::text).unwrap_or_default();
        let data = args.get("data").and_then(Value::bytes).unwrap_or_default();
        Ok(match operation {
            "decode" => self.decode(kind, data).into(),
            "encode" => self.encode(argument(args, "value")?),
            "round_trip" => match self.codec.loads(kind, data) {
                Ok(value) => stored(&value),
                Err(error) => Err(error).into(),
            },
            "classify" => self.classify(kind, data),
            "is_allowed" => Ok(self.is_allowed(args)?).into(),
            _ => return Err(Unsupported(format!("a codec has no operation {operation}")).into()),
        })
    }
}

fn type_error(message: &str) -> Raised {
    Raised::new("TypeError", message)
}

fn stored(value: &Value) -> Outcome {
    match dumps(value) {
        Ok((kind, data)) => Outcome {
            stored: Stored::from([("data".to_owned(), data)]),
            ..Ok(text(kind)).into()
        },
        Err(message) => Err(type_error(message)).into(),
    }
}
