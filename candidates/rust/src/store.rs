//! A graph's store (`langgraph.store.memory.InMemoryStore`): maps by namespace and key, which outlive
//! threads.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::contract::Raised;
use crate::value::python::quoted;
use crate::value::{Value, text};

const INVALID: &str = "langgraph.store.base.InvalidNamespaceError";

type Namespace = Vec<String>;

#[derive(Default)]
pub struct Store {
    items: RefCell<BTreeMap<(Namespace, String), Value>>,
}

impl Store {
    pub fn put(&self, namespace: Namespace, key: String, value: Value) -> Result<(), Raised> {
        if namespace.is_empty() {
            return Err(Raised::new(INVALID, "Namespace cannot be empty."));
        }
        check(&namespace)?;
        if namespace[0] == "langgraph" {
            let got = tuple(&namespace);
            let message = format!("Root label for namespace cannot be \"langgraph\". Got: {got}");
            return Err(Raised::new(INVALID, message));
        }
        self.items.borrow_mut().insert((namespace, key), value);
        Ok(())
    }

    pub fn delete(&self, namespace: Namespace, key: String) -> Result<(), Raised> {
        check(&namespace)?;
        self.items.borrow_mut().remove(&(namespace, key));
        Ok(())
    }

    /// Return a value, or null.
    pub fn get(&self, namespace: Namespace, key: String) -> Result<Value, Raised> {
        check(&namespace)?;
        let value = self.items.borrow().get(&(namespace, key)).cloned();
        Ok(value.unwrap_or_default())
    }

    /// Return all items under a prefix, in order of namespace, then key.
    pub fn search(&self, prefix: &[String]) -> Result<Value, Raised> {
        check(prefix)?;
        let items = self.items.borrow();
        let under = items
            .iter()
            .filter(|((namespace, _), _)| namespace.starts_with(prefix));
        Ok(under
            .map(|((namespace, key), value)| {
                let namespace = namespace.iter().map(text).collect();
                Value::Array(vec![namespace, text(key), value.clone()])
            })
            .collect())
    }
}

fn check(namespace: &[String]) -> Result<(), Raised> {
    for label in namespace {
        let all = tuple(namespace);
        let message = if label.contains('.') {
            format!(
                "Invalid namespace label '{label}' found in {all}. \
                 Namespace labels cannot contain periods ('.')."
            )
        } else if label.contains('\0') {
            format!(
                "Invalid namespace label '{label}' found in {all}. \
                 Namespace labels cannot contain NUL bytes ('\\x00')."
            )
        } else if label.is_empty() {
            format!("Namespace labels cannot be empty strings. Got {label} in {all}")
        } else {
            continue;
        };
        return Err(Raised::new(INVALID, message));
    }
    Ok(())
}

fn tuple(labels: &[String]) -> String {
    let labels: Vec<_> = labels.iter().map(|label| quoted(label)).collect();
    let comma = if labels.len() == 1 { "," } else { "" };
    format!("({}{comma})", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_a_prefix_in_order() -> Result<(), Raised> {
        let store = Store::default();
        for (label, key) in [("b", "2"), ("b", "1"), ("a", "3")] {
            let namespace = vec!["all".to_owned(), label.to_owned()];
            store.put(namespace, key.to_owned(), Value::Nil)?;
        }
        let items = store.search(&["all".to_owned()])?;
        let keys = items.array().unwrap_or_default().iter();
        let keys = keys.filter_map(|item| item.array()?[1].text());
        assert_eq!(keys.collect::<Vec<_>>(), ["3", "1", "2"]);
        Ok(())
    }

    #[test]
    fn a_label_without_a_text_is_refused() {
        let refused = Store::default()
            .get(vec![String::new()], "k".to_owned())
            .err();
        let message = refused.map(|error| error.message);
        let known = "Namespace labels cannot be empty strings. Got  in ('',)";
        assert_eq!(message.as_deref(), Some(known));
    }
}
