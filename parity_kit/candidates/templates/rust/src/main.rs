//! your-engine, a LangGraph engine for Parity Kit. Start with README.md, then src/engine.rs.

mod engine;
mod wire;

use std::io::{self, BufReader};
use std::thread;

use crate::engine::YourEngine;

fn main() -> io::Result<()> {
    let source = || BufReader::new(io::stdin().lock());
    let serve = move || wire::serve(&YourEngine, source(), io::stdout().lock());
    // Values nest deeply, and recursive functions need stack for that.
    let thread = thread::Builder::new().stack_size(1 << 28).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
