//! The pending writes that a saver keeps with a checkpoint.

use std::rc::Rc;

use crate::contract::Raised;
use crate::names::slot;
use crate::program::compiled::Write;
use crate::savers::contents::{Contents, name_of};
use crate::savers::stored::{PendingWrite, Typed, load, stored};

/// Which stored writes stay when others arrive for the same index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// Stored writes stay unless they have a slot.
    WithoutSlot,
    All,
    None,
}

/// The pending writes of one checkpoint.
#[derive(Default)]
pub struct KeptWrites(Vec<Kept>);

struct Kept {
    task: Rc<str>,
    index: i64,
    channel: Rc<str>,
    data: Typed,
    path: String,
}

impl KeptWrites {
    /// Return the writes in their order.
    pub fn load(&self) -> Result<Vec<PendingWrite>, Raised> {
        let mut writes: Vec<_> = self.0.iter().collect();
        writes.sort_by_key(|write| (&write.path, &write.task, write.index));
        let loaded = writes.into_iter().map(|write| {
            let value = load(&write.data)?;
            Ok((write.task.clone(), write.channel.clone(), value))
        });
        loaded.collect()
    }

    /// Take over a write that another session has stored.
    pub fn take_over(
        &mut self,
        (task, path): (&str, &str),
        index: i64,
        channel: &str,
        data: Typed,
    ) {
        self.0.push(Kept {
            task: task.into(),
            index,
            channel: channel.into(),
            data,
            path: path.to_owned(),
        });
    }

    /// Keep a task's writes; `at` names the checkpoint.
    pub fn put(
        &mut self,
        contents: &mut Contents,
        at: &[String; 3],
        writes: &[Write],
        (task, path): (&str, &str),
        stays: Stays,
    ) -> Result<(), Raised> {
        let before = self.0.len();
        for (index, (channel, value)) in (0..).zip(writes) {
            let index = slot(channel).unwrap_or(index);
            let is_here = |kept: &Kept| &*kept.task == task && kept.index == index;
            let here = self.0.iter().position(is_here);
            let stays = match stays {
                Stays::WithoutSlot => index >= 0 && here.is_some_and(|here| here < before),
                Stays::All => here.is_some(),
                Stays::None => false,
            };
            if stays {
                continue;
            }
            let write = Kept {
                task: task.into(),
                index,
                channel: channel.clone(),
                data: stored(value)?,
                path: path.to_owned(),
            };
            contents.put(write.name(at), write.data.1.clone());
            match here {
                Some(here) => {
                    let gone = self.0[here].name(at);
                    if gone != write.name(at) {
                        contents.remove(&gone);
                    }
                    self.0[here] = write;
                }
                None => self.0.push(write),
            }
        }
        Ok(())
    }
}

impl Kept {
    fn name(&self, [thread, namespace, id]: &[String; 3]) -> String {
        let index = self.index.to_string();
        let (path, kind) = (&self.path, self.data.0);
        let parts = [
            "write",
            thread,
            namespace,
            id,
            &self.task,
            &index,
            &self.channel,
            path,
            kind,
        ];
        name_of(&parts)
    }
}
