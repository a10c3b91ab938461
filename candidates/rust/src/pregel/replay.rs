//! Replay: running again from an earlier checkpoint.

use std::cell::RefCell;
use std::rc::Rc;

use crate::halt::Halt;
use crate::names::without_ids;
use crate::savers::checkpoints::{Where, word};
use crate::savers::saver::{Listing, Saved, Saver};
use crate::value::Map;

/// A run that repeats an earlier one from the checkpoint `since`.
///
/// A subgraph's first run starts where it was then; later ones continue as usual.
pub struct Replay {
    since: String,
    begun: RefCell<Vec<String>>,
}

impl Replay {
    /// Return the replay from a checkpoint; `latest` is the id under which the run continues.
    ///
    /// A fork or an update was made after subgraphs had run at its source, so its source counts. The
    /// parent of a fork that is stored at exit is its source's parent.
    pub fn of(saved: &Origin, latest: &str, at_exit: bool) -> Rc<Replay> {
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

    /// Return the checkpoint from which a nested run starts.
    pub fn find(&self, saver: &Saver, place: &Where) -> Result<Option<Saved>, Halt> {
        let node = without_ids(word(place, "checkpoint_ns").unwrap_or_default());
        if self.begun.borrow().contains(&node) {
            return Ok(saver.get(place)?);
        }
        self.begun.borrow_mut().push(node);
        let listing = Listing {
            before: Some(self.since.clone()),
            limit: Some(1),
            ..Default::default()
        };
        Ok(saver.list(place, &listing)?.pop())
    }
}

/// The checkpoint from which a run started.
pub struct Origin {
    pub id: String,
    /// None if it was never stored.
    pub config: Option<Where>,
    pub parent: Option<Where>,
    pub metadata: Map,
}
