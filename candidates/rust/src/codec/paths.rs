//! Paths: their module is part of the stored bytes, and Python 3.13 moved it.

use crate::codec::call::{Call, Code, Refused, typed};
use crate::value::{Value, text};

pub const HOMES: [&str; 2] = ["pathlib", "pathlib._local"];

/// Return the path that a call constructs, on a POSIX system where `home` is the module of paths.
pub fn path(module: &str, name: &str, call: Call, home: &'static str) -> Result<Value, Refused> {
    if (module != HOMES[0] && module != home) || !["Path", "PosixPath"].contains(&name) {
        return Err(Refused);
    }
    if !call.keywords.is_empty() {
        return Err(Refused);
    }
    let mut parts = Vec::<String>::new();
    for piece in &call.arguments {
        let piece = piece.text().ok_or(Refused)?;
        if piece.starts_with('/') {
            // Two leading slashes are a root of their own; three are the same as one.
            let two = piece.starts_with("//") && !piece.starts_with("///");
            parts = vec![if two { "//" } else { "/" }.to_owned()];
        }
        let names = piece
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".");
        parts.extend(names.map(str::to_owned));
    }
    let parts = Value::Array(parts.into_iter().map(text).collect());
    Ok(typed(Code::Positional, home, "PosixPath", parts))
}
