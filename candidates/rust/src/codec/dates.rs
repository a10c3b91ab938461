//! Dates, times, time spans and offsets, as Python's `datetime` reads and writes them.

use crate::codec::call::{Call, Code, Refused, typed};
use crate::value::{Typed, Value, map, text};

const DAY: i128 = 86_400_000_000;
const LONGEST: i128 = 999_999_999;

/// Return the value that a class of `datetime` constructs.
pub fn make(name: &str, call: Call) -> Result<Value, Refused> {
    match name {
        "date" => {
            let [year, month, day] = call.bind(["year", "month", "day"], 3)?;
            let (year, month, day) = (int(year)?, int(month)?, int(day)?);
            check_date(year, month, day)?;
            let parts = [year, month, day].map(Value::Int).to_vec();
            Ok(stored(Code::Positional, name, Value::Array(parts)))
        }
        "time" => time(call),
        "datetime" => datetime(call),
        "timedelta" => timedelta(call),
        _ => timezone(call),
    }
}

fn stored(code: Code, name: &str, payload: Value) -> Value {
    typed(code, "datetime", name, payload)
}

fn int(value: Option<Value>) -> Result<i128, Refused> {
    value.and_then(|value| value.int()).ok_or(Refused)
}

fn or_zero(value: Option<Value>) -> Result<i128, Refused> {
    value.map_or(Ok(0), |value| value.int().ok_or(Refused))
}

fn days_in(year: i128, month: i128) -> i128 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn check_date(year: i128, month: i128, day: i128) -> Result<(), Refused> {
    let is_date = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day);
    is_date.then_some(()).ok_or(Refused)
}

fn check_time(parts: &[i128; 4]) -> Result<(), Refused> {
    let limits = [24, 60, 60, 1_000_000];
    let fits = parts
        .iter()
        .zip(limits)
        .all(|(part, limit)| (0..limit).contains(part));
    fits.then_some(()).ok_or(Refused)
}

fn is_zone(value: &Value) -> bool {
    value
        .typed("datetime", "timezone")
        .or(value.typed("zoneinfo", "ZoneInfo"))
        .is_some()
}

fn time(call: Call) -> Result<Value, Refused> {
    let names = ["hour", "minute", "second", "microsecond", "tzinfo", "fold"];
    let [hour, minute, second, micro, zone, fold] = call.bind(names, 5)?;
    let parts = [
        or_zero(hour)?,
        or_zero(minute)?,
        or_zero(second)?,
        or_zero(micro)?,
    ];
    check_time(&parts)?;
    let zone = zone.unwrap_or(Value::Nil);
    let fold = or_zero(fold)?;
    if !(zone.is_nil() || is_zone(&zone)) || !(0..=1).contains(&fold) {
        return Err(Refused);
    }
    let values = parts
        .map(Value::Int)
        .into_iter()
        .chain([zone, Value::Int(fold)]);
    Ok(stored(
        Code::Keywords,
        "time",
        map(names.into_iter().zip(values)),
    ))
}

fn datetime(call: Call) -> Result<Value, Refused> {
    let names = [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "microsecond",
        "tzinfo",
        "fold",
    ];
    let [year, month, day, hour, minute, second, micro, zone, _] = call.bind(names, 8)?;
    let date = [int(year)?, int(month)?, int(day)?];
    check_date(date[0], date[1], date[2])?;
    let time = [
        or_zero(hour)?,
        or_zero(minute)?,
        or_zero(second)?,
        or_zero(micro)?,
    ];
    check_time(&time)?;
    let offset = match zone.filter(|zone| !zone.is_nil()) {
        None => None,
        // A named zone's offset would need the time zone database.
        Some(zone) => {
            let zone = zone
                .typed("datetime", "timezone")
                .ok_or(Refused)?
                .payload
                .array();
            Some(zone.and_then(|parts| span(parts.first()?)).ok_or(Refused)?)
        }
    };
    Ok(moment(date, time, offset))
}

fn moment(date: [i128; 3], time: [i128; 4], offset: Option<i128>) -> Value {
    let [year, month, day] = date;
    let [hour, minute, second, micro] = time;
    let mut iso = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if micro != 0 {
        iso += &format!(".{micro:06}");
    }
    if let Some(offset) = offset {
        let (sign, offset) = if offset < 0 {
            ('-', -offset)
        } else {
            ('+', offset)
        };
        let (seconds, micro) = (offset / 1_000_000, offset % 1_000_000);
        iso += &format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 || micro != 0 {
            iso += &format!(":{:02}", seconds % 60);
        }
        if micro != 0 {
            iso += &format!(".{micro:06}");
        }
    }
    stored(Code::Method, "datetime", text(iso))
}

fn timedelta(call: Call) -> Result<Value, Refused> {
    let names = [
        "days",
        "seconds",
        "microseconds",
        "milliseconds",
        "minutes",
        "hours",
        "weeks",
    ];
    let units = [DAY, 1_000_000, 1, 1_000, 60_000_000, 3_600_000_000, 7 * DAY];
    let mut total = 0_i128;
    let mut fraction = 0.0;
    for (value, unit) in call.bind(names, 7)?.into_iter().zip(units) {
        match value {
            None => {}
            Some(Value::Float(value)) if !value.is_finite() => return Err(Refused),
            Some(Value::Float(value)) => {
                // Whole units are exact; fractions are rounded once, at the end.
                total += (value.trunc() as i128).checked_mul(unit).ok_or(Refused)?;
                fraction += value.fract() * unit as f64;
            }
            Some(value) => {
                total += value
                    .int()
                    .and_then(|n| n.checked_mul(unit))
                    .ok_or(Refused)?
            }
        }
    }
    total += fraction.round_ties_even() as i128;
    spell(total).ok_or(Refused)
}

fn spell(micros: i128) -> Option<Value> {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let parts = [days, rest / 1_000_000, rest % 1_000_000]
        .map(Value::Int)
        .to_vec();
    let fits = days.abs() <= LONGEST;
    fits.then(|| stored(Code::Positional, "timedelta", Value::Array(parts)))
}

/// Return the microseconds of a time span.
fn span(value: &Value) -> Option<i128> {
    let parts = value.typed("datetime", "timedelta")?.payload.array()?;
    let [days, seconds, micros] = parts else {
        return None;
    };
    Some(days.int()? * DAY + seconds.int()? * 1_000_000 + micros.int()?)
}

/// Return the seconds of a time span, or None for another value.
pub fn total_seconds(value: &Value) -> Option<f64> {
    span(value).map(|micros| micros as f64 / 1e6)
}

fn timezone(call: Call) -> Result<Value, Refused> {
    let [offset, name] = call.bind(["offset", "name"], 2)?;
    let offset = offset.ok_or(Refused)?;
    let micros = span(&offset).ok_or(Refused)?;
    if micros.abs() >= DAY || name.as_ref().is_some_and(|name| name.text().is_none()) {
        return Err(Refused);
    }
    let parts = [offset].into_iter().chain(name).collect();
    Ok(stored(Code::Positional, "timezone", Value::Array(parts)))
}

/// Return a value's `isoformat()`, or None if it has none.
pub fn iso_of(value: &Value) -> Option<String> {
    let Value::Typed(typed) = value else {
        return None;
    };
    match typed.name.as_str() {
        "datetime" if typed.module == "datetime" => typed.payload.text().map(str::to_owned),
        "date" if typed.module == "datetime" => date_iso(typed),
        _ => None,
    }
}

fn date_iso(typed: &Typed) -> Option<String> {
    let parts: Option<Vec<i128>> = typed.payload.array()?.iter().map(Value::int).collect();
    match parts?.as_slice() {
        [year, month, day] => Some(format!("{year:04}-{month:02}-{day:02}")),
        _ => None,
    }
}

/// Return the result of `datetime.fromisoformat`.
pub fn from_iso(written: &str) -> Result<Value, Refused> {
    let letters: Vec<char> = written.chars().collect();
    if letters.len() < 7 {
        return Err(Refused);
    }
    let end = separator(&letters);
    let date = iso_date(letters.get(..end).ok_or(Refused)?).ok_or(Refused)?;
    check_date(date[0], date[1], date[2])?;
    let rest = letters.get(end + 1..).unwrap_or_default();
    let (time, offset) = if rest.is_empty() {
        ([0; 4], None)
    } else {
        iso_time(rest).ok_or(Refused)?
    };
    check_time(&time)?;
    Ok(moment(date, time, offset))
}

/// Return where the date ends; it may have dashes, and a week instead of a month.
fn separator(letters: &[char]) -> usize {
    let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let at = |at: usize| letters.get(at).copied().unwrap_or_default();
    match (at(4), at(5)) {
        ('-', 'W') if at(8) == '-' && !(letters.len() > 10 && digit(10)) => 10,
        ('-', 'W') => 8,
        ('-', _) => 10,
        ('W', _) => {
            let digits = (7..letters.len()).take_while(|place| digit(*place)).count();
            match 7 + digits {
                end if end < 9 => end,
                end if end % 2 == 0 => 7,
                _ => 8,
            }
        }
        _ => 8,
    }
}

fn number(letters: &[char]) -> Option<i128> {
    letters.iter().try_fold(0, |sum, letter| {
        let digit = letter.to_digit(10).filter(|_| letter.is_ascii_digit())?;
        Some(sum * 10 + i128::from(digit))
    })
}

fn iso_date(letters: &[char]) -> Option<[i128; 3]> {
    let year = number(letters.get(..4)?)?;
    let dashed = letters.get(4) == Some(&'-');
    let rest = &letters[4 + usize::from(dashed)..];
    if rest.first() == Some(&'W') {
        let week = number(rest.get(1..3)?)?;
        let day = match (dashed, &rest[3..]) {
            (_, []) => 1,
            (true, ['-', day]) | (false, [day]) => number(&[*day])?,
            _ => return None,
        };
        return week_date(year, week, day);
    }
    match (dashed, rest) {
        (true, [m, n, '-', d, e]) | (false, [m, n, d, e]) => {
            Some([year, number(&[*m, *n])?, number(&[*d, *e])?])
        }
        _ => None,
    }
}

/// Return the date of a day in an ISO 8601 week.
fn week_date(year: i128, week: i128, day: i128) -> Option<[i128; 3]> {
    let first = days_before(year) % 7; // the weekday of January 1st, from Monday = 0
    let long = first == 3 || (first == 2 && days_in(year, 2) == 29);
    if !(1..=if long { 53 } else { 52 }).contains(&week) || !(1..=7).contains(&day) {
        return None;
    }
    let monday = if first > 3 { 7 - first } else { -first };
    let (mut year, mut month, mut left) = (year, 1, monday + (week - 1) * 7 + day);
    if left < 1 {
        (year, month, left) = (year - 1, 12, left + 31);
    }
    while left > days_in(year, month) {
        left -= days_in(year, month);
        (year, month) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
    }
    Some([year, month, left])
}

fn days_before(year: i128) -> i128 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

type Time = ([i128; 4], Option<i128>);

fn iso_time(letters: &[char]) -> Option<Time> {
    let Some(at) = letters.iter().position(|letter| "+-Z".contains(*letter)) else {
        return Some((clock(letters)?, None));
    };
    let time = clock(&letters[..at])?;
    let zone = &letters[at + 1..];
    if letters[at] == 'Z' {
        return zone.is_empty().then_some((time, Some(0)));
    }
    let [hour, minute, second, micro] = clock(zone)?;
    let offset = (hour * 3600 + minute * 60 + second) * 1_000_000 + micro;
    let is_offset = offset < DAY && minute < 60 && second < 60;
    let offset = if letters[at] == '-' { -offset } else { offset };
    is_offset.then_some((time, Some(offset)))
}

/// Return hours, minutes, seconds and microseconds, written with or without colons.
fn clock(letters: &[char]) -> Option<[i128; 4]> {
    let mut parts = [0; 4];
    let colons = letters.get(2) == Some(&':');
    let mut rest = letters;
    for (place, part) in parts[..3].iter_mut().enumerate() {
        *part = number(rest.get(..2)?)?;
        rest = &rest[2..];
        match rest.first() {
            None => return Some(parts),
            Some(_) if place == 2 => {}
            Some(':') if colons => rest = &rest[1..],
            Some(letter) if !colons && letter.is_ascii_digit() => {}
            Some(_) => return None,
        }
    }
    let (['.' | ','], digits) = rest.split_at(1) else {
        return None;
    };
    if digits.is_empty() {
        return None;
    }
    number(digits)?;
    let kept = &digits[..digits.len().min(6)];
    parts[3] = number(kept)? * 10_i128.pow(6 - kept.len() as u32);
    Some(parts)
}
