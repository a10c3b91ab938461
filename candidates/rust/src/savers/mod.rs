//! Savers: the storage of checkpoints, pending writes and metadata.

pub mod checkpoints;
pub mod contents;
pub mod histories;
pub mod json_text;
pub mod kept_writes;
pub mod loading;
pub mod metadata;
pub mod saver;
pub mod stored;
