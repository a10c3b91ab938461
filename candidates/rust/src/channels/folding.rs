//! Folding writes into one value with a reducer, with overwrites among them.

use crate::channels::errors::{CONCURRENT, INVALID};
use crate::channels::reducers::Reducer;
use crate::contract::Raised;
use crate::value::Value;

const OVERWRITE: &str = "__overwrite__";

/// Fold writes into a value; writes after an overwrite are dropped. If a write fails, those before
/// it stay.
pub fn fold(sum: &mut Option<Value>, values: &[Value], reducer: Reducer) -> Result<(), Raised> {
    let mut values = values.iter();
    if sum.is_none() {
        *sum = values.next().cloned();
    }
    let mut replaced = false;
    for value in values {
        if let Some(inside) = overwrite_in(value) {
            if replaced {
                return Err(one_overwrite());
            }
            (*sum, replaced) = (Some(inside), true);
        } else if let (false, Some(before)) = (replaced, &sum) {
            *sum = Some(reducer(before, value)?);
        }
    }
    Ok(())
}

/// Return a delta channel's value with writes folded in, or the overwrite if there is one.
pub fn fold_delta(
    before: Option<Value>,
    values: &[Value],
    empty: &Option<Value>,
    reducer: Reducer,
) -> Result<Value, Raised> {
    let mut overwrites = values.iter().filter_map(overwrite_in);
    match (overwrites.next(), overwrites.next()) {
        (Some(_), Some(_)) => Err(one_overwrite()),
        (Some(inside), None) => replacement(inside, empty),
        _ => {
            let before = before.map_or_else(|| needed(empty), Ok)?;
            values
                .iter()
                .try_fold(before, |sum, value| reducer(&sum, value))
        }
    }
}

/// Return a delta channel's value with the writes of earlier supersteps folded in, starting at the
/// last overwrite.
pub fn replay(
    before: Option<Value>,
    values: &[Value],
    empty: &Option<Value>,
    reducer: Reducer,
) -> Result<Option<Value>, Raised> {
    if values.is_empty() {
        return Ok(before);
    }
    // An empty channel holds a bare `object`, as the errors of Python's operators show.
    let mut base = before.unwrap_or(Value::Unstorable);
    let mut rest = values;
    for (at, value) in values.iter().enumerate() {
        if let Some(inside) = overwrite_in(value) {
            base = replacement(inside, empty)?;
            rest = &values[at + 1..];
        }
    }
    let sum = rest
        .iter()
        .try_fold(base, |sum, value| reducer(&sum, value))?;
    Ok(Some(sum).filter(|value| !matches!(value, Value::Unstorable)))
}

/// Return a type's empty value.
pub fn needed(empty: &Option<Value>) -> Result<Value, Raised> {
    let none = || Raised::new("TypeError", "Any cannot be instantiated");
    empty.clone().ok_or_else(none)
}

fn replacement(inside: Value, empty: &Option<Value>) -> Result<Value, Raised> {
    if inside.is_nil() {
        needed(empty)
    } else {
        Ok(inside)
    }
}

fn one_overwrite() -> Raised {
    let message = "Can receive only one Overwrite value per super-step.";
    Raised::new(INVALID, format!("{message}{CONCURRENT}"))
}

/// Return the value of an overwrite, in any of its three forms.
pub fn overwrite_in(value: &Value) -> Option<Value> {
    match value {
        Value::Typed(typed) if typed.is("langgraph.types", "Overwrite") => {
            typed.payload.map()?.get("value").cloned()
        }
        Value::Map(entries) if entries.len() == 1 && entries.get(OVERWRITE).is_some() => {
            entries.get(OVERWRITE).cloned()
        }
        Value::Map(entries) if entries.get("type").and_then(Value::text) == Some(OVERWRITE) => {
            entries.get("value").cloned()
        }
        _ => None,
    }
}

/// Return the two items of a value, or the error of Python's unpacking.
pub fn pair(value: &Value) -> Result<(Value, Value), Raised> {
    let Some(parts) = crate::codec::call::elements(value) else {
        let kind = crate::channels::reducers::kind(value);
        let message = format!("cannot unpack non-iterable {kind} object");
        return Err(Raised::new("TypeError", message));
    };
    let message = match &parts[..] {
        [one, other] => return Ok((one.clone(), other.clone())),
        [_, _, ..] => "too many values to unpack (expected 2)".to_owned(),
        few => format!(
            "not enough values to unpack (expected 2, got {})",
            few.len()
        ),
    };
    Err(Raised::new("ValueError", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_unpacked_as_python_does() {
        let error = |value: &Value| pair(value).err().map(|error| error.message);
        let none = "cannot unpack non-iterable NoneType object".to_owned();
        assert_eq!(error(&Value::Nil), Some(none));
        let few = "not enough values to unpack (expected 2, got 1)".to_owned();
        assert_eq!(error(&Value::Array(vec![Value::Nil])), Some(few));
        assert!(pair(&Value::Array(vec![Value::Nil; 2])).is_ok());
    }
}
