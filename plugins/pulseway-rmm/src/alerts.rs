//! Alerts: the vendor's notifications. Each is an event: nothing ever tells that it is over, so `resolved` is never told.
//!
//! The list is walked from the newest down to the time that is asked for; all of them are those of the last days that the
//! settings say, as the server keeps them for ever. It does not name the device, so one that is not known (`known`) is
//! asked for singly.
//!
//! There is no name of what was watched either, only a message. The condition is the priority and that message with what was
//! measured taken out: numbers before a percent sign or a unit of size, time or heat, times of day and dates. Every other
//! number stays ("Job 1", "port 443"). Two monitors whose messages differ in such a measure alone, as a limit of 90 % and
//! one of 95 %, share a condition where they share a priority: nothing in a message tells a limit from a reading.

use crate::client::{self, PAGE, Rows, SINGLES, get, list, open};
use crate::known::{self, Devices};
use crate::settings::Settings;
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::paging::Offset;
use crosswalk_sdk::{Alert, Failure, Gap, Host, Item, Page, Reference, Response, Selection, Time, Told, time};
use serde::Deserialize;

const PATH: &str = "/notifications";
const DAY_MS: u64 = 86_400_000;

/// A notification; the list leaves the device out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification<'a> {
    id: Int,
    #[serde(borrow, default)]
    message: Told<Str<'a>>,
    #[serde(borrow, default)]
    date_time: Told<Str<'a>>,
    #[serde(borrow, default)]
    priority: Told<Str<'a>>,
    #[serde(borrow, default)]
    computer_identifier: Told<Str<'a>>,
}

impl Notification<'_> {
    fn item(&self, device: &str) -> Item {
        let message = self.message.text();
        let first_line = message.value().and_then(|text| text.lines().next()).unwrap_or("Notification").trim();
        let priority = self.priority.text().map(|theirs| match theirs.to_ascii_lowercase() {
            ours if ["low", "normal", "elevated", "critical"].contains(&ours.as_str()) => ours,
            _ => "normal".to_owned(),
        });
        let alert = Alert {
            id: self.id.0.to_string(),
            name: first_line.to_owned(),
            asset: Told::or_blank(Some(device).filter(|id| !id.is_empty()).map(|id| Reference(id.to_owned()))),
            raised: self.raised(),
            condition: message.clone().map(|text| {
                let level = priority.value().map_or("", String::as_str);
                format!("{level}|{}", condition(&text))
            }),
            priority,
            message,
            ..Alert::default()
        };
        alert.into_item()
    }

    fn device(&self) -> String {
        self.computer_identifier.text().into_value().unwrap_or_default()
    }

    /// The list has seconds since 1970, the single one a text.
    fn raised(&self) -> Told<Time> {
        let seconds = self.date_time.value().and_then(|told| told.trimmed().parse::<u64>().ok());
        match seconds.and_then(|seconds| seconds.checked_mul(1000)) {
            Some(ms) => Told::Value(Time(time::from_unix_ms(ms))),
            None => self.date_time.time(),
        }
    }

    /// Whether it is older than a time, to the second; what has no time is not.
    fn is_before(&self, since: &str) -> bool {
        self.raised().value().is_some_and(|Time(raised)| raised.get(..19) < since.get(..19))
    }
}

/// Reads alerts.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let since = match selection {
        Selection::Everything => first_day(host, settings),
        Selection::ChangedSince(since) => {
            time::canonical(&since).ok_or_else(|| Failure::Broken(format!("`{since}` is no time")))?
        }
        Selection::Ids(ids) => return client::single(host, PATH, &ids, detail),
        _ => return Err(Failure::Unsupported("notifications cannot be asked for in this way".to_owned())),
    };
    Ok(window(host, &since, after, false)?.0)
}

/// Keeps of which device the notifications of one page of the last days are; where to go on, if that was not the last.
///
/// # Errors
/// Why it could not be done to the end; what came is kept.
pub(crate) fn keep_devices(
    host: &dyn Host,
    settings: &Settings,
    after: Option<&str>,
) -> Result<Option<String>, Failure> {
    let (page, oldest) = window(host, &first_day(host, settings), after, true)?;
    if let (None, Some(oldest)) = (&page.next, oldest) {
        known::forget_before(host, oldest);
    }
    Ok(page.next)
}

fn first_day(host: &dyn Host, settings: &Settings) -> String {
    time::from_unix_ms(host.now_ms().saturating_sub(u64::from(settings.alert_days) * DAY_MS))
}

/// A page of the list, as far as the devices of its notifications can be told, and the oldest that is in it.
fn window(host: &dyn Host, since: &str, after: Option<&str>, keep: bool) -> Result<(Page, Option<i64>), Failure> {
    let place = Offset::parse(after, PAGE)?;
    let (place, replies) = client::send_pages(host, place, client::shrink, |place| {
        vec![list(PATH, "Id desc", None, place.skip, place.top)]
    })?;
    let page = replies.iter().map(Rows::<Notification<'_>>::open).next().ok_or_else(client::no_data)??;
    let walk = place.gather(&[page.count()]);
    let is_past = page.rows.last().is_some_and(|last| last.is_before(since));

    let mut devices = known::devices(host, page.rows.iter().map(|row| row.id.0));
    let unknown = |(_, row): &(usize, &Notification<'_>)| !row.is_before(since) && !devices.contains_key(&row.id.0);
    let unknown: Vec<(usize, i64)> =
        page.rows.iter().enumerate().filter(unknown).map(|(at, row)| (at, row.id.0)).take(SINGLES + 1).collect();
    let taken = unknown.get(SINGLES).map_or(page.rows.len(), |(at, _)| *at);
    let mut gaps = page.gaps;
    devices.extend(ask(host, unknown.iter().take(SINGLES).map(|(_, id)| *id), &mut gaps, keep)?);

    let wanted = || page.rows[..taken].iter().filter(|row| !row.is_before(since));
    let items = wanted().filter_map(|row| Some(row.item(devices.get(&row.id.0)?))).collect();
    let next = if taken < page.rows.len() {
        Some(Offset { skip: place.skip + taken as u64, total: page.total.or(place.total), ..place })
    } else {
        walk.next.filter(|_| !is_past)
    };
    // The vendor's total counts what is older, too.
    let page = Page { items, next: next.map(|next| next.to_string()), gaps, ..Page::default() };
    let oldest = wanted().map(|row| row.id.0).min();
    Ok((page, oldest))
}

/// Of which device these are; one that is gone by now is left out, one that cannot be read is a gap.
fn ask(
    host: &dyn Host,
    ids: impl Iterator<Item = i64> + Clone,
    gaps: &mut Vec<Gap>,
    keep: bool,
) -> Result<Devices, Failure> {
    let requests: Vec<_> = ids.clone().map(|id| get(format!("{PATH}/{id}"))).collect();
    if requests.is_empty() {
        return Ok(Devices::new());
    }
    let (mut devices, mut refused) = (Devices::new(), None);
    for (id, reply) in ids.zip(host.send_all(requests)) {
        let answer = reply.map_err(Failure::from).and_then(|reply| {
            let told = open::<Notification<'_>>(&reply).and_then(|reply| reply.data.ok_or_else(client::no_data));
            match told {
                Ok(row) => Ok(Some(row.device())),
                Err(Failure::NotFound(_)) => Ok(None),
                Err(cause @ Failure::Unavailable(_)) if reply.is_success() => {
                    gaps.push(Gap { parent: None, item: None, cause });
                    Ok(None)
                }
                Err(failure) => Err(failure),
            }
        });
        match answer {
            Ok(device) => devices.extend(device.map(|device| (id, device))),
            Err(failure) => refused = refused.or(Some(failure)),
        }
    }
    if keep {
        known::keep(host, devices.clone());
    }
    refused.map_or(Ok(devices), Err)
}

fn detail(reply: &Response) -> Result<Item, Failure> {
    open::<Notification<'_>>(reply)?.data.map(|row| row.item(&row.device())).ok_or_else(client::no_data)
}

/// A message without what was measured; see above.
fn condition(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut words = message.split_whitespace().peekable();
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
        let is_measured = is_number && (is_unit(unit) || (unit.is_empty() && is_unit(next)));
        if is_measured {
            out.push_str(&word.replacen(number, "#", 1));
        } else if is_moment(core) {
            out.push_str(&word.replacen(core, "#", 1));
        } else {
            out.push_str(word);
        }
    }
    out
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
    time::canonical(word).is_some()
        || matches!(lengths(word, ':')[..], [1 | 2, 2] | [1 | 2, 2, 2])
        || matches!(lengths(word, '/')[..], [1 | 2, 1 | 2, 4])
        || matches!(lengths(word, '.')[..], [1 | 2, 1 | 2, 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Value;
    use crosswalk_sdk::testing::{Script, field, reply};

    #[test]
    fn a_notification_is_an_alert_in_either_form() {
        let detail_reply = |date: &str, priority: &str| {
            reply(
                200,
                &format!(
                    r#"{{"Data":{{"Id":7,"Message":" Disk C: has 4 % free \nsince noon","DateTime":{date},"Priority":"{priority}","ComputerIdentifier":"d-1","Read":false}},"Meta":{{"ResponseCode":200}}}}"#
                ),
            )
        };
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        for (date, priority) in [("1762156800", "elevated"), ("\"2025-11-03T08:00:00Z\"", "Elevated")] {
            let item = detail(&detail_reply(date, priority)).unwrap();
            assert_eq!(
                (item.id.as_str(), item.parent.clone(), item.name.as_str()),
                ("7", None, "Disk C: has 4 % free")
            );
            assert_eq!(field(&item, "asset").cloned(), text("d-1"));
            assert_eq!(field(&item, "priority").cloned(), text("elevated"));
            assert_eq!(field(&item, "raised"), Some(&Value::Time("2025-11-03T08:00:00Z".to_owned())));
            assert_eq!(field(&item, "condition").cloned(), text("elevated|Disk C: has # % free since noon"));
            assert_eq!(field(&item, "resolved"), None, "the vendor never tells");
        }
        let odd = detail(&reply(200, r#"{"Data":{"Id":8,"Priority":"Urgent","ComputerIdentifier":null}}"#)).unwrap();
        assert_eq!((odd.name.as_str(), field(&odd, "priority").cloned()), ("Notification", text("normal")));
        assert_eq!((field(&odd, "asset"), field(&odd, "condition")), (Some(&Value::Blank), None));
    }

    #[test]
    fn what_was_measured_is_no_part_of_a_condition() {
        for (one, other) in [
            ("CPU usage is 97%.", "CPU usage is 9.5%."),
            ("Free space on C: is below 5 % (3,2 GB left)", "Free space on C: is below 4 % (2 GB left)"),
            ("No reply for 12 minutes since 09:45", "No reply for 3 minutes since 23:01:59"),
            ("Backup of 2025-11-03 failed", "Backup of 2025-11-04T01:00:00Z failed"),
            ("Core is at 88°C", "Core is at 91°C"),
        ] {
            assert_eq!(condition(one), condition(other));
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
        ] {
            assert_ne!(condition(one), condition(other));
        }
    }

    /// A vendor with one notification an hour, the last one now; the list has no device.
    fn answer(path: &str, skip: u64) -> Response {
        const NOW: u64 = 1_762_156_800;
        let row =
            |id: u64| format!(r#"{{"Id":{id},"Message":"m","DateTime":{},"Priority":"low"}}"#, NOW - (500 - id) * 3600);
        if let Some(id) = path.strip_prefix("/notifications/") {
            let body = format!(r#"{{"Data":{},"Meta":{{"ResponseCode":200}}}}"#, row(id.parse().unwrap_or_default()));
            return if id == "499" {
                reply(404, r#"{"Data":null,"Meta":{"ResponseCode":404}}"#)
            } else {
                reply(200, &body)
            };
        }
        let rows: Vec<String> = (1..=500).rev().skip(usize::try_from(skip).unwrap()).take(100).map(row).collect();
        reply(200, &format!(r#"{{"Data":[{}],"Meta":{{"ResponseCode":200,"TotalCount":500}}}}"#, rows.join(",")))
    }

    #[test]
    fn a_walk_goes_down_to_the_time_asked_for_and_no_further() {
        let host = Script::new("{}", |request| {
            let skip = request.query.iter().find(|(name, _)| name == "$skip").map_or(0, |(_, at)| at.parse().unwrap());
            Ok(answer(&request.path, skip))
        });
        let settings = Settings { alert_days: 5, ..Settings::default() };
        let walked = |selection: Selection| {
            host.forget();
            let (mut ids, mut after) = (Vec::new(), None::<String>);
            loop {
                let page = read(&host, &settings, selection.clone(), after.as_deref()).unwrap();
                ids.extend(page.items.into_iter().map(|item| item.id.parse::<u64>().unwrap()));
                after = page.next;
                if after.is_none() {
                    let lists = host.asked().iter().filter(|line| line.contains("$orderby=Id desc")).count();
                    return (ids, lists);
                }
            }
        };
        let expected: Vec<u64> = (380..=500).rev().filter(|id| *id != 499).collect();
        let (ids, lists) = walked(Selection::Everything);
        assert_eq!((ids, lists), (expected.clone(), 5), "five days of hours, 25 at a time; one deleted since");
        let (ids, lists) = walked(Selection::ChangedSince("2025-11-03T06:00:00Z".to_owned()));
        assert_eq!((ids, lists), (vec![500, 498], 1));

        let mut after = None;
        for _ in 0..4 {
            after = keep_devices(&host, &settings, after.as_deref()).unwrap();
        }
        assert_eq!(keep_devices(&host, &settings, after.as_deref()), Ok(None));
        let (ids, lists) = walked(Selection::Everything);
        assert_eq!((ids, lists, host.requests.borrow().len()), (expected, 2, 3), "two pages, and the deleted one");
        let asked = Selection::Ids(vec!["7".to_owned(), "499".to_owned()]);
        assert_eq!(walked(asked), (vec![7], 0));
    }
}
