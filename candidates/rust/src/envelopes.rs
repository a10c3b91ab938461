//! Building typed values from what an ext holds.
//!
//! `langgraph.checkpoint.serde.jsonplus`, `_create_msgpack_ext_hook`. A value is built into what
//! would be stored of it, so storing needs no second table.

use crate::records::{self, Shape, shape};
use crate::standard;
use crate::value::{Typed, Value, map, text};

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
            let at = names.iter().position(|each| *each == name).ok_or(Refused)?;
            if bound[at].replace(value).is_some() {
                return Err(Refused);
            }
        }
        Ok(bound)
    }
}

/// Return the value that an ext's parts say.
pub fn build(code: Code, module: &str, name: &str, payload: Value) -> Result<Value, Refused> {
    if (code, module, name) == (Code::Positional, "langgraph.types", "Send") {
        return send_of_parts(&payload);
    }
    if !standard::is_standard(module, name) && !records::is_record(module, name) {
        return unknown(code, module, name, payload);
    }
    make(code, module, name, Call::new(code, payload)?)
}

/// Return what a type of the safe list makes of a call.
pub fn make(code: Code, module: &str, name: &str, call: Call) -> Result<Value, Refused> {
    match shape(module, name) {
        Some(shape) => record(code, module, name, &shape, call),
        None if records::is_record(module, name) => records::make(name, call),
        None => standard::make(module, name, call),
    }
}

/// Return a packet; of more than two arguments the third is the timeout, and the rest is ignored.
fn send_of_parts(payload: &Value) -> Result<Value, Refused> {
    let all = elements(payload).ok_or(Refused)?;
    let arguments = if all.len() == 2 {
        all
    } else {
        (0..3)
            .map(|at| part(payload, at).ok_or(Refused))
            .collect::<Result<_, _>>()?
    };
    records::make(
        "Send",
        Call {
            arguments,
            ..Call::default()
        },
    )
}

/// Keep a type that is not on the list, if its package may be installed and it could be called so.
fn unknown(code: Code, module: &str, name: &str, payload: Value) -> Result<Value, Refused> {
    let package = module.split('.').next().unwrap_or_default();
    if !standard::may_be_installed(package) {
        return Err(Refused);
    }
    let payload = match code {
        Code::Single => payload,
        Code::Positional => Value::Array(elements(&payload).ok_or(Refused)?),
        _ => map(payload.map().and_then(|map| map.texts()).ok_or(Refused)?),
    };
    Ok(typed(code, module, name, payload))
}

fn record(
    code: Code,
    module: &str,
    name: &str,
    shape: &Shape,
    call: Call,
) -> Result<Value, Refused> {
    let mut given = Vec::<(String, Value)>::new();
    if call.arguments.len() > shape.positional.len() {
        return Err(Refused);
    }
    for (name, value) in shape.positional.iter().zip(call.arguments) {
        given.push(((*name).to_owned(), value));
    }
    for (name, value) in call.keywords {
        if given.iter().any(|(each, _)| *each == name) {
            return Err(Refused);
        }
        given.push((name, value));
    }
    let declared = |name: &str| shape.fields.iter().any(|(each, _)| *each == name);
    if !shape.extra && !given.iter().all(|(name, _)| declared(name)) {
        return Err(Refused);
    }
    let of = |name: &str| {
        given
            .iter()
            .find(|(each, _)| each == name)
            .map(|(_, value)| value.clone())
    };
    if name == "RemoveMessage"
        && !code.is_model()
        && of("content").is_some_and(|value| records::is_true(&value))
    {
        return Err(Refused);
    }
    let mut fields = Vec::<(String, Value)>::new();
    for (field, default) in &shape.fields {
        match of(field).or_else(|| default.clone()) {
            Some(value) => fields.push(((*field).to_owned(), value)),
            // Only a model is built even if it does not validate.
            None if shape.extra && code.is_model() => {}
            None => return Err(Refused),
        }
    }
    if !shape.ignores {
        fields.extend(given.into_iter().filter(|(name, _)| !declared(name)));
    }
    if name == "Item" && module == "langgraph.store.base" {
        let Some(moments) = records::item_moments(&fields)? else {
            return Ok(Value::Unstorable);
        };
        for (at, moment) in moments {
            fields[at].1 = moment;
        }
    }
    let payload = map(fields);
    let payload = if shape.code == Code::Model2 {
        records::dumped(&payload)
    } else {
        payload
    };
    Ok(typed(shape.code, module, name, payload))
}
