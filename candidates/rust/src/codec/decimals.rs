//! Decimals as Python writes them: with any number of digits, keeping the exponent.

use crate::value::Value;

const LARGEST: i128 = 999_999_999_999_999_999;

/// Return the text of the decimal that Python constructs from a value.
pub fn decimal(value: &Value) -> Option<String> {
    match value {
        Value::Text(written) => parsed(written),
        Value::Float(number) if number.is_nan() => Some("NaN".to_owned()),
        Value::Float(number) if number.is_infinite() => Some(
            if *number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }
            .to_owned(),
        ),
        // 1,100 places are enough for every digit of a float.
        Value::Float(number) => {
            let exact = format!("{number:.1100}");
            parsed(exact.trim_end_matches('0').trim_end_matches('.'))
        }
        Value::Typed(typed) if typed.name == "Decimal" => typed.payload.text().map(str::to_owned),
        other => other.int().map(|number| number.to_string()),
    }
}

fn parsed(written: &str) -> Option<String> {
    let bare = written.trim().replace('_', "");
    let (sign, rest) = match bare.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", bare.strip_prefix('+').unwrap_or(&bare)),
    };
    let lower = rest.to_ascii_lowercase();
    if lower == "inf" || lower == "infinity" {
        return Some(format!("{sign}Infinity"));
    }
    for (spelt, name) in [("snan", "sNaN"), ("nan", "NaN")] {
        if let Some(payload) = lower.strip_prefix(spelt) {
            let digits = payload.trim_start_matches('0');
            return is_digits(payload).then(|| format!("{sign}{name}{digits}"));
        }
    }
    let (number, exponent) = match lower.split_once('e') {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (lower.as_str(), None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !is_digits(whole) || !is_digits(fraction) || (whole.len() + fraction.len() == 0) {
        return None;
    }
    let exponent = match exponent {
        Some(written) if !is_digits(written.trim_start_matches(['+', '-'])) => return None,
        Some(written) => written.parse::<i128>().ok()?,
        None => 0,
    };
    let joined = format!("{whole}{fraction}");
    let digits = match joined.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let exponent = exponent - fraction.len() as i128;
    let adjusted = exponent + digits.len() as i128 - 1;
    (digits == "0" || adjusted.abs() <= LARGEST)
        .then(|| format!("{sign}{}", scientific(digits, exponent)))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Format digits and an exponent as `to-scientific-string` of the decimal specification does.
fn scientific(digits: &str, exponent: i128) -> String {
    let adjusted = exponent + digits.len() as i128 - 1;
    if exponent <= 0 && adjusted >= -6 {
        let places = (-exponent) as usize;
        return match digits.len().checked_sub(places) {
            _ if places == 0 => digits.to_owned(),
            Some(point @ 1..) => format!("{}.{}", &digits[..point], &digits[point..]),
            _ => format!("0.{digits:0>places$}"),
        };
    }
    let sign = if adjusted < 0 { "-" } else { "+" };
    let point = if digits.len() > 1 { "." } else { "" };
    format!(
        "{}{point}{}E{sign}{}",
        &digits[..1],
        &digits[1..],
        adjusted.abs()
    )
}
