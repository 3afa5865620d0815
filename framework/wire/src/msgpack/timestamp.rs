//! MessagePack's dates as the text that JSON has for a JavaScript date.
//!
//! Source: the MessagePack specification, "Timestamp extension type". It must never read a clock.

use std::fmt;

/// Beyond this distance from 1970, in milliseconds, JavaScript has no dates (ECMA-262, 21.4.1.1).
const MAX_MILLISECONDS: i64 = 8_640_000_000_000_000;

/// A moment, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp(i64);

impl Timestamp {
    /// Reads an extension's content of 4, 8 or 12 bytes; `None` if it is something else, or a
    /// moment that JavaScript cannot tell.
    pub(super) fn decode(content: &[u8]) -> Option<Self> {
        let (seconds, nanoseconds) = match *content {
            [a, b, c, d] => (i64::from(u32::from_be_bytes([a, b, c, d])), 0),
            [_, _, _, _, _, _, _, _] => {
                let word = u64::from_be_bytes(*content.first_chunk()?);
                ((word & 0x3_ffff_ffff) as i64, (word >> 34) as u32)
            }
            [a, b, c, d, ref seconds @ ..] if seconds.len() == 8 => {
                (i64::from_be_bytes(*seconds.first_chunk()?), u32::from_be_bytes([a, b, c, d]))
            }
            _ => return None,
        };
        let milliseconds = i128::from(seconds) * 1_000 + i128::from(nanoseconds / 1_000_000);
        Self::from_milliseconds(i64::try_from(milliseconds).ok()?)
    }

    /// This many milliseconds after 1970, if JavaScript can tell that moment.
    pub(super) fn from_milliseconds(milliseconds: i64) -> Option<Self> {
        (-MAX_MILLISECONDS..=MAX_MILLISECONDS).contains(&milliseconds).then_some(Self(milliseconds))
    }
}

/// As `Date.prototype.toISOString` (ECMA-262, 21.4.4.36).
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, time) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        match year {
            0..=9999 => write!(formatter, "{year:04}")?,
            _ => write!(formatter, "{year:+07}")?,
        }
        let (hours, minutes) = (time / 3_600_000, time / 60_000 % 60);
        let (seconds, milliseconds) = (time / 1_000 % 60, time % 1_000);
        write!(
            formatter,
            "-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z"
        )
    }
}

/// Year, month and day of the Gregorian calendar, from days since 1970. Years are counted from
/// March, so that the day that leap years add is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    // Days from 0000-03-01, where an era of 400 years begins, to 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn dates_read_as_javascript_writes_them() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_210_096_789, "2024-02-29T12:34:56.789Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_198_755_200_000, "-000001-01-01T00:00:00.000Z"),
            (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(milliseconds).to_string(), text);
        }
    }

    #[test]
    fn every_size_is_read() {
        assert_eq!(Timestamp::decode(&[0, 0, 0, 1]), Some(Timestamp(1_000)));
        let word = (5_000_000_u64 << 34 | 2).to_be_bytes();
        assert_eq!(Timestamp::decode(&word), Some(Timestamp(2_005)));
        let mut long = 7_000_000_u32.to_be_bytes().to_vec();
        long.extend((-1_i64).to_be_bytes());
        assert_eq!(Timestamp::decode(&long), Some(Timestamp(-993)));
        assert_eq!(Timestamp::decode(&[0; 5]), None);
        assert_eq!(Timestamp::decode(&[0x7f; 12]), None);
    }
}
