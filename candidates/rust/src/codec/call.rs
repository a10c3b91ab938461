//! How an ext's payload calls the constructor of its type.

use crate::value::{Typed, Value, text};

/// How an ext constructs its value (`EXT_*`); the discriminant is the ext code.
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

/// The value cannot be built.
#[derive(Debug)]
pub struct Refused;

/// Return a typed value whose parts are already in stored form.
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

/// Return the result of Python's `parts[at]`.
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

/// Return the items that Python iterates over.
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
    /// Return the call that an ext's code and payload stand for.
    pub fn new(code: Code, payload: Value) -> Result<Call, Refused> {
        let mut call = Call::default();
        match code {
            Code::Single => call.arguments = vec![payload],
            Code::Positional => call.arguments = elements(&payload).ok_or(Refused)?,
            _ => call.keywords = payload.map().and_then(|map| map.texts()).ok_or(Refused)?,
        }
        Ok(call)
    }

    /// Bind arguments to parameters, the first `positional` of which may be given by position.
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
