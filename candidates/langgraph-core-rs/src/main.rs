//! langgraph-core-rs behind Parity Kit's wire; README.md lists what differs from LangGraph.

mod callbacks;
mod channel_session;
mod engine;
mod fields;
mod program;
mod values;
// The template's, unchanged; this candidate does not need the part that stores bytes.
#[allow(dead_code)]
mod wire;

use std::io;
use std::thread;

use crate::engine::Port;

fn main() -> io::Result<()> {
    let serve = || wire::serve(&Port, callbacks::Source, io::stdout());
    // Values nest deeply, and recursive functions need stack for that.
    let thread = thread::Builder::new().stack_size(1 << 28).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
