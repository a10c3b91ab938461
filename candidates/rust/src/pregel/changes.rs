//! Changes to a thread's state from outside, and the nodes and tasks they are attributed to.

use std::collections::HashMap;
use std::rc::Rc;

use sha1_smol::Sha1;

use crate::channels::errors::INVALID;
use crate::contract::{Raised, Unsupported};
use crate::halt::{Halt, SHOWN};
use crate::names::{BUMPS, START};
use crate::pregel::deltas::really_seen;
use crate::pregel::prepare::{hyphenated, leading};
use crate::program::compiled::Program;
use crate::savers::checkpoints::is_newer;
use crate::value::python::repr;
use crate::value::{Map, Value};

/// An update attributed to a node, and to one of its tasks if `task` is set.
#[derive(Clone)]
pub struct Change {
    pub values: Value,
    pub as_node: Option<String>,
    pub task: Option<Rc<str>>,
}

/// Return the error of a change that a thread cannot take.
pub fn invalid(message: &str) -> Raised {
    Raised::new(INVALID, message)
}

/// Return changes by node, the k-th of a node attributed to the node's k-th waiting task.
pub fn grouped(
    items: &[Value],
    waiting: &HashMap<Rc<str>, Vec<Rc<str>>>,
) -> Result<Vec<Change>, Halt> {
    let mut groups = Vec::<(Option<String>, Vec<Change>)>::new();
    for item in items {
        let (values, as_node) = match item {
            Value::Array(parts) if parts.len() > 1 => (&parts[0], &parts[1]),
            Value::Array(_) | Value::Text(_) | Value::Bytes(_) => {
                return Err(Unsupported("a change of a copy with no node".to_owned()).into());
            }
            other => {
                let item = repr(other);
                let item = item.ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
                let message = format!("Invalid update item: {item} when copying checkpoint");
                return Err(invalid(&message).into());
            }
        };
        let as_node = as_node.text().map(str::to_owned);
        let place = groups.iter().position(|(name, _)| *name == as_node);
        let place = place.unwrap_or_else(|| {
            groups.push((as_node.clone(), Vec::new()));
            groups.len() - 1
        });
        let group = &mut groups[place].1;
        let ids = as_node.as_deref().and_then(|name| waiting.get(name));
        group.push(Change {
            values: values.clone(),
            task: ids.and_then(|ids| ids.get(group.len())).cloned(),
            as_node,
        });
    }
    Ok(groups.into_iter().flat_map(|(_, group)| group).collect())
}

/// Return the node that ran last, or None if it was not one alone.
pub fn last_node(program: &Program, seen: &Map) -> Option<String> {
    let mut runs = Vec::<(&Value, &str)>::new();
    for name in seen.iter().filter_map(|(name, _)| name.text()) {
        if name != BUMPS {
            let versions = really_seen(seen, name).into_iter();
            runs.extend(versions.map(|version| (version, name)));
        }
    }
    if runs.is_empty() {
        return Some(START.to_owned());
    }
    runs.retain(|(_, name)| program.node(name).is_some());
    let after = |one: &Value, other: &Value| is_newer(one, Some(other));
    let (last, name) = *runs.iter().reduce(|best, run| {
        let (best_version, version) = (best.0, run.0);
        let is_later =
            after(version, best_version) || (!after(best_version, version) && run.1 > best.1);
        if is_later { run } else { best }
    })?;
    let same = runs.iter().filter(|(version, _)| !after(last, version));
    (same.count() == 1).then(|| name.to_owned())
}

/// Return the version 5 UUID of a name in a namespace, which is a UUID too.
pub fn uuid5(namespace: &str, name: &str) -> String {
    let digits: String = namespace.chars().filter(|c| *c != '-').collect();
    let namespace = u128::from_str_radix(&digits, 16).unwrap_or_default();
    let mut hash = Sha1::new();
    hash.update(&namespace.to_be_bytes());
    hash.update(name.as_bytes());
    let bits = leading(&hash.digest().bytes());
    // The version and the variant have fixed bits.
    let fixed = 0xf << 76 | 0x3 << 62;
    hyphenated(bits & !fixed | 0x5 << 76 | 0x2 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_of_version_5_is_pythons() {
        let dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        let known = "886313e1-3b8a-5372-9b90-0c9aee199e5d";
        assert_eq!(uuid5(dns, "python.org"), known);
    }
}
