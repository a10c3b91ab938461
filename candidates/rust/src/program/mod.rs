//! Graph programs: the language of node bodies, and a program compiled.

pub mod compiled;
pub mod compiler;
pub mod evaluate;
pub mod host;
pub mod language;
pub mod layout;
pub mod policies;
pub mod schemas;
