//! How an ext's payload calls the constructor of its type.

use crate::value::{Typed, Value, text};

/// What an ext of a typed value stands for (`EXT_*`); the discriminant is its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    Single,
    Positional,
    Keywords,
    Method,
    Model1,
    Model2,
}

impl Code {
    pub fn of(code: i8) -> Option<Code> {
        use Code::*;
        [Single, Positional, Keywords, Method, Model1, Model2]
            .get(usize::try_from(code).ok()?)
            .copied()
    }

    pub fn is_model(self) -> bool {
        matches!(self, Code::Model1 | Code::Model2)
    }
}

/// A value cannot be built.
#[derive(Debug)]
pub struct Refused;

/// Return a typed value of parts that are as its type would store them.
pub fn typed(code: Code, module: &str, name: &str, payload: Value) -> Value {
    let method = match code {
        Code::Method => Some("fromisoformat"),
        Code::Model2 => Some("model_validate_json"),
        _ => None,
    };
    let (module, name) = (module.to_owned(), name.to_owned());
    Value::Typed(Box::new(Typed {
        code: code as i8,
        module,
        name,
        payload,
        method,
    }))
}

/// Return what Python's `parts[at]` gives.
pub fn part(parts: &Value, at: usize) -> Option<Value> {
    match parts {
        Value::Array(items) => items.get(at).cloned(),
        Value::Text(all) => all.chars().nth(at).map(text),
        Value::Bytes(all) => all.get(at).map(|byte| Value::Int((*byte).into())),
        Value::Map(entries) => entries.find(&Value::Int(at as i128)).cloned(),
        Value::Snapshot(inside) if at == 0 => Some((**inside).clone()),
        Value::Typed(typed) if typed.is("collections", "deque") => part(&typed.payload, at),
        _ => None,
    }
}

/// Return what Python iterates over.
pub fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items.clone()),
        Value::Text(all) => Some(all.chars().map(text).collect()),
        Value::Bytes(all) => Some(all.iter().map(|byte| Value::Int((*byte).into())).collect()),
        Value::Map(entries) => Some(entries.iter().map(|(key, _)| key.clone()).collect()),
        Value::Snapshot(inside) => Some(vec![(**inside).clone()]),
        Value::Typed(typed) => match typed.name.as_str() {
            "set" | "frozenset" | "deque" => elements(&typed.payload),
            _ => None,
        },
        _ => None,
    }
}

/// The arguments of a constructor.
#[derive(Debug, Default)]
pub struct Call {
    pub arguments: Vec<Value>,
    pub keywords: Vec<(String, Value)>,
}

impl Call {
    /// Return how a value of this code calls its constructor.
    pub fn new(code: Code, payload: Value) -> Result<Call, Refused> {
        let mut call = Call::default();
        match code {
            Code::Single => call.arguments = vec![payload],
            Code::Positional => call.arguments = elements(&payload).ok_or(Refused)?,
            _ => call.keywords = payload.map().and_then(|map| map.texts()).ok_or(Refused)?,
        }
        Ok(call)
    }

    /// Return the arguments by the names of the parameters, of which `positional` go by place.
    pub fn bind<const N: usize>(
        self,
        names: [&str; N],
        positional: usize,
    ) -> Result<[Option<Value>; N], Refused> {
        let mut bound = [const { None }; N];
        if self.arguments.len() > positional {
            return Err(Refused);
        }
        for (at, value) in self.arguments.into_iter().enumerate() {
            bound[at] = Some(value);
        }
        for (name, value) in self.keywords {
            let at = names
                .iter()
                .position(|parameter| *parameter == name)
                .ok_or(Refused)?;
            if bound[at].replace(value).is_some() {
                return Err(Refused);
            }
        }
        Ok(bound)
    }
}
