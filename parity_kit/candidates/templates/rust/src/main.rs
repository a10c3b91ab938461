//! your-engine, an engine for Parity Kit: README.md says what to fill in, and in which order.

mod engine;
mod wire;

use std::io::{self, BufReader};
use std::thread;

fn main() -> io::Result<()> {
    // Values lie deep in each other, and a function that calls itself needs room for that.
    let serve = || wire::serve(BufReader::new(io::stdin().lock()), io::stdout().lock());
    let thread = thread::Builder::new().stack_size(1 << 28).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
