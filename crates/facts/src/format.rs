//! Numbers and times as people read them. Every text here has a known greatest width, so that
//! columns never move.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// `32 777`: thousands by a space.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `79 B`, `224 KiB`, `1.9 MiB`: at most 8 cells.
#[must_use]
pub fn size(bytes: usize) -> String {
    const KIB: f64 = 1024.0;
    let mut value = bytes as f64;
    if value < KIB {
        return format!("{bytes} B");
    }
    for unit in ["KiB", "MiB", "GiB"] {
        value /= KIB;
        if value < 9.95 {
            return format!("{value:.1} {unit}");
        }
        if value < 999.5 {
            return format!("{value:.0} {unit}");
        }
    }
    format!("{:.0} TiB", value / KIB)
}

/// In minutes.
const A_DAY: u64 = 24 * 60;

/// How long something took: `3 ms`, `1.42 s`, `38.2 s`, `200 s`, `45 min`, `5h04`, `12 d`: at most 6
/// cells.
#[must_use]
pub fn took(duration: Duration) -> String {
    let ms = duration.as_millis();
    let seconds = duration.as_secs_f64();
    match ms {
        0 => "<1 ms".to_owned(),
        1..1_000 => format!("{ms} ms"),
        1_000..9_995 => format!("{seconds:.2} s"),
        9_995..99_950 => format!("{seconds:.1} s"),
        99_950..999_500 => format!("{seconds:.0} s"),
        _ => match duration.as_secs() / 60 {
            minutes @ ..100 => format!("{minutes} min"),
            minutes @ 100..6_000 => format!("{}h{:02}", minutes / 60, minutes % 60),
            minutes if minutes < 10_000 * A_DAY => format!("{} d", minutes / A_DAY),
            _ => "years".to_owned(),
        },
    }
}

/// How long is left: `41:07`, `08:30`; from an hour on `1h02`. Rounded up, so that it never
/// promises too early; at most 5 cells.
#[must_use]
pub fn countdown(left: Duration) -> String {
    minutes_and_seconds(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

/// How long something has lasted: `04:12`, `1h02`; at most 5 cells below four days.
#[must_use]
pub fn lasted(duration: Duration) -> String {
    minutes_and_seconds(duration.as_secs())
}

fn minutes_and_seconds(seconds: u64) -> String {
    if seconds < 3600 {
        format!("{:02}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!("{}h{:02}", seconds / 3600, seconds / 60 % 60)
    }
}

/// `4 s ago`, `2 min ago`, `3 h ago`.
#[must_use]
pub fn ago(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "just now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

/// `12:04:31Z`: the time of day, in UTC.
#[must_use]
pub fn clock(wall: SystemTime) -> String {
    let (hours, minutes, seconds, _) = time_of_day(wall);
    format!("{hours:02}:{minutes:02}:{seconds:02}Z")
}

/// `12:04:29.604`.
#[must_use]
pub fn clock_with_millis(wall: SystemTime) -> String {
    let (hours, minutes, seconds, millis) = time_of_day(wall);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
}

/// `2026-11-22-142200`: the date and the time of day in UTC, fit for a file's name.
#[must_use]
pub fn stamp(wall: SystemTime) -> String {
    Timestamp::try_from(wall).unwrap_or(Timestamp::MAX).strftime("%Y-%m-%d-%H%M%S").to_string()
}

/// Of any moment since 1970, those too that no calendar has.
fn time_of_day(wall: SystemTime) -> (u64, u64, u64, u32) {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    (seconds / 3600, seconds / 60 % 60, seconds % 60, since.subsec_millis())
}

/// `1 peer`, `3 peers`.
#[must_use]
pub fn counted(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", thousands(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_of_files() {
        for (seconds, text) in [
            (0, "1970-01-01-000000"),
            (951_782_399, "2000-02-28-235959"),
            (951_868_800, "2000-03-01-000000"),
            (1_795_357_320, "2026-11-22-142200"),
            (4_107_542_400, "2100-03-01-000000"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn numbers_read_well_and_stay_narrow() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(32_777), "32 777");
        assert_eq!(thousands(1_234_567), "1 234 567");
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (229_376, "224 KiB"),
            (1_992_294, "1.9 MiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(counted(1, "part"), "1 part");
        assert_eq!(counted(1200, "peer"), "1 200 peers");
    }

    #[test]
    fn times_read_well_and_stay_narrow() {
        for (time, text) in [
            (0, "<1 ms"),
            (3, "3 ms"),
            (999, "999 ms"),
            (1_420, "1.42 s"),
            (38_200, "38.2 s"),
            (99_960, "100 s"),
            (200_000, "200 s"),
            (2_700_000, "45 min"),
            (5 * 3_600_000 + 4 * 60_000, "5h04"),
            (99 * 3_600_000, "99h00"),
            (12 * 86_400_000, "12 d"),
            (u64::MAX, "years"),
        ] {
            assert_eq!(took(ms(time)), text);
        }
        assert_eq!(countdown(ms(2_466_001)), "41:07", "rounded up");
        assert_eq!(countdown(ms(3_720_000)), "1h02");
        assert_eq!(countdown(Duration::from_secs(65_535)), "18h12");
        assert_eq!(ago(ms(125_000)), "2 min ago");
    }

    #[test]
    fn nothing_is_wider_than_it_says() {
        for exponent in 0..40 {
            let n = 1_u64 << exponent;
            assert!(took(ms(n)).chars().count() <= 6, "{}", took(ms(n)));
            assert!(
                size(usize::try_from(n).unwrap()).chars().count() <= 8,
                "{}",
                size(usize::try_from(n).unwrap())
            );
        }
        assert!(countdown(Duration::from_secs(65_535)).len() <= 5);
    }

    #[test]
    fn the_time_of_day_is_utc() {
        let noon = UNIX_EPOCH + Duration::from_millis(20_000 * 86_400_000 + 43_471_604);
        assert_eq!(clock(noon), "12:04:31Z");
        assert_eq!(clock_with_millis(noon), "12:04:31.604");
    }
}
