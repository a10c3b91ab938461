//! Taking over what another session has stored, by the names of its entries (docs/contract.md).

use crate::contract::{Declined, Unsupported, malformed};
use crate::savers::contents::parts_of;
use crate::savers::saver::{Entry, Saver};
use crate::savers::stored::Typed;
use crate::value::{Map, Value};

/// The type tags of stored data.
const KINDS: [&str; 5] = ["msgpack", "json", "null", "bytes", "bytearray"];

impl Saver {
    /// Take over entries, byte by byte.
    pub fn take_over(&mut self, stored: &Map) -> Result<(), Declined> {
        for (name, data) in stored.iter() {
            let (Value::Text(name), Value::Bytes(data)) = (name, data) else {
                return Err(malformed("`stored` must map names to bytes"));
            };
            self.take_over_entry(name, data)?;
            self.contents.take_over(name, data);
        }
        let entries = self.threads.values().flatten();
        for (
            id,
            Entry {
                checkpoint,
                metadata,
                ..
            },
        ) in entries
        {
            if checkpoint.0.is_empty() || metadata.0.is_empty() {
                let message = format!("checkpoint {id} lacks its data or its metadata");
                return Err(malformed(message));
            }
        }
        Ok(())
    }

    fn take_over_entry(&mut self, name: &str, data: &[u8]) -> Result<(), Declined> {
        let parts = parts_of(name);
        let parts: Vec<_> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            ["checkpoint", thread, ns, id, kind] => {
                self.entry(thread, ns, id).checkpoint = typed(kind, data)?;
            }
            ["metadata", thread, ns, id, kind] => {
                self.entry(thread, ns, id).metadata = typed(kind, data)?;
            }
            ["parent", thread, ns, id] => {
                let parent = String::from_utf8_lossy(data).into_owned();
                self.entry(thread, ns, id).parent = Some(parent);
            }
            ["blob", thread, ns, channel, version, kind] => {
                let place = (thread.to_owned(), ns.to_owned());
                let blob = match kind {
                    "empty" => None,
                    kind => Some(typed(kind, data)?),
                };
                let at = (place, channel.to_owned(), version.to_owned());
                self.blobs.insert(at, blob);
            }
            ["write", thread, ns, id, task, index, channel, path, kind] => {
                let place = ((thread.to_owned(), ns.to_owned()), id.to_owned());
                let wrong = |_| malformed(format!("{name} has no index"));
                let index = index.parse().map_err(wrong)?;
                let data = typed(kind, data)?;
                let writes = self.writes.entry(place).or_default();
                writes.take_over((task, path), index, channel, data);
            }
            _ => {
                return Err(malformed(format!(
                    "{name} names nothing that a saver stores"
                )));
            }
        }
        Ok(())
    }

    fn entry(&mut self, thread: &str, namespace: &str, id: &str) -> &mut Entry {
        let place = (thread.to_owned(), namespace.to_owned());
        let checkpoints = self.threads.entry(place).or_default();
        checkpoints.entry(id.to_owned()).or_default()
    }
}

fn typed(kind: &str, data: &[u8]) -> Result<Typed, Unsupported> {
    let known = KINDS.into_iter().find(|known| *known == kind);
    let known = known.ok_or_else(|| Unsupported(format!("stored data of type {kind}")))?;
    Ok((known, data.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Raised;
    use crate::savers::checkpoints::{Checkpoint, Where};
    use crate::savers::saver::Kind;
    use crate::value::text;

    fn begun(kind: Kind) -> Result<(Saver, Where), Raised> {
        let mut saver = Saver::new(kind);
        let place: Where = [(text("thread_id"), text("a/b"))].into_iter().collect();
        let mut checkpoint = Checkpoint::empty("now".to_owned());
        checkpoint.advance("1".to_owned(), "now".to_owned(), Value::Nil);
        checkpoint.versions.put("n", text("v"));
        let values: Map = [(text("n"), Value::Int(5))].into_iter().collect();
        let versions = checkpoint.versions.clone();
        let place = saver.put(&place, &checkpoint, &Map::default(), &versions, &values)?;
        let writes = [
            ("n".into(), Value::Int(6)),
            ("__resume__".into(), Value::Int(7)),
        ];
        saver.put_writes(&place, &writes, "task", "~path")?;
        Ok((saver, place))
    }

    #[test]
    fn another_saver_goes_on_from_the_same_bytes() -> Result<(), Raised> {
        for kind in [Kind::Memory, Kind::Sqlite] {
            let (mut saver, place) = begun(kind)?;
            let (stored, _) = saver.contents.changes();
            let entries = stored.into_iter();
            let stored: Map = entries
                .map(|(name, data)| (text(name), Value::Bytes(data)))
                .collect();
            let mut next = Saver::new(kind);
            assert!(next.take_over(&stored).is_ok());
            assert!(next.contents.changes().0.is_empty());
            let saved = next.get(&place)?;
            let saved = saved.map(|saved| (saved.values.len(), saved.pending.len()));
            assert_eq!(saved, Some((1, 2)));
            next.delete_thread("a/b");
            assert_eq!(next.contents.changes().1.len(), stored.len());
        }
        Ok(())
    }

    #[test]
    fn entries_that_make_no_checkpoint_are_a_bad_request() {
        let refused = |name: &str| {
            let stored = [(text(name), Value::Bytes(vec![0xc0]))];
            Saver::new(Kind::Memory).take_over(&stored.into_iter().collect())
        };
        for name in [
            "checkpoint/t//1/msgpack",
            "parent/t",
            "write/t//1/task/x/n/~/msgpack",
        ] {
            assert!(matches!(refused(name), Err(Declined::Malformed(_))));
        }
        let unknown = refused("checkpoint/t//1/pickle");
        assert!(matches!(unknown, Err(Declined::Unsupported(_))));
    }
}
