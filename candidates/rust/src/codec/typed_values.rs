//! Building typed values from an ext's parts.
//!
//! `langgraph.checkpoint.serde.jsonplus`, `_create_msgpack_ext_hook`. Values are built directly in
//! stored form, so writing needs no second table.

use crate::codec::call::{Call, Code, Refused, elements, part, typed};
use crate::codec::records::{self, Shape, shape};
use crate::codec::standard;
use crate::value::{Value, map};

/// Return the value of an ext's parts.
pub fn build(code: Code, module: &str, name: &str, payload: Value) -> Result<Value, Refused> {
    if (code, module, name) == (Code::Positional, "langgraph.types", "Send") {
        return send_of_parts(&payload);
    }
    if !standard::is_standard(module, name) && !records::is_record(module, name) {
        return unknown(code, module, name, payload);
    }
    make(code, module, name, Call::new(code, payload)?)
}

/// Return the value that a type on the safe list constructs.
pub fn make(code: Code, module: &str, name: &str, call: Call) -> Result<Value, Refused> {
    match shape(module, name) {
        Some(shape) => record(code, module, name, &shape, call),
        None if records::is_record(module, name) => records::make(name, call),
        None => standard::make(module, name, call),
    }
}

/// Return a packet; a third argument is the timeout, further ones are ignored.
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

/// Keep the value of a type that is not on the list, if its package could exist and the call is valid.
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
        if given.iter().any(|(field, _)| *field == name) {
            return Err(Refused);
        }
        given.push((name, value));
    }
    let declared = |name: &str| shape.fields.iter().any(|(field, _)| *field == name);
    if !shape.extra && !given.iter().all(|(name, _)| declared(name)) {
        return Err(Refused);
    }
    let of = |name: &str| {
        given
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
    };
    if name == "RemoveMessage"
        && !code.is_model()
        && of("content").is_some_and(|value| Value::is_true(&value))
    {
        return Err(Refused);
    }
    let mut fields = Vec::<(String, Value)>::new();
    for (field, default) in &shape.fields {
        match of(field).or_else(|| default.clone()) {
            Some(value) => fields.push(((*field).to_owned(), value)),
            // Only models are built without validation.
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
