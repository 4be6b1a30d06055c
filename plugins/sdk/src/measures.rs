//! What was measured, taken out of a text that says what is wrong: two readings of one trouble are one condition.
//!
//! A number is a measure before a percent sign or a unit of size, time or heat, after a sign or a word of comparison, at
//! the start of a text, and as a time of day or a date. Every other number names a thing and stays ("Job 1", "port 443"),
//! as does one after the name of what is numbered ("Event ID: 7034").

/// A text with `#` for each number that was measured.
pub fn taken_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split_whitespace().peekable();
    let mut compares = true; // a number that a text begins with counts something
    while let Some(word) = words.next() {
        if !out.is_empty() {
            out.push(' ');
        }
        let core = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '%' && c != '°');
        let number_end = core.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(core.len());
        let (number, unit) = core.split_at(number_end);
        let next =
            words.peek().map_or("", |next| next.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '%'));
        let is_number = number.starts_with(|c: char| c.is_ascii_digit());
        let is_address = number.trim_end_matches(['.', ',']).matches('.').count() > 1;
        let is_counted = unit.is_empty() && (is_unit(next) || compares);
        let after_sign =
            core.split_once(['=', ':', '<', '>']).filter(|(name, value)| is_decimal(value) && !is_numbered(name));
        compares = is_comparison(word);
        if is_number && !is_address && (is_unit(unit) || is_counted) {
            out.push_str(&word.replacen(number, "#", 1));
        } else if is_moment(core) {
            out.push_str(&word.replacen(core, "#", 1));
        } else if let Some((_, value)) = after_sign {
            out.push_str(&word.replacen(value, "#", 1));
        } else {
            out.push_str(word);
        }
    }
    out
}

/// Whether a number after this word is what came out, as in `queue: 57`, `load is 9.5`.
fn is_comparison(word: &str) -> bool {
    const WORDS: &[&str] = &["is", "was", "are", "at", "over", "under", "above", "below", "exceeds", "than", "equals"];
    let of_thing = word.strip_suffix([':', '=']).is_some_and(is_numbered);
    (word.ends_with([':', '=', '<', '>']) && !of_thing) || WORDS.contains(&word.to_lowercase().as_str())
}

/// Whether what this word names is told apart by numbers, as in `Event ID: 7034`.
fn is_numbered(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "id",
        "eventid",
        "jobid",
        "pid",
        "port",
        "job",
        "event",
        "code",
        "errorcode",
        "error",
        "exitcode",
        "disk",
        "drive",
        "volume",
        "core",
        "cpu",
        "slot",
        "bay",
        "fan",
        "channel",
        "lun",
        "node",
        "interface",
        "vlan",
        "device",
        "task",
        "process",
        "policy",
        "rule",
        "ticket",
        "case",
        "number",
        "no",
        "nr",
        "serial",
        "version",
        "build",
        "status",
    ];
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches(['.', '#', ' ']);
    WORDS.contains(&word.to_lowercase().as_str())
}

/// Whether it is a number with at most one point.
fn is_decimal(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        && text.matches('.').count() <= 1
}

fn is_unit(text: &str) -> bool {
    const UNITS: &[&str] = &[
        "%", "percent", "b", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "ms", "s", "sec", "second",
        "seconds", "min", "minute", "minutes", "h", "hour", "hours", "day", "days", "°c", "°f",
    ];
    UNITS.contains(&text.to_lowercase().as_str())
}

/// A time of day or a date, in digits.
fn is_moment(word: &str) -> bool {
    let lengths = |text: &str, separator: char| -> Vec<usize> {
        let part = |part: &str| if part.bytes().all(|b| b.is_ascii_digit()) { part.len() } else { 0 };
        text.split(separator).map(part).collect()
    };
    crate::time::canonical(word).is_some()
        || matches!(lengths(word, ':')[..], [1 | 2, 2] | [1 | 2, 2, 2])
        || matches!(lengths(word, '/')[..], [1 | 2, 1 | 2, 4])
        || matches!(lengths(word, '.')[..], [1 | 2, 1 | 2, 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_no_part_of_a_taken_out() {
        for (one, other) in [
            ("CPU usage is 97%.", "CPU usage is 9.5%."),
            ("Free space on C: is below 5 % (3,2 GB left)", "Free space on C: is below 4 % (2 GB left)"),
            ("No reply for 12 minutes since 09:45", "No reply for 3 minutes since 23:01:59"),
            ("Backup of 2025-11-03 failed", "Backup of 2025-11-04T01:00:00Z failed"),
            ("Core is at 88°C", "Core is at 91°C"),
            ("Queue length: 57", "Queue length: 9"),
            ("queue=57, limit reached", "queue=61, limit reached"),
            ("57 mails wait", "3 mails wait"),
            ("The load is 9.5", "The load is 11"),
        ] {
            assert_eq!(taken_out(one), taken_out(other));
        }
        for (one, other) in [
            ("Job 1 failed", "Job 2 failed"),
            ("Port 443 is closed on 10.0.0.1", "Port 443 is closed on 10.0.0.2"),
            ("Port 443 is closed", "Port 80 is closed"),
            ("Disk 0 of 2 failed", "Disk 1 of 2 failed"),
            ("Event 7034 in System", "Event 7035 in System"),
            ("Free space on C: is low", "Free space on D: is low"),
            ("The service 'Spooler' has stopped", "The service 'W32Time' has stopped"),
            ("Version 1.2.3 is out", "Version 1.2.4 is out"),
            ("No reply from host: 10.0.0.1", "No reply from host: 10.0.0.2"),
            ("KB5001 failed", "KB5002 failed"),
            ("Event ID: 7034 in System", "Event ID: 1001 in System"),
            ("EventID=7034", "EventID=1001"),
            ("Port: 443 is closed", "Port: 80 is closed"),
            ("No answer (port:443)", "No answer (port:80)"),
            ("Job: 12 failed", "Job: 13 failed"),
            ("Exit code: 5", "Exit code: 6"),
        ] {
            assert_ne!(taken_out(one), taken_out(other));
        }
    }
}
