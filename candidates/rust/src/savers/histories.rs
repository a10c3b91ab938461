//! The history from which a delta channel is rebuilt: an ancestor's snapshot and the writes since.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::contract::Raised;
use crate::savers::checkpoints::{Where, word};
use crate::savers::saver::{Entry, Saver, key_of};
use crate::value::Value;

/// The history of a delta channel: a value of an ancestor, and the writes since, the oldest
/// first.
#[derive(Default)]
pub struct History {
    pub seed: Option<Value>,
    pub writes: Vec<Value>,
}

impl Saver {
    /// Return the histories of delta channels, by name.
    pub fn delta_history(
        &self,
        place: &Where,
        channels: &[&Rc<str>],
    ) -> Result<Vec<(Rc<str>, History)>, Raised> {
        let mut histories: Vec<_> = channels
            .iter()
            .map(|name| (Rc::clone(name), History::default()))
            .collect();
        let key = key_of(place);
        let Some(held) = self.threads.get(&key) else {
            return Ok(histories);
        };
        let asked = word(place, "checkpoint_id");
        let latest = held.last_key_value().map(|(id, _)| id.as_str());
        for (id, entry) in ancestors(held, asked.or(latest)) {
            let saved = self.saved(&key, id, entry, None)?;
            for (name, history) in &mut histories {
                if history.seed.is_some() {
                    continue;
                }
                let writes = saved.pending.iter().rev();
                let own = writes.filter(|(_, channel, _)| channel == name);
                history
                    .writes
                    .extend(own.map(|(_, _, value)| value.clone()));
                history.seed = saved.values.get(name).cloned();
            }
            if histories.iter().all(|(_, history)| history.seed.is_some()) {
                break;
            }
        }
        for (_, history) in &mut histories {
            history.writes.reverse();
        }
        Ok(histories)
    }
}

/// Return a checkpoint's ancestors, the nearest first, without repetition.
fn ancestors<'a>(
    held: &'a BTreeMap<String, Entry>,
    mut id: Option<&'a str>,
) -> Vec<(&'a str, &'a Entry)> {
    let mut lineage = Vec::<(&str, &Entry)>::new();
    let first = id;
    while let Some(parent) = id.and_then(|id| held.get(id)?.parent.as_deref()) {
        let is_known = first == Some(parent) || lineage.iter().any(|(id, _)| *id == parent);
        let Some(entry) = held.get(parent).filter(|_| !is_known) else {
            break;
        };
        lineage.push((parent, entry));
        id = Some(parent);
    }
    lineage
}
