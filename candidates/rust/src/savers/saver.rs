//! A saver, which keeps checkpoints as LangGraph's for memory and for SQLite do
//! (`langgraph.checkpoint.memory.InMemorySaver`, `langgraph.checkpoint.sqlite.SqliteSaver`).
//!
//! In memory, a channel's value is kept once per version, apart from checkpoints; the SQLite saver
//! keeps whole checkpoints, and metadata as JSON. Here both lie in memory, with the same bytes.
//! Keeping bytes rejects what cannot be stored and returns a fresh value on every read.

use std::collections::{BTreeMap, HashMap};

use crate::contract::{Raised, Unsupported};
use crate::halt::Halt;
use crate::names::slot;
use crate::program::compiled::Write;
use crate::savers::checkpoints::{Checkpoint, Values, Where, named_versions, with_values, word};
use crate::savers::contents::{Contents, escaped, name_of};
use crate::savers::json_text::dumped;
use crate::savers::kept_writes::{KeptWrites, Stays};
use crate::savers::metadata::full_metadata;
use crate::savers::stored::{PendingWrite, Typed, load, stored};
use crate::value::{Map, Value, text};

/// A thread and a namespace.
pub type Place = (String, String);

/// A checkpoint as a saver returns it.
pub struct Saved {
    pub config: Where,
    pub checkpoint: Checkpoint,
    pub values: Map,
    pub metadata: Map,
    pub parent: Option<Where>,
    pub pending: Vec<PendingWrite>,
}

#[derive(Default)]
pub struct Entry {
    pub checkpoint: Typed,
    pub metadata: Typed,
    pub parent: Option<String>,
}

/// The arguments of a list of checkpoints.
#[derive(Default)]
pub struct Listing<'a> {
    pub filter: Option<&'a Map>,
    pub before: Option<String>,
    pub limit: Option<i128>,
}

/// Which of LangGraph's savers to follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Sqlite,
}

impl Kind {
    /// Return which of a task's stored writes stay: those without a slot; in SQLite all, unless all
    /// new ones have slots.
    fn stays(self, writes: &[Write]) -> Stays {
        let have_slots = writes.iter().all(|(channel, _)| slot(channel).is_some());
        match self {
            Kind::Memory => Stays::WithoutSlot,
            Kind::Sqlite if have_slots => Stays::None,
            Kind::Sqlite => Stays::All,
        }
    }
}

pub struct Saver {
    pub kind: Kind,
    pub threads: HashMap<Place, BTreeMap<String, Entry>>,
    pub writes: HashMap<(Place, String), KeptWrites>,
    /// A channel's value by version; None if it had no value.
    pub blobs: HashMap<(Place, String, String), Option<Typed>>,
    pub contents: Contents,
}

impl Saver {
    pub fn new(kind: Kind) -> Saver {
        Saver {
            kind,
            threads: HashMap::new(),
            writes: HashMap::new(),
            blobs: HashMap::new(),
            contents: Contents::default(),
        }
    }

    /// Return the checkpoint with an id, or the thread's latest.
    pub fn get(&self, place: &Where) -> Result<Option<Saved>, Raised> {
        let key = key_of(place);
        let Some(checkpoints) = self.threads.get(&key) else {
            return Ok(None);
        };
        match word(place, "checkpoint_id") {
            Some(id) => match checkpoints.get(id) {
                Some(entry) => self.saved(&key, id, entry, Some(place)).map(Some),
                None => Ok(None),
            },
            None => match checkpoints.last_key_value() {
                Some((id, entry)) => self.saved(&key, id, entry, None).map(Some),
                None => Ok(None),
            },
        }
    }

    /// Return the id of a thread's latest checkpoint.
    pub fn latest(&self, place: &Where) -> Option<&str> {
        let (id, _) = self.threads.get(&key_of(place))?.last_key_value()?;
        Some(id)
    }

    pub fn saved(
        &self,
        key: &Place,
        id: &str,
        entry: &Entry,
        config: Option<&Where>,
    ) -> Result<Saved, Raised> {
        let whole = load(&entry.checkpoint)?;
        let checkpoint = Checkpoint::read(&whole);
        let metadata = load(&entry.metadata)?.map().cloned().unwrap_or_default();
        let values = match self.kind {
            Kind::Memory => self.values(key, &checkpoint.versions)?,
            Kind::Sqlite => {
                let values = whole.map().and_then(|whole| whole.get("channel_values"));
                values.and_then(Value::map).cloned().unwrap_or_default()
            }
        };
        Ok(Saved {
            config: config.cloned().unwrap_or_else(|| place_of(key, id)),
            checkpoint,
            values,
            metadata,
            parent: entry.parent.as_ref().map(|parent| place_of(key, parent)),
            pending: match self.writes.get(&(key.clone(), id.to_owned())) {
                Some(writes) => writes.load()?,
                None => Vec::new(),
            },
        })
    }

    fn values(&self, key: &Place, versions: &Map) -> Result<Map, Raised> {
        let mut values = Map::default();
        for (name, version) in named_versions(versions) {
            let blob = (key.clone(), name.to_owned(), version);
            if let Some(Some(data)) = self.blobs.get(&blob) {
                values.put(name, load(data)?);
            }
        }
        Ok(values)
    }

    /// Return a thread's checkpoints in a namespace, the newest first.
    pub fn list(&self, place: &Where, listing: &Listing) -> Result<Vec<Saved>, Halt> {
        let key = key_of(place);
        let mut checkpoints = Vec::new();
        let mut left = match (listing.limit, self.kind) {
            (None, _) | (Some(..0), Kind::Sqlite) => i128::MAX,
            (Some(limit), _) => limit,
        };
        for (id, entry) in self.threads.get(&key).into_iter().flatten().rev() {
            let is_other = word(place, "checkpoint_id").is_some_and(|wanted| wanted != id);
            if is_other || listing.before.as_ref().is_some_and(|before| id >= before) {
                continue;
            }
            if let Some(filter) = listing.filter {
                let metadata = load(&entry.metadata)?;
                if !self.holds(metadata.map().unwrap_or(&Map::default()), filter)? {
                    continue;
                }
            }
            if left <= 0 {
                break;
            }
            left -= 1;
            checkpoints.push(self.saved(&key, id, entry, None)?);
        }
        Ok(checkpoints)
    }

    /// Return whether metadata matches a filter.
    fn holds(&self, metadata: &Map, filter: &Map) -> Result<bool, Unsupported> {
        for (name, wanted) in filter.iter() {
            let actual = metadata.find(name).unwrap_or(&Value::Nil);
            if self.kind == Kind::Sqlite {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let is_plain = name.text().is_some_and(|name| name.chars().all(is_word));
                if !is_plain || matches!(wanted, Value::Map(_) | Value::Array(_)) {
                    return Err(Unsupported("a filter that SQL would read".to_owned()));
                }
            }
            if !actual.equals(wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Store a checkpoint and the values with a new version; return its location.
    pub fn put(
        &mut self,
        place: &Where,
        checkpoint: &Checkpoint,
        metadata: &Map,
        versions: &Map,
        values: &impl Values,
    ) -> Result<Where, Raised> {
        self.put_value(place, &checkpoint.value(), metadata, versions, values)
    }

    /// Store a checkpoint unchanged, without its values.
    pub fn put_value(
        &mut self,
        place: &Where,
        checkpoint: &Map,
        metadata: &Map,
        versions: &Map,
        values: &impl Values,
    ) -> Result<Where, Raised> {
        let key = key_of(place);
        let metadata = full_metadata(place, metadata);
        let (checkpoint, metadata) = match self.kind {
            Kind::Memory => {
                self.put_blobs(&key, versions, values)?;
                (Value::Map(checkpoint.clone()), stored(&metadata)?)
            }
            Kind::Sqlite => {
                let whole = with_values(checkpoint, values);
                (whole, ("json", dumped(&metadata)?.into_bytes()))
            }
        };
        let (thread, namespace) = &key;
        let id = checkpoint.map().and_then(|all| word(all, "id"));
        let id = &id.unwrap_or_default().to_owned();
        let entry = Entry {
            checkpoint: stored(&checkpoint)?,
            metadata,
            parent: word(place, "checkpoint_id").map(str::to_owned),
        };
        let parts = [
            ("checkpoint", &entry.checkpoint),
            ("metadata", &entry.metadata),
        ];
        for (part, (kind, data)) in parts {
            let name = name_of(&[part, thread, namespace, id, kind]);
            self.contents.put(name, data.clone());
        }
        if let Some(parent) = &entry.parent {
            let name = name_of(&["parent", thread, namespace, id]);
            self.contents.put(name, parent.clone().into_bytes());
        }
        let put = place_of(&key, id);
        self.threads
            .entry(key)
            .or_default()
            .insert(id.clone(), entry);
        Ok(put)
    }

    fn put_blobs(
        &mut self,
        key: &Place,
        versions: &Map,
        values: &impl Values,
    ) -> Result<(), Raised> {
        let (thread, namespace) = key;
        for (channel, version) in named_versions(versions) {
            let blob = values.value(channel).map(|value| stored(&value));
            let blob = blob.transpose()?;
            let (kind, data) = blob.clone().unwrap_or(("empty", Vec::new()));
            let name = name_of(&["blob", thread, namespace, channel, &version, kind]);
            self.contents.put(name, data);
            let at = (key.clone(), channel.to_owned(), version);
            let before = self.blobs.insert(at.clone(), blob);
            let was = before.map(|blob| blob.map_or("empty", |(kind, _)| kind));
            if let Some(was) = was.filter(|was| *was != kind) {
                let name = name_of(&["blob", thread, namespace, channel, &at.2, was]);
                self.contents.remove(&name);
            }
        }
        Ok(())
    }

    /// Store a task's writes.
    pub fn put_writes(
        &mut self,
        place: &Where,
        writes: &[Write],
        task: &str,
        path: &str,
    ) -> Result<(), Raised> {
        let key = key_of(place);
        let id = word(place, "checkpoint_id").unwrap_or_default();
        let at = [&*key.0, &*key.1, id].map(str::to_owned);
        let known = self.writes.entry((key, id.to_owned())).or_default();
        let stays = self.kind.stays(writes);
        known.put(&mut self.contents, &at, writes, (task, path), stays)
    }

    /// Delete a thread.
    pub fn delete_thread(&mut self, thread: &str) {
        self.threads.retain(|key, _| key.0 != thread);
        self.writes.retain(|(key, _), _| key.0 != thread);
        self.blobs.retain(|(key, ..), _| key.0 != thread);
        self.contents.remove_thread(&escaped(thread));
    }
}

pub fn key_of(place: &Where) -> Place {
    let get = |name| word(place, name).unwrap_or_default().to_owned();
    (get("thread_id"), get("checkpoint_ns"))
}

fn place_of((thread, namespace): &Place, id: &str) -> Where {
    let parts = [
        ("thread_id", thread.as_str()),
        ("checkpoint_ns", namespace),
        ("checkpoint_id", id),
    ];
    let parts = parts.map(|(name, part)| (text(name), text(part)));
    parts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saver(kind: Kind) -> Result<Saver, Raised> {
        let mut saver = Saver::new(kind);
        let mut checkpoint = Checkpoint::empty("now".to_owned());
        for (id, n) in [("1", 1), ("2", 2)] {
            checkpoint.advance(id.to_owned(), "now".to_owned(), Value::Nil);
            checkpoint.versions.put("n", text(id));
            let place = place_of(&("t".to_owned(), String::new()), "0");
            let versions = checkpoint.versions.clone();
            let values: Map = [(text("n"), Value::Int(n))].into_iter().collect();
            saver.put(&place, &checkpoint, &Map::default(), &versions, &values)?;
        }
        Ok(saver)
    }

    #[test]
    fn the_latest_is_found_and_an_earlier_one_by_its_id() -> Result<(), Raised> {
        for saver in [saver(Kind::Memory)?, saver(Kind::Sqlite)?] {
            let thread: Where = [(text("thread_id"), text("t"))].into_iter().collect();
            let value = |saved: Option<Saved>| saved.and_then(|saved| saved.values.get("n")?.int());
            assert_eq!(value(saver.get(&thread)?), Some(2));
            let mut first = thread.clone();
            first.put("checkpoint_id", text("1"));
            assert_eq!(value(saver.get(&first)?), Some(1));
            assert_eq!(saver.latest(&thread), Some("2"));
        }
        Ok(())
    }

    #[test]
    fn a_write_stays_unless_it_has_a_slot() -> Result<(), Raised> {
        let mut saver = saver(Kind::Memory)?;
        let place = place_of(&("t".to_owned(), String::new()), "2");
        for n in 1..3 {
            let writes = [
                ("n".into(), Value::Int(n)),
                ("__resume__".into(), Value::Int(n)),
            ];
            saver.put_writes(&place, &writes, "task", "")?;
        }
        let pending = saver
            .get(&place)?
            .map(|saved| saved.pending)
            .unwrap_or_default();
        let values = pending.iter().map(|(_, _, value)| value.int());
        assert_eq!(values.collect::<Vec<_>>(), [Some(2), Some(1)]);
        saver.delete_thread("t");
        assert!(saver.contents.changes().0.is_empty());
        Ok(())
    }
}
