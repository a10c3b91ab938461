//! Going again over what an earlier run did, from a checkpoint of it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::halt::Halt;
use crate::names::without_ids;
use crate::savers::checkpoints::{Where, word};
use crate::savers::saver::{Listing, Saved, Saver};
use crate::value::Map;

/// A run that goes again over what an earlier one did: it began at the checkpoint `since`.
///
/// A subgraph begins where it was then, when it first runs; after that it goes on as ever.
pub struct Replay {
    since: String,
    begun: RefCell<Vec<String>>,
}

impl Replay {
    /// Return the replay of a checkpoint, which a run goes on from by the name `latest`.
    ///
    /// Subgraphs that ran at what a fork or an update was made from did so before it was made, so
    /// that counts. Of a fork that is stored at exit only the parent is that of what it was made
    /// from.
    pub fn of(saved: &Began, latest: &str, at_exit: bool) -> Rc<Replay> {
        let source = word(&saved.metadata, "source");
        let made = matches!(source, Some("fork" | "update"));
        let place = match (made || at_exit, at_exit) {
            (true, true) => saved.parent.as_ref(),
            (true, false) => saved.parent.as_ref().or(saved.config.as_ref()),
            (false, _) => saved.config.as_ref(),
        };
        let since = place.and_then(|place| word(place, "checkpoint_id"));
        Rc::new(Replay {
            since: since.unwrap_or(latest).to_owned(),
            begun: RefCell::default(),
        })
    }

    /// Return the checkpoint that a nested run begins at.
    pub fn find(&self, saver: &Saver, place: &Where) -> Result<Option<Saved>, Halt> {
        let node = without_ids(word(place, "checkpoint_ns").unwrap_or_default());
        if self.begun.borrow().contains(&node) {
            return Ok(saver.get(place)?);
        }
        self.begun.borrow_mut().push(node);
        let asked = Listing {
            before: Some(self.since.clone()),
            limit: Some(1),
            ..Default::default()
        };
        Ok(saver.list(place, &asked)?.pop())
    }
}

/// What a run remembers of the checkpoint that it began with.
pub struct Began {
    pub id: String,
    /// None if it was never stored.
    pub config: Option<Where>,
    pub parent: Option<Where>,
    pub metadata: Map,
}
