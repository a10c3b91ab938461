//! The subjects that can be opened, and their operations: a codec, a channel, a graph.

pub mod channel;
pub mod codec;
pub mod graph;
pub mod options;
pub mod plain;
