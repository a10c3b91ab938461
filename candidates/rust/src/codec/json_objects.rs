//! Objects in old JSON that stand for typed values: those with a key `lc`.
//!
//! Version 2 is LangGraph's own (`JsonPlusSerializer._reviver`), version 1 LangChain's
//! (`langchain_core.load.load.Reviver`).

use crate::codec::call::{Call, Code, elements};
use crate::codec::records::is_safe;
use crate::codec::typed_values::make;
use crate::contract::Raised;
use crate::value::{Map, Value};

const DOCUMENT: [&str; 2] = ["langchain_core.documents.base", "Document"];
const MESSAGES: &str = "langchain_core.messages";
const KINDS: [(&str, &str); 8] = [
    ("ai", "AIMessage"),
    ("base", "BaseMessage"),
    ("chat", "ChatMessage"),
    ("function", "FunctionMessage"),
    ("human", "HumanMessage"),
    ("modifier", "RemoveMessage"),
    ("system", "SystemMessage"),
    ("tool", "ToolMessage"),
];
const BRIEF: [&str; 5] = [
    "AIMessage",
    "ChatMessage",
    "FunctionMessage",
    "HumanMessage",
    "SystemMessage",
];

/// Return the typed value that an object stands for, or the object itself.
pub fn revive(object: Map) -> Result<Value, Raised> {
    let Some(id) = object.get("id").filter(|id| !id.is_nil()).cloned() else {
        return Ok(Value::Map(object));
    };
    let is = |version| {
        object
            .get("lc")
            .is_some_and(|lc| lc.equals(&Value::Int(version)))
    };
    let is_constructor = object.get("type").and_then(Value::text) == Some("constructor");
    if is(2) && is_constructor {
        let names = names(&id)?;
        if let [module @ .., name] = names.as_slice()
            && !module.is_empty()
            && is_safe(&module.join("."), name)
        {
            return Ok(safe(&module.join("."), name, &object).unwrap_or(Value::Nil));
        }
    }
    if is(1) {
        langchain(object, &id)
    } else {
        Ok(Value::Map(object))
    }
}

fn names(id: &Value) -> Result<Vec<String>, Raised> {
    let wrong = || Raised::new("TypeError", "id is no list of names");
    let names = elements(id).ok_or_else(wrong)?;
    Ok(names
        .iter()
        .map(|name| name.text().unwrap_or_default().to_owned())
        .collect())
}

/// Return the value that a constructor returns, or None; a named method is not called.
fn safe(module: &str, name: &str, object: &Map) -> Option<Value> {
    let given = |key| object.get(key).filter(|value| value.is_true());
    let call = Call {
        arguments: given("args").map_or(Some(Vec::new()), elements)?,
        keywords: given("kwargs").map_or(Some(Vec::new()), |value| value.map()?.texts())?,
    };
    make(Code::Keywords, module, name, call).ok()
}

fn langchain(object: Map, id: &Value) -> Result<Value, Raised> {
    let kind = object
        .get("type")
        .and_then(Value::text)
        .unwrap_or_default()
        .to_owned();
    let names = names(id)?;
    match kind.as_str() {
        // Secrets are never looked up.
        "secret" if names.len() == 1 => Ok(Value::Nil),
        "secret" => Err(Raised::new("ValueError", "a secret has one name")),
        "not_implemented" => {
            let message = "Trying to load an object that doesn't implement serialization";
            Err(Raised::new("NotImplementedError", message))
        }
        "constructor" if names.is_empty() => Err(Raised::new("ValueError", "no names")),
        "constructor" => {
            let fields = object
                .get("kwargs")
                .cloned()
                .unwrap_or_else(|| Value::Map(Map::default()));
            let fields = fields.map().cloned().unwrap_or_default();
            let template = fields.get("template_format").and_then(Value::text);
            let class = class(&names).filter(|_| template != Some("jinja2"));
            let (module, name) = class.ok_or_else(|| {
                Raised::new(
                    "ValueError",
                    format!("Deserialization of {names:?} is not allowed."),
                )
            })?;
            let call = Call {
                keywords: fields.texts().unwrap_or_default(),
                ..Call::default()
            };
            make(Code::Keywords, &module, &name, call).map_err(|_| {
                Raised::new(
                    "pydantic_core._pydantic_core.ValidationError",
                    "fields are missing",
                )
            })
        }
        _ => Ok(Value::Map(object)),
    }
}

/// Return the class that LangChain maps a path to.
fn class(path: &[String]) -> Option<(String, String)> {
    let (name, module) = path.split_last()?;
    let module = module.join(".");
    let whole = name.strip_suffix("Chunk").unwrap_or(name);
    if name == "Document" && [DOCUMENT[0], "langchain.schema.document"].contains(&&*module) {
        return Some((DOCUMENT[0].to_owned(), name.clone()));
    }
    let (kind, _) = KINDS.iter().find(|(_, class)| *class == whole)?;
    let home = format!("{MESSAGES}.{kind}");
    let is_known = module == home
        || module == "langchain.schema.messages"
        || (module == MESSAGES && name != "RemoveMessage")
        || (module == "langchain.schema" && BRIEF.contains(&&**name));
    (is_known && is_safe(&home, name)).then(|| (home, name.clone()))
}
