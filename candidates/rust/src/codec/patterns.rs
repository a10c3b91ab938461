//! Regular expressions: only checked, never run, because Python refuses to compile an invalid one.

use crate::codec::call::{Call, Code, Refused, typed};
use crate::value::Value;

const LOCALE: i128 = 4;
const UNICODE: i128 = 32;
const ASCII: i128 = 256;
const LETTERS: [(char, i128); 7] = [
    ('i', 2),
    ('L', LOCALE),
    ('m', 8),
    ('s', 16),
    ('u', UNICODE),
    ('x', 64),
    ('a', ASCII),
];
/// The letters that may follow a backslash.
const ESCAPES: &str = "AbBdDsSwWZafnrtvxuUN";
/// What may follow a `(?`.
const EXTENSIONS: &str = ":P=!<>(#-aiLmsux";
const MOST_REPEATS: u64 = 4_294_967_295;
/// Python's compiler recurses into every group.
const DEPTH: usize = 200;

/// Return the pattern that `re.compile` constructs.
pub fn pattern(call: Call) -> Result<Value, Refused> {
    let [pattern, flags] = call.bind(["pattern", "flags"], 2)?;
    let pattern = pattern.ok_or(Refused)?;
    let mut flags = flags.map_or(Ok(0), |flags| flags.int().ok_or(Refused))?;
    let written = match &pattern {
        Value::Text(written) => written.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => return Err(Refused),
    };
    flags |= inline_flags(&written);
    check(&written).ok_or(Refused)?;
    let is_text = matches!(pattern, Value::Text(_));
    if is_text && flags & ASCII == 0 {
        flags |= UNICODE;
    }
    let at_odds = if is_text {
        flags & LOCALE != 0
    } else {
        flags & UNICODE != 0
    };
    if at_odds || flags & (ASCII | UNICODE) == ASCII | UNICODE {
        return Err(Refused);
    }
    let parts = Value::Array(vec![pattern, Value::Int(flags)]);
    Ok(typed(Code::Positional, "re", "compile", parts))
}

/// Return the flags at a pattern's start, such as `(?i)`.
fn inline_flags(written: &str) -> i128 {
    let Some((letters, _)) = written
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
    else {
        return 0;
    };
    let flag = |letter| {
        LETTERS
            .iter()
            .find(|(flagged, _)| *flagged == letter)
            .map(|(_, flag)| *flag)
    };
    letters
        .chars()
        .map(flag)
        .collect::<Option<Vec<_>>>()
        .map_or(0, |all| all.iter().sum())
}

/// Return None if groups, classes or repeats are malformed.
fn check(written: &str) -> Option<()> {
    let mut rest = written.chars().peekable();
    let (mut open, mut groups, mut repeatable) = (0_usize, 0, false);
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next()? {
                group @ '1'..='9' if group.to_digit(10)? > groups => return None,
                escape if escape.is_ascii_alphabetic() && !ESCAPES.contains(escape) => return None,
                _ => {}
            },
            '[' => {
                rest.next_if_eq(&'^');
                rest.next_if_eq(&']');
                while rest.next()? != ']' {}
            }
            '(' => {
                open += 1;
                groups += 1;
                if rest.next_if_eq(&'?').is_some() && !EXTENSIONS.contains(*rest.peek()?) {
                    return None;
                }
            }
            ')' => open = open.checked_sub(1)?,
            '*' | '+' | '?' if !repeatable => return None,
            '{' => {
                let inside: String = rest.clone().take_while(|letter| *letter != '}').collect();
                let mut numbers = inside.split(',').filter(|number| !number.is_empty());
                let is_repeat = inside
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b',');
                if is_repeat
                    && numbers.any(|number| number.parse().map_or(true, |n: u64| n >= MOST_REPEATS))
                {
                    return None;
                }
            }
            _ => {}
        }
        if open > DEPTH {
            return None;
        }
        repeatable = !matches!(letter, '(' | '|');
    }
    (open == 0).then_some(())
}
