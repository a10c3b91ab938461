//! numpy arrays: checked, and brought into the form in which numpy would return them.

use crate::value::{Numbers, Value};

const CHARACTERS: [(char, &str); 16] = [
    ('?', "b1"),
    ('b', "i1"),
    ('h', "i2"),
    ('i', "i4"),
    ('l', "i8"),
    ('q', "i8"),
    ('B', "u1"),
    ('H', "u2"),
    ('I', "u4"),
    ('L', "u8"),
    ('Q', "u8"),
    ('e', "f2"),
    ('f', "f4"),
    ('d', "f8"),
    ('F', "c8"),
    ('D', "c16"),
];
const NAMED: [(&str, &str); 4] = [
    ("uint", "u"),
    ("int", "i"),
    ("float", "f"),
    ("complex", "c"),
];
const UNITS: [&str; 13] = [
    "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as",
];

/// Return the array of an ext's parts, or None if they are invalid.
pub fn array(parts: &Value) -> Option<Value> {
    let [dtype, shape, order, buffer] = parts.array()? else {
        return None;
    };
    let buffer = buffer.bytes()?;
    let order = match order {
        Value::Nil => "C",
        order => order
            .text()
            .filter(|order| ["C", "F", "A", "c", "f", "a"].contains(order))?,
    };
    if dtype.text().is_some_and(is_dates) {
        sides(shape, elements(buffer, 8)?)?;
        return Some(Value::Unstorable);
    }
    let (dtype, width) = match dtype {
        Value::Nil => canonical("f8")?,
        dtype => canonical(dtype.text()?)?,
    };
    let count = elements(buffer, width)?;
    let shape = sides(shape, count)?;
    // An array with at most one side longer than 1 has both orders at once; numpy calls it C.
    let long = shape.iter().filter(|side| **side > 1).count() > 1 && count > 0;
    let order = if long && order.eq_ignore_ascii_case("f") {
        "F"
    } else {
        "C"
    };
    Some(Value::Numbers(Box::new(Numbers {
        dtype,
        shape,
        order,
        buffer: buffer.to_vec(),
    })))
}

fn elements(buffer: &[u8], width: usize) -> Option<i128> {
    buffer
        .len()
        .is_multiple_of(width)
        .then(|| (buffer.len() / width) as i128)
}

fn is_dates(dtype: &str) -> bool {
    let bare = dtype.trim_start_matches(['<', '>', '|', '=']);
    let Some(unit) = bare.strip_prefix("M8").or(bare.strip_prefix("m8")) else {
        return false;
    };
    let inside = unit
        .strip_prefix('[')
        .and_then(|unit| unit.strip_suffix(']'));
    let is_unit = |name: &str| {
        let name = name.trim_start_matches(|letter: char| letter.is_ascii_digit());
        UNITS.contains(&name) || name == "generic"
    };
    unit.is_empty() || inside.is_some_and(is_unit)
}

/// Return a dtype's canonical name and its element size in bytes.
fn canonical(given: &str) -> Option<(String, usize)> {
    let (order, rest) = match given.chars().next()? {
        order @ ('<' | '>' | '|' | '=') => (order, &given[1..]),
        _ => ('=', given),
    };
    let spelt = match named(given) {
        Some(spelt) => spelt,
        None => {
            let one = CHARACTERS
                .iter()
                .find(|(letter, _)| rest.chars().eq([*letter]));
            one.map_or_else(|| rest.to_owned(), |(_, spelt)| (*spelt).to_owned())
        }
    };
    let kind = spelt.chars().next()?;
    let digits = spelt
        .get(1..)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let size: usize = digits.parse().ok()?;
    let fits = match kind {
        'b' => size == 1,
        'i' | 'u' => [1, 2, 4, 8].contains(&size),
        'f' => [2, 4, 8, 16].contains(&size),
        'c' => [8, 16, 32].contains(&size),
        'S' | 'U' | 'V' => (1..1 << 31).contains(&size),
        _ => false,
    };
    let order = match order {
        _ if "SV".contains(kind) || (size == 1 && kind != 'U') => '|',
        '<' | '>' => order,
        _ if cfg!(target_endian = "little") => '<',
        _ => '>',
    };
    fits.then(|| {
        (
            format!("{order}{kind}{size}"),
            size * if kind == 'U' { 4 } else { 1 },
        )
    })
}

fn named(given: &str) -> Option<String> {
    if given == "bool" {
        return Some("b1".to_owned());
    }
    let (name, kind) = NAMED.iter().find(|(name, _)| given.starts_with(name))?;
    let bits = &given[name.len()..];
    let bits: usize = if bits.is_empty() {
        64
    } else {
        bits.parse().ok()?
    };
    Some(format!("{kind}{}", bits / 8))
}

/// Return the shape of an array of `count` elements; one side may be negative, to be inferred.
fn sides(shape: &Value, count: i128) -> Option<Vec<i128>> {
    let mut sides = match shape {
        Value::Nil => vec![count],
        Value::Array(sides) => sides.iter().map(Value::int).collect::<Option<Vec<_>>>()?,
        side => vec![side.int()?],
    };
    let product = |sides: &[i128]| {
        let mut known = sides.iter().filter(|side| **side >= 0);
        known.try_fold(1_i128, |product, side| product.checked_mul(*side))
    };
    if sides.iter().filter(|side| **side < 0).count() == 1 {
        let known = product(&sides)?;
        let open = sides.iter().position(|side| *side < 0)?;
        sides[open] = count.checked_div(known)?;
    }
    let fits = sides.iter().all(|side| *side >= 0) && product(&sides)? == count;
    fits.then_some(sides)
}
