//! Moments in words, in the reader's own time zone: pure arithmetic, the zone's offset comes in.

use protocol::UnixMillis;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// The number of the local day a moment falls on, counted from 1970-01-01. `offset`: minutes east of Greenwich then.
pub fn day_number(at: UnixMillis, offset: i32) -> i64 {
    (at.0 + i64::from(offset) * MINUTE).div_euclid(DAY)
}

/// `14:07`.
pub fn clock(at: UnixMillis, offset: i32) -> String {
    let minutes = (at.0 + i64::from(offset) * MINUTE).rem_euclid(DAY) / MINUTE;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The line above a day's messages: `Today`, `Yesterday`, `Friday`, `12 March`, `12 March 2025`.
pub fn day(day: i64, today: i64) -> String {
    match today - day {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        2..=6 => weekday(day).to_owned(),
        _ => date(day, today, false),
    }
}

/// The shortest that is clear, for lists: `14:07`, `Fri`, `12 Mar`, `12 Mar 2025`.
pub fn brief(at: UnixMillis, now: UnixMillis, offset: i32) -> String {
    let (then, today) = (day_number(at, offset), day_number(now, offset));
    match today - then {
        0 => clock(at, offset),
        1..=6 => weekday(then)[..3].to_owned(),
        _ => date(then, today, true),
    }
}

/// Day and time, for settings: `today, 14:07`, `12 March, 14:07`.
pub fn full(at: UnixMillis, now: UnixMillis, offset: i32) -> String {
    let (then, today) = (day_number(at, offset), day_number(now, offset));
    let day = match today - then {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => date(then, today, false),
    };
    format!("{day}, {}", clock(at, offset))
}

fn weekday(day: i64) -> &'static str {
    DAYS[usize::try_from(day.rem_euclid(7)).unwrap_or(0)]
}

fn date(day: i64, today: i64, short: bool) -> String {
    let (year, month, of_month) = civil(day);
    let month = if short { &month[..3] } else { month };
    if civil(today).0 == year {
        format!("{of_month} {month}")
    } else {
        format!("{of_month} {month} {year}")
    }
}

/// Year, month and day of month of a day number (the proleptic Gregorian calendar, after Howard Hinnant's `civil_from_days`).
fn civil(day: i64) -> (i64, &'static str, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 2
    } else {
        from_march - 10
    };
    let year = year_of_era + era * 400 + i64::from(month < 2);
    (
        year,
        MONTHS[usize::try_from(month).unwrap_or(0)],
        of_year - (153 * from_march + 2) / 5 + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-21 15:08:00 UTC, a Saturday.
    const NOW: UnixMillis = UnixMillis(1_795_273_680_000);

    fn ago(minutes: i64) -> UnixMillis {
        UnixMillis(NOW.0 - minutes * MINUTE)
    }

    #[test]
    fn a_list_says_the_shortest_that_is_clear() {
        assert_eq!(brief(NOW, NOW, 0), "15:08");
        assert_eq!(brief(ago(24 * 60), NOW, 0), "Fri");
        assert_eq!(brief(ago(10 * 24 * 60), NOW, 0), "11 Nov");
        assert_eq!(brief(ago(400 * 24 * 60), NOW, 0), "17 Oct 2025");
    }

    #[test]
    fn days_have_names_while_they_are_near() {
        let today = day_number(NOW, 0);
        let said: Vec<_> = [0, 1, 2, 6, 7, 325]
            .iter()
            .map(|back| day(today - back, today))
            .collect();
        assert_eq!(
            said,
            [
                "Today",
                "Yesterday",
                "Thursday",
                "Sunday",
                "14 November",
                "31 December 2025"
            ]
        );
    }

    #[test]
    fn the_readers_own_midnight_counts() {
        let late = UnixMillis(NOW.0 + 8 * 60 * MINUTE); // 23:08 UTC
        assert_eq!(clock(late, 60), "00:08");
        assert_eq!(day_number(late, 60), day_number(late, 0) + 1);
        assert_eq!(day_number(late, -300), day_number(late, 0));
        assert_eq!(clock(late, -570), "13:38");
    }

    #[test]
    fn leap_days_and_years_before_the_epoch_hold() {
        assert_eq!(civil(0), (1970, "January", 1));
        assert_eq!(civil(-1), (1969, "December", 31));
        assert_eq!(civil(19_782), (2024, "February", 29));
        assert_eq!(full(NOW, NOW, 0), "today, 15:08");
        assert_eq!(full(ago(3 * 24 * 60), NOW, 0), "18 November, 15:08");
    }
}
