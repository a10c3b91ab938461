//! The source of checkpoint ids, times and version numbers: the session's pins.

use std::cell::Cell;

use crate::value::{Value, text};

/// Ids, times and version suffixes are functions of the number of checkpoints so far.
pub struct Clock {
    epoch: i64,
    created: Cell<i64>,
}

impl Clock {
    pub fn new(epoch: i64) -> Clock {
        Clock {
            epoch,
            created: Cell::new(0),
        }
    }

    /// Count on from the checkpoints of another session, if it created more.
    pub fn go_on_from(&self, created: i64) {
        self.created.set(self.created.get().max(created));
    }

    /// Count a checkpoint and return its id.
    pub fn new_id(&self) -> String {
        self.created.set(self.created.get() + 1);
        id_of(self.created.get())
    }

    /// Return the time of the next checkpoint: the epoch plus a second per checkpoint.
    pub fn now(&self) -> String {
        iso(self.epoch + self.created.get() + 1)
    }

    /// Count a checkpoint and return its id and time.
    pub fn new_id_and_time(&self) -> (String, String) {
        let time = self.now();
        (self.new_id(), time)
    }

    /// Return the version after another, numbered as the savers do.
    pub fn next_version(&self, current: Option<&Value>) -> Value {
        let number = match current {
            Some(Value::Int(number)) => *number,
            Some(Value::Text(version)) => {
                let number = version.split('.').next().unwrap_or_default();
                number.parse().unwrap_or_default()
            }
            _ => 0,
        };
        text(format!("{:032}.{:016}", number + 1, self.created.get()))
    }
}

/// Return the id of the session's n-th checkpoint; an empty one has number 0.
pub fn id_of(number: i64) -> String {
    format!("00000000-0000-6000-8000-{number:012x}")
}

/// Format seconds since 1970 as Python's `isoformat` does in UTC.
fn iso(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// Return the date a number of days after 1970-01-01, computed with years that start in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_numbered_and_dated_by_how_many_there_are() {
        let clock = Clock::new(1_704_067_200);
        assert_eq!(clock.now(), "2024-01-01T00:00:01+00:00");
        assert_eq!(clock.new_id(), "00000000-0000-6000-8000-000000000001");
        assert_eq!(clock.now(), "2024-01-01T00:00:02+00:00");
        let version = clock.next_version(None);
        let next = clock.next_version(Some(&version));
        assert!(
            next.text()
                .is_some_and(|next| next.ends_with("2.0000000000000001"))
        );
    }

    #[test]
    fn a_leap_day_is_a_day() {
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00+00:00");
    }
}
