//! langgraph-core-rs behind Parity Kit's wire. README.md says what was found.

mod calls;
mod channel_session;
mod engine;
mod fields;
mod program;
mod values;
// The template's, of which nothing is left out: only what stores bytes is not needed here.
#[allow(dead_code)]
mod wire;

use std::io;
use std::thread;

fn main() -> io::Result<()> {
    // Values lie deep in each other, and a function that calls itself needs room for that.
    let serve = || wire::serve(calls::Source, io::stdout());
    let thread = thread::Builder::new().stack_size(1 << 28).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
