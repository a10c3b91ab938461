//! LangGraph's serializer and channels in Rust, behind Parity Kit's contract.

mod arrays;
mod channel_session;
mod channels;
mod codec;
mod codec_session;
mod contract;
mod dates;
mod decimals;
mod envelopes;
mod folded;
mod graph;
mod json;
mod json_text;
mod networks;
mod opened;
mod packing;
mod paths;
mod patterns;
mod python;
mod records;
mod reducers;
mod reviving;
mod standard;
mod unpacking;
mod value;
mod wire;

use std::io::{self, BufReader, BufWriter};
use std::thread;

/// Values may lie 1,022 deep in each other, and each ext begins to count again.
const STACK: usize = 1 << 30;

fn main() -> io::Result<()> {
    let source = || BufReader::new(io::stdin().lock());
    let serve = move || wire::serve(source(), BufWriter::new(io::stdout().lock()));
    let thread = thread::Builder::new().stack_size(STACK).spawn(serve)?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the engine panicked")))
}
