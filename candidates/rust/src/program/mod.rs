//! Graph programs: the compiler, and the language of node bodies.

pub mod compiled;
pub mod compiler;
pub mod evaluate;
pub mod host;
pub mod language;
pub mod layout;
pub mod policies;
pub mod schemas;
