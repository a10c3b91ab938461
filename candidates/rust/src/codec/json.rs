//! The JSON that LangGraph stored before MessagePack, as Python's `json` reads it.

use crate::codec::json_objects::revive;
use crate::contract::Raised;
use crate::value::{Map, Value};

/// The limit of nested containers; Python's own stack ends near it.
const DEPTH: usize = 990;
/// Python refuses to read an integer with more digits.
const DIGITS: usize = 4300;

type Read<T> = Result<T, Raised>;

/// Return the value of JSON text, with its typed values built.
pub fn read(data: &[u8]) -> Read<Value> {
    let letters = decode(data)?;
    let mut reader = Reader {
        letters: &letters,
        at: 0,
    };
    reader.spaces();
    let value = reader.value(0)?;
    reader.spaces();
    if reader.at < letters.len() {
        return Err(malformed("Extra data"));
    }
    Ok(value)
}

fn malformed(what: &str) -> Raised {
    Raised::new("json.decoder.JSONDecodeError", what)
}

/// Return code points; text may contain lone surrogates.
fn decode(data: &[u8]) -> Read<Vec<u32>> {
    let broken = || Raised::new("UnicodeDecodeError", "cannot be decoded");
    let zero = |at: usize| data.get(at) == Some(&0);
    let is_big = zero(0);
    match data {
        [0xFF, 0xFE, 0, 0, rest @ ..] => wide(rest, 4, false).ok_or_else(broken),
        [0, 0, 0xFE, 0xFF, rest @ ..] => wide(rest, 4, true).ok_or_else(broken),
        [0xFF, 0xFE, rest @ ..] => wide(rest, 2, false).ok_or_else(broken),
        [0xFE, 0xFF, rest @ ..] => wide(rest, 2, true).ok_or_else(broken),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf_8(rest).ok_or_else(broken),
        [_, _, _, _, ..] if zero(0) && zero(1) || zero(1) && zero(2) && zero(3) => {
            wide(data, 4, is_big).ok_or_else(broken)
        }
        [_, _, ..] if zero(0) || zero(1) => wide(data, 2, is_big).ok_or_else(broken),
        _ => utf_8(data).ok_or_else(broken),
    }
}

fn wide(data: &[u8], width: usize, is_big: bool) -> Option<Vec<u32>> {
    let units = data.chunks(width).map(|unit| {
        let fold = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        let unit = (unit.len() == width).then_some(unit)?;
        Some(if is_big {
            unit.iter().fold(0, fold)
        } else {
            unit.iter().rev().fold(0, fold)
        })
    });
    let is_letter = |unit: &Option<u32>| unit.is_none_or(|unit| unit <= 0x10_FFFF);
    let units = units.map(|unit| Some(unit).filter(is_letter).flatten());
    units.collect::<Option<Vec<_>>>().map(joined)
}

fn utf_8(data: &[u8]) -> Option<Vec<u32>> {
    let mut out = Vec::new();
    let mut rest = data;
    while let Some(chunk) = rest.utf8_chunks().next() {
        out.extend(chunk.valid().chars().map(u32::from));
        rest = &rest[chunk.valid().len()..];
        match rest {
            [] => break,
            // A lone surrogate, which Python accepts.
            [0xED, high @ 0xA0..=0xBF, low @ 0x80..=0xBF, ..] => {
                out.push(0xD000 | u32::from(high & 0x3F) << 6 | u32::from(low & 0x3F));
                rest = &rest[3..];
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Join surrogate pairs.
fn joined(units: Vec<u32>) -> Vec<u32> {
    let mut out = Vec::<u32>::with_capacity(units.len());
    for unit in units {
        match (out.last_mut(), unit) {
            (Some(high @ 0xD800..=0xDBFF), 0xDC00..=0xDFFF) => {
                *high = 0x10000 + ((*high - 0xD800) << 10) + (unit - 0xDC00);
            }
            _ => out.push(unit),
        }
    }
    out
}

struct Reader<'a> {
    letters: &'a [u32],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> char {
        self.letters
            .get(self.at)
            .and_then(|letter| char::from_u32(*letter))
            .unwrap_or('\0')
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), ' ' | '\t' | '\n' | '\r') {
            self.at += 1;
        }
    }

    fn eat(&mut self, expected: &str) -> bool {
        let letters = expected.chars().map(u32::from);
        let fits = self.letters[self.at..]
            .iter()
            .copied()
            .take(expected.len())
            .eq(letters);
        self.at += if fits { expected.len() } else { 0 };
        fits
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > DEPTH {
            return Err(Raised::new(
                "RecursionError",
                "maximum recursion depth exceeded",
            ));
        }
        match self.peek() {
            '"' => {
                self.at += 1;
                Ok(self.text()?.0)
            }
            '{' => self.object(depth),
            '[' => self.list(depth),
            _ => {
                let words = [
                    ("null", Value::Nil),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("NaN", Value::Float(f64::NAN)),
                    ("Infinity", Value::Float(f64::INFINITY)),
                    ("-Infinity", Value::Float(f64::NEG_INFINITY)),
                ];
                match words.into_iter().find(|(word, _)| self.eat(word)) {
                    Some((_, value)) => Ok(value),
                    None => self.number(),
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.spaces();
        if self.eat("]") {
            return Ok(Value::Array(items));
        }
        loop {
            self.spaces();
            items.push(self.value(depth + 1)?);
            self.spaces();
            if self.eat("]") {
                return Ok(Value::Array(items));
            }
            if !self.eat(",") {
                return Err(malformed("Expecting ',' delimiter"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut entries = Map::default();
        self.spaces();
        if self.eat("}") {
            return revive(entries);
        }
        loop {
            self.spaces();
            if !self.eat("\"") {
                return Err(malformed(
                    "Expecting property name enclosed in double quotes",
                ));
            }
            let (key, is_whole) = self.text()?;
            self.spaces();
            if !self.eat(":") {
                return Err(malformed("Expecting ':' delimiter"));
            }
            self.spaces();
            let value = self.value(depth + 1)?;
            // Such a key can be read but not stored again.
            entries.insert(if is_whole { key } else { Value::Unstorable }, value);
            self.spaces();
            if self.eat("}") {
                return revive(entries);
            }
            if !self.eat(",") {
                return Err(malformed("Expecting ',' delimiter"));
            }
        }
    }

    /// Return a text, and whether it is valid Unicode; a lone surrogate becomes `?`.
    fn text(&mut self) -> Read<(Value, bool)> {
        let mut letters = Vec::new();
        loop {
            let Some(&letter) = self.letters.get(self.at) else {
                return Err(malformed("Unterminated string"));
            };
            self.at += 1;
            match char::from_u32(letter) {
                Some('"') => break,
                Some('\\') => letters.push(self.escape()?),
                Some('\0'..'\u{20}') => return Err(malformed("Invalid control character")),
                _ => letters.push(letter),
            }
        }
        let letters: Vec<_> = joined(letters).into_iter().map(char::from_u32).collect();
        let is_whole = letters.iter().all(Option::is_some);
        let text = letters
            .into_iter()
            .map(|letter| letter.unwrap_or('?'))
            .collect();
        Ok((Value::Text(text), is_whole))
    }

    fn escape(&mut self) -> Read<u32> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            '"' | '\\' | '/' => letter.into(),
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'u' => {
                let digits = self.letters.get(self.at..self.at + 4).unwrap_or_default();
                let digits: String = digits
                    .iter()
                    .filter_map(|code| char::from_u32(*code))
                    .collect();
                let is_hex =
                    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !is_hex {
                    return Err(malformed("Invalid \\uXXXX escape"));
                }
                self.at += 4;
                u32::from_str_radix(&digits, 16).unwrap_or_default()
            }
            _ => return Err(malformed("Invalid \\escape")),
        })
    }

    fn digits(&mut self) -> String {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.letters[start..self.at]
            .iter()
            .filter_map(|code| char::from_u32(*code))
            .collect()
    }

    fn number(&mut self) -> Read<Value> {
        let sign = if self.eat("-") { "-" } else { "" };
        // A number starts with a zero only if the zero is all of it.
        let whole = if self.eat("0") {
            "0".to_owned()
        } else {
            self.digits()
        };
        if whole.is_empty() {
            return Err(malformed("Expecting value"));
        }
        let mut written = format!("{sign}{whole}");
        let mut is_float = false;
        let before = self.at;
        if self.eat(".") {
            let fraction = self.digits();
            if fraction.is_empty() {
                self.at = before;
            } else {
                written += &format!(".{fraction}");
                is_float = true;
            }
        }
        let before = self.at;
        if self.eat("e") || self.eat("E") {
            let sign = if self.eat("-") { "-" } else { "" };
            if sign.is_empty() {
                self.eat("+");
            }
            let exponent = self.digits();
            if exponent.is_empty() {
                self.at = before;
            } else {
                written += &format!("e{sign}{exponent}");
                is_float = true;
            }
        }
        if is_float {
            return Ok(Value::Float(written.parse().unwrap_or(f64::NAN)));
        }
        if whole.len() > DIGITS {
            return Err(Raised::new(
                "ValueError",
                "Exceeds the limit for integer string conversion",
            ));
        }
        Ok(written.parse().map_or(Value::Unstorable, Value::Int))
    }
}
