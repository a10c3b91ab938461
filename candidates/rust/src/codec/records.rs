//! LangGraph's and LangChain's types on the safe list, and their fields.
//!
//! The safe list is `langgraph.checkpoint.serde._msgpack.SAFE_MSGPACK_TYPES`.

use xxhash_rust::xxh3::xxh3_128;

use crate::codec::call::{Call, Code, Refused, elements, typed};
use crate::codec::dates;
use crate::codec::standard::{self, float_of};
use crate::value::{Map, Typed, Value, map, text};

const TYPES: &str = "langgraph.types";
const PLACEHOLDER_ID: &str = "placeholder-id";
const OVERWRITE: &str = "__overwrite__";

/// Return whether a strict codec builds a type.
pub fn is_safe(module: &str, name: &str) -> bool {
    standard::is_standard(module, name) || is_record(module, name)
}

/// Return whether a type is one of LangGraph's or LangChain's on the safe list.
pub fn is_record(module: &str, name: &str) -> bool {
    (module == TYPES && ["Send", "Overwrite", "Interrupt", "Command"].contains(&name))
        || shape(module, name).is_some()
}

/// A field's name and default.
type Field = (&'static str, Option<Value>);

/// A record's fields, in stored order.
///
/// `positional`: the fields its constructor also takes by position. `extra`: it keeps undeclared
/// fields and tolerates missing ones; `ignores`: it drops undeclared fields. `is_tuple`: it is a
/// named tuple.
pub struct Shape {
    pub code: Code,
    pub fields: Vec<Field>,
    pub positional: Vec<&'static str>,
    pub extra: bool,
    pub ignores: bool,
    is_tuple: bool,
}

const fn required(name: &'static str) -> Field {
    (name, None)
}

const fn optional(name: &'static str, default: Value) -> Field {
    (name, Some(default))
}

fn empty() -> Value {
    Value::Map(Map::default())
}

fn list() -> Value {
    Value::Array(Vec::new())
}

/// Return the shape of a type that is stored as its fields.
pub fn shape(module: &str, name: &str) -> Option<Shape> {
    if let Some(kind) = module.strip_prefix("langchain_core.messages.") {
        return message(kind, name);
    }
    match (module, name) {
        ("langgraph.types", "TimeoutPolicy") => Some(Shape {
            is_tuple: false,
            positional: Vec::new(),
            ..tuple(vec![
                optional("run_timeout", Value::Nil),
                optional("idle_timeout", Value::Nil),
                optional("refresh_on", text("auto")),
            ])
        }),
        ("langgraph.types", "StateSnapshot") => Some(tuple(
            "values next config metadata created_at parent_config tasks interrupts"
                .split(' ')
                .map(required)
                .collect(),
        )),
        ("langgraph.types", "PregelTask") => Some(tuple(vec![
            required("id"),
            required("name"),
            required("path"),
            optional("error", Value::Nil),
            optional("interrupts", list()),
            optional("state", Value::Nil),
            optional("result", Value::Nil),
        ])),
        ("langgraph.store.base", "GetOp") => Some(tuple(vec![
            required("namespace"),
            required("key"),
            optional("refresh_ttl", Value::Bool(true)),
        ])),
        ("langgraph.store.base", "Item") => Some(Shape {
            code: Code::Model1,
            fields: "namespace key value created_at updated_at"
                .split(' ')
                .map(required)
                .collect(),
            positional: Vec::new(),
            extra: false,
            ignores: false,
            is_tuple: false,
        }),
        ("langchain_core.documents.base", "Document") => Some(Shape {
            ignores: true,
            ..model(
                vec![
                    optional("id", Value::Nil),
                    optional("metadata", empty()),
                    required("page_content"),
                    optional("type", text("Document")),
                ],
                "page_content",
            )
        }),
        _ => None,
    }
}

fn tuple(fields: Vec<Field>) -> Shape {
    let positional = fields.iter().map(|(name, _)| *name).collect();
    Shape {
        code: Code::Keywords,
        fields,
        positional,
        extra: false,
        ignores: false,
        is_tuple: true,
    }
}

fn model(fields: Vec<Field>, positional: &'static str) -> Shape {
    let positional = vec![positional];
    Shape {
        code: Code::Model2,
        fields,
        positional,
        extra: true,
        ignores: false,
        is_tuple: false,
    }
}

fn message(kind: &str, name: &str) -> Option<Shape> {
    let (whole, chunk) = match name.strip_suffix("Chunk") {
        Some(whole) => (whole, true),
        None => (name, false),
    };
    let class = match kind {
        "human" => "HumanMessage",
        "system" => "SystemMessage",
        "ai" => "AIMessage",
        "chat" => "ChatMessage",
        "tool" => "ToolMessage",
        "function" => "FunctionMessage",
        "base" => "BaseMessage",
        "modifier" if !chunk => "RemoveMessage",
        _ => return None,
    };
    if whole != class {
        return None;
    }
    let content = if kind == "modifier" {
        Some(text(""))
    } else {
        None
    };
    let tag = match kind {
        "base" => None,
        "modifier" => Some(text("remove")),
        _ if chunk => Some(text(name)),
        _ => Some(text(kind)),
    };
    let named = if kind == "function" {
        None
    } else {
        Some(Value::Nil)
    };
    let mut fields = vec![
        ("content", content),
        optional("additional_kwargs", empty()),
        optional("response_metadata", empty()),
        ("type", tag),
        ("name", named),
        optional("id", Value::Nil),
    ];
    match kind {
        "ai" => {
            fields.extend([
                optional("tool_calls", list()),
                optional("invalid_tool_calls", list()),
                optional("usage_metadata", Value::Nil),
            ]);
            if chunk {
                fields.extend([
                    optional("tool_call_chunks", list()),
                    optional("chunk_position", Value::Nil),
                ]);
            }
        }
        "chat" => fields.push(required("role")),
        "tool" => fields.extend([
            required("tool_call_id"),
            optional("artifact", Value::Nil),
            optional("status", text("success")),
        ]),
        _ => {}
    }
    Some(model(
        fields,
        if kind == "modifier" { "id" } else { "content" },
    ))
}

/// Return the `Send`, `Overwrite`, `Interrupt` or `Command` that a call constructs.
pub fn make(name: &str, call: Call) -> Result<Value, Refused> {
    match name {
        "Send" => send(call),
        "Overwrite" => {
            let [value, kind] = call.bind(["value", "type"], 2)?;
            let kind = kind.unwrap_or_else(|| text(OVERWRITE));
            Ok(keywords(
                name,
                [("value", value.ok_or(Refused)?), ("type", kind)],
            ))
        }
        "Interrupt" => interrupt(call),
        _ => {
            let [graph, update, resume, goto] =
                call.bind(["graph", "update", "resume", "goto"], 0)?;
            let nil = |value: Option<Value>| value.unwrap_or(Value::Nil);
            let goto = ("goto", goto.unwrap_or_else(list));
            let fields = [
                ("graph", nil(graph)),
                ("update", nil(update)),
                ("resume", nil(resume)),
                goto,
            ];
            Ok(keywords(name, fields))
        }
    }
}

fn keywords<const N: usize>(name: &str, fields: [(&str, Value); N]) -> Value {
    typed(Code::Keywords, TYPES, name, map(fields))
}

fn send(call: Call) -> Result<Value, Refused> {
    let [node, argument, timeout] = call.bind(["node", "arg", "timeout"], 3)?;
    let mut parts = vec![node.ok_or(Refused)?, argument.ok_or(Refused)?];
    if let Some(limit) = timeout.filter(|value| !value.is_nil()) {
        parts.extend(policy(limit)?);
    }
    Ok(typed(Code::Positional, TYPES, "Send", Value::Array(parts)))
}

/// Return a packet's timeout as a policy in positive seconds, or None if it sets none.
fn policy(value: Value) -> Result<Option<Value>, Refused> {
    let fields = match &value {
        Value::Typed(typed) if typed.is(TYPES, "TimeoutPolicy") => typed.payload.clone(),
        _ => map([
            ("run_timeout", value),
            ("idle_timeout", Value::Nil),
            ("refresh_on", text("auto")),
        ]),
    };
    let fields = fields.map().ok_or(Refused)?;
    let get = |name| fields.get(name).cloned().ok_or(Refused);
    let refresh = get("refresh_on")?;
    if !matches!(refresh.text(), Some("auto" | "heartbeat")) {
        return Err(Refused);
    }
    let (run, idle) = (
        seconds(&get("run_timeout")?)?,
        seconds(&get("idle_timeout")?)?,
    );
    if run.is_nil() && idle.is_nil() {
        return Ok(None);
    }
    let fields = [
        ("run_timeout", run),
        ("idle_timeout", idle),
        ("refresh_on", refresh),
    ];
    Ok(Some(keywords("TimeoutPolicy", fields)))
}

fn seconds(value: &Value) -> Result<Value, Refused> {
    if value.is_nil() {
        return Ok(Value::Nil);
    }
    let seconds = match dates::total_seconds(value) {
        Some(seconds) => seconds,
        None => float_of(value).ok_or(Refused)?,
    };
    if seconds <= 0.0 {
        Err(Refused)
    } else {
        Ok(Value::Float(seconds))
    }
}

fn interrupt(mut call: Call) -> Result<Value, Refused> {
    // Older releases stored more fields; only the namespace matters, which determined the id.
    let is_known = |name: &str| ["value", "id", "response_schema"].contains(&name);
    let older: Vec<_> = call
        .keywords
        .extract_if(.., |(name, _)| !is_known(name))
        .collect();
    let [value, id, schema] = call.bind(["value", "id", "response_schema"], 2)?;
    let mut id = id.unwrap_or_else(|| text(PLACEHOLDER_ID));
    let namespace = older
        .iter()
        .find(|(name, _)| name == "ns")
        .map(|(_, value)| value);
    if let (Some(PLACEHOLDER_ID), Some(Value::Array(_) | Value::Text(_) | Value::Bytes(_))) =
        (id.text(), namespace)
    {
        let parts = namespace.and_then(elements).ok_or(Refused)?;
        let parts: Option<Vec<&str>> = parts.iter().map(Value::text).collect();
        id = text(format!(
            "{:032x}",
            xxh3_128(parts.ok_or(Refused)?.join("|").as_bytes())
        ));
    }
    let schema = schema.unwrap_or(Value::Nil);
    let value = value.ok_or(Refused)?;
    Ok(keywords(
        "Interrupt",
        [("value", value), ("id", id), ("response_schema", schema)],
    ))
}

/// Return an item's times in stored form, by position; None if one is not a time.
pub fn item_moments(fields: &[(String, Value)]) -> Result<Option<Vec<(usize, Value)>>, Refused> {
    let mut moments = Vec::new();
    for (at, (_, value)) in fields
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| name.ends_with("_at"))
    {
        let moment = match value {
            Value::Text(written) => Some(dates::from_iso(written)?),
            other => Some(other.clone()),
        };
        match moment.as_ref().and_then(dates::iso_of) {
            Some(iso) => moments.push((at, text(iso))),
            None => return Ok(None),
        }
    }
    Ok(Some(moments))
}

/// Return the result of pydantic's `model_dump`, which also opens the values of fields.
pub fn dumped(value: &Value) -> Value {
    match value {
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), dumped(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(dumped).collect()),
        Value::Snapshot(inside) => Value::Array(vec![dumped(inside)]),
        Value::Typed(typed) => dumped_record(typed).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

fn dumped_record(typed: &Typed) -> Option<Value> {
    if typed.module == TYPES && ["Overwrite", "Interrupt", "Command"].contains(&&*typed.name) {
        return Some(dumped(&typed.payload));
    }
    let shape = shape(&typed.module, &typed.name)?;
    match (shape.code, shape.is_tuple) {
        (Code::Model2, _) | (Code::Keywords, false) => Some(dumped(&typed.payload)),
        (Code::Keywords, true) => {
            let fields = typed.payload.map()?.iter().map(|(_, value)| dumped(value));
            Some(Value::Array(fields.collect()))
        }
        _ => None,
    }
}
