//! Callbacks: the host runs node bodies and evaluates branches.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};

use rmpv::decode::read_value;
use rmpv::encode::write_value;
use rmpv::Value;

use crate::wire::{field, map};

thread_local! {
    /// Frames of requests that arrived while a callback waited for its answer.
    static WAITING: RefCell<VecDeque<u8>> = const { RefCell::new(VecDeque::new()) };
}

/// The source of requests: the frames that waited, then stdin.
pub struct Source;

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waiting = WAITING.with_borrow_mut(|waiting| waiting.read(buffer))?;
        if waiting > 0 {
            return Ok(waiting);
        }
        io::stdin().read(buffer)
    }
}

/// Call the host and wait for its answer; an error says why there is none.
pub fn call<const N: usize>(method: &str, params: [(&str, Value); N]) -> Result<Value, String> {
    send(&Value::Array(vec![
        0.into(),
        1.into(),
        method.into(),
        map(params),
    ]))
    .map_err(|error| error.to_string())?;
    loop {
        let frame = receive().map_err(|error| error.to_string())?;
        let message = read_value(&mut &frame[4..]).map_err(|error| error.to_string())?;
        match message.as_array().map(Vec::as_slice) {
            Some([kind, _, Value::Nil, result]) if kind.as_u64() == Some(1) => {
                return Ok(result.clone())
            }
            Some([kind, _, error, _]) if kind.as_u64() == Some(1) => {
                let reason = field(error, "message").as_str();
                return Err(reason.unwrap_or("declined by the host").to_string());
            }
            _ => WAITING.with_borrow_mut(|waiting| waiting.extend(frame)),
        }
    }
}

fn send(message: &Value) -> io::Result<()> {
    let mut body = Vec::new();
    write_value(&mut body, message)?;
    let mut out = io::stdout().lock();
    out.write_all(&(body.len() as u32).to_be_bytes())?;
    out.write_all(&body)?;
    out.flush()
}

/// Return the next frame from stdin, including its length.
fn receive() -> io::Result<Vec<u8>> {
    let mut source = io::stdin().lock();
    let mut frame = vec![0; 4];
    source.read_exact(&mut frame)?;
    let length = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
    frame.resize(4 + length as usize, 0);
    source.read_exact(&mut frame[4..])?;
    Ok(frame)
}
