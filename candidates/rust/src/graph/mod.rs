//! LangGraph's superstep loop: graph programs, their runs, and the threads that these leave.

mod checkpoints;
mod clock;
mod compiled;
mod evaluate;
mod halt;
mod language;
mod layout;
mod names;
mod nested;
mod options;
mod packets;
mod payloads;
mod policies;
mod program;
mod run;
mod runner;
mod running;
mod savers;
mod schemas;
pub mod session;
mod snapshots;
mod starting;
mod state;
mod streams;
mod superstep;
mod tasks;
mod updates;
