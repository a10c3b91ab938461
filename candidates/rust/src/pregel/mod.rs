//! Running a program: supersteps, tasks, and the state of a thread (`langgraph.pregel`).

pub mod apply;
pub mod changes;
pub mod deltas;
pub mod graph;
pub mod migration;
pub mod nesting;
pub mod node;
pub mod payloads;
pub mod prepare;
pub mod replay;
pub mod run;
pub mod runner;
pub mod showing;
pub mod snapshots;
pub mod start;
pub mod state;
pub mod storing;
pub mod streams;
pub mod supersteps;
pub mod tasks;
pub mod updates;
pub mod writes;
