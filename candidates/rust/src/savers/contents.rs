//! The byte strings that a saver keeps, by name (docs/contract.md), and their changes.

use std::collections::BTreeMap;

use crate::contract::Stored;

#[derive(Default)]
pub struct Contents {
    now: Stored,
    /// The previous data of the names touched since the last call of `changes`.
    before: BTreeMap<String, Option<Vec<u8>>>,
}

impl Contents {
    pub fn put(&mut self, name: String, data: Vec<u8>) {
        let before = self.now.insert(name.clone(), data);
        self.before.entry(name).or_insert(before);
    }

    /// Take over an entry that another session has stored, which is no change.
    pub fn take_over(&mut self, name: &str, data: &[u8]) {
        self.now.insert(name.to_owned(), data.to_vec());
    }

    pub fn remove(&mut self, name: &str) {
        let before = self.now.remove(name);
        self.before.entry(name.to_owned()).or_insert(before);
    }

    /// Remove a thread's entries; the thread's name is escaped.
    pub fn remove_thread(&mut self, thread: &str) {
        let is_its = |name: &&String| name.split('/').nth(1) == Some(thread);
        let names: Vec<_> = self.now.keys().filter(is_its).cloned().collect();
        names.iter().for_each(|name| self.remove(name));
    }

    /// Return the entries added or changed since the last call, and the names removed.
    pub fn changes(&mut self) -> (Stored, Vec<String>) {
        let (mut new, mut gone) = (Stored::new(), Vec::new());
        for (name, before) in std::mem::take(&mut self.before) {
            match (self.now.get(&name), before) {
                (None, None) => {}
                (None, Some(_)) => gone.push(name),
                (Some(data), before) if before.as_ref() == Some(data) => {}
                (Some(data), _) => drop(new.insert(name, data.clone())),
            }
        }
        (new, gone)
    }
}

/// Join the parts of a name.
pub fn name_of(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| escaped(part)).collect();
    parts.join("/")
}

/// Return the parts of a name.
pub fn parts_of(name: &str) -> Vec<String> {
    let plain = |part: &str| part.replace("%2F", "/").replace("%25", "%");
    name.split('/').map(plain).collect()
}

/// Escape a part of a name.
pub fn escaped(part: &str) -> String {
    part.replace('%', "%25").replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_other_than_it_was_has_changed() {
        let mut contents = Contents::default();
        contents.put("a/t".to_owned(), vec![1]);
        contents.put("b/t".to_owned(), vec![1]);
        assert_eq!(contents.changes().0.len(), 2);
        contents.remove("a/t");
        contents.put("a/t".to_owned(), vec![1]);
        contents.remove("b/t");
        contents.put("c/t".to_owned(), vec![1]);
        contents.remove("c/t");
        assert_eq!(contents.changes(), (Stored::new(), vec!["b/t".to_owned()]));
    }

    #[test]
    fn a_part_holds_no_slash() {
        assert_eq!(name_of(&["a/b", "100%2F"]), "a%2Fb/100%252F");
        assert_eq!(parts_of("a%2Fb/100%252F"), ["a/b", "100%2F"]);
    }
}
