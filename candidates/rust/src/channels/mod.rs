//! The channel classes (`langgraph.channels`) and the reducers that fold their writes.

pub mod channel;
pub mod errors;
pub mod folding;
pub mod reducers;
