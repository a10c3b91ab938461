//! LangGraph in Rust, behind Parity Kit's contract: serializer, channels and superstep loop.

mod channels;
mod clock;
mod codec;
mod contract;
mod engine;
mod halt;
mod names;
mod packets;
mod pregel;
mod program;
mod savers;
mod sessions;
mod store;
mod value;
mod wire;

use std::io::{self, BufReader, BufWriter};
use std::thread;

/// Values nest up to 1,022 deep, and each ext starts counting again.
const STACK: usize = 1 << 30;

fn main() -> io::Result<()> {
    let source = || BufReader::new(io::stdin().lock());
    let serve = move || wire::serve(source(), BufWriter::new(io::stdout().lock()));
    let thread = thread::Builder::new().stack_size(STACK).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
