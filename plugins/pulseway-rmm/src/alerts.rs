//! Alerts: the vendor's notifications. Each is an event: nothing ever tells that it is over, so `resolved` is never told.
//!
//! The list is walked by number, from the highest down, and to its end: a notification may come late, with a high number
//! and an old time, so that an old one says nothing of those below it. The job `notifications` keeps a border, a number
//! from which on downwards all are older than the days of the settings; a read ends there. Without the border the whole list
//! is read, as the server keeps notifications for ever: several pages at a time where all are old. The list does not name the
//! device, so one that is not known (`known`) is asked for singly.
//!
//! There is no name of what was watched either, only a message. The condition is the priority and that message with what was
//! measured taken out: numbers before a percent sign or a unit of size, time or heat, times of day and dates. Every other
//! number stays ("Job 1", "port 443"). Two monitors whose messages differ in such a measure alone, as a limit of 90 % and
//! one of 95 %, share a condition where they share a priority: nothing in a message tells a limit from a reading.

use crate::client::{self, PAGE, PAGES, Rows, SINGLES, get, list, open};
use crate::known::{self, Devices};
use crate::settings::Settings;
use crosswalk_sdk::json::{Int, Keys, Str};
use crosswalk_sdk::measures;
use crosswalk_sdk::paging::{self, Offset};
use crosswalk_sdk::{Alert, Failure, Gap, Host, Item, Nullable, Page, Reference, Response, Selection, Time, time};
use serde::Deserialize;

const PATH: &str = "/notifications";
const DAY_MS: u64 = 86_400_000;

/// What names a notification in its row.
const KEYS: Keys<'_> = Keys { item: "Id", parent: "" };

/// A notification; the list leaves the device out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification<'a> {
    id: Int,
    #[serde(borrow, default)]
    message: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    date_time: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    priority: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    computer_identifier: Nullable<Str<'a>>,
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
            asset: Nullable::or_null(Some(device).filter(|id| !id.is_empty()).map(|id| Reference(id.to_owned()))),
            raised: self.raised(),
            condition: message.clone().map(|text| {
                let level = priority.value().map_or("", String::as_str);
                format!("{level}|{}", measures::taken_out(&text))
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
    fn raised(&self) -> Nullable<Time> {
        match self.date_time.value().and_then(|told| told.trimmed().parse::<f64>().ok()) {
            Some(seconds) => Nullable::or_absent(time::sensible_ms((seconds * 1000.0) as i64).map(Time)),
            None => self.date_time.time(),
        }
    }

    /// Whether it is older than a time, to the second; none where it has no time.
    fn is_before(&self, since: &str) -> Option<bool> {
        self.raised().value().map(|Time(raised)| raised.get(..19) < since.get(..19))
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
    Ok(window(host, &since, after, false)?.page)
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
    let since = first_day(host, settings);
    let window = window(host, &since, after, true)?;
    if window.page.next.is_none() && window.is_whole {
        known::keep_border(host, window.lowest - 1, &since);
        known::forget_before(host, window.lowest);
    }
    Ok(window.page.next)
}

fn first_day(host: &dyn Host, settings: &Settings) -> String {
    time::from_unix_ms(host.now_ms().saturating_sub(u64::from(settings.alert_days) * DAY_MS))
}

/// A place in the walk, and its written form, the cursor.
struct Place {
    offset: Offset,
    /// The lowest number so far of what is not old; before there is one, the number after the highest of the list.
    lowest: Option<i64>,
    /// How many rows the list had at the start: those that come later have higher numbers and are no part of the walk.
    first_total: Option<u64>,
    /// Whether the page before had nothing that is wanted.
    is_quiet: bool,
}

impl Place {
    fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let Some(text) = cursor else {
            return Ok(Self { offset: Offset::parse(None, PAGE)?, lowest: None, first_total: None, is_quiet: false });
        };
        let parts: Vec<&str> = text.split('|').collect();
        let [offset, lowest, first_total, quiet] = parts[..] else {
            return Err(Failure::Broken(format!("`{text}` is no cursor of this connector")));
        };
        let offset = Offset::parse(Some(offset), PAGE)?;
        Ok(Self { offset, lowest: lowest.parse().ok(), first_total: first_total.parse().ok(), is_quiet: quiet == "q" })
    }

    fn cursor(&self) -> String {
        let number = |number: Option<String>| number.unwrap_or_default();
        let lowest = number(self.lowest.map(|id| id.to_string()));
        let first_total = number(self.first_total.map(|total| total.to_string()));
        format!("{}|{lowest}|{first_total}|{}", self.offset, if self.is_quiet { "q" } else { "" })
    }
}

/// A part of the list.
struct Window {
    page: Page,
    /// As [`Place::lowest`].
    lowest: i64,
    /// Whether every row that the list says it has was seen, or lies below the border.
    is_whole: bool,
}

/// A part of the list, as far as the devices of its notifications can be told.
fn window(host: &dyn Host, since: &str, after: Option<&str>, keep: bool) -> Result<Window, Failure> {
    let mut place = Place::parse(after)?;
    let most = if place.is_quiet { PAGES } else { 1 };
    let (offset, replies) = client::send_pages(host, place.offset, client::shrink, |offset| {
        offset.skips(most).map(|skip| list(PATH, "Id desc", None, skip, offset.top)).collect()
    })?;
    let pages =
        replies.iter().map(|reply| Rows::<Notification<'_>>::open(reply, KEYS)).collect::<Result<Vec<_>, _>>()?;
    let walk = offset.gather(&pages.iter().map(Rows::count).collect::<Vec<_>>());
    let (mut rows, mut gaps) = (Vec::new(), Vec::new());
    for page in pages.into_iter().take(walk.pages) {
        rows.extend(page.rows);
        gaps.extend(page.gaps);
    }
    let sent = (rows.len() + gaps.len()) as u64;
    let mut lowest = place.lowest.or(rows.first().map(|row| row.id.0 + 1)).unwrap_or(1);

    // The border counts only where the rows come by number, as they were asked for.
    let is_ordered = rows.windows(2).all(|two| two[0].id.0 > two[1].id.0);
    let border = known::border(host).filter(|(_, of)| is_ordered && of.get(..19) <= since.get(..19)).map(|(id, _)| id);
    // A row without a usable time is not old: a critical alert must not be lost with its time.
    let mut old: Vec<bool> = rows.iter().map(|row| row.is_before(since).unwrap_or(false)).collect();
    for (row, old) in rows.iter().zip(&mut old) {
        *old |= border.is_some_and(|border| row.id.0 <= border);
    }
    let is_past = rows.last().zip(border).is_some_and(|(last, border)| last.id.0 <= border);

    let mut devices = known::devices(host, rows.iter().map(|row| row.id.0));
    let unknown = (0..rows.len()).filter(|&at| !old[at] && !devices.contains_key(&rows[at].id.0));
    let unknown: Vec<(usize, i64)> = unknown.map(|at| (at, rows[at].id.0)).take(SINGLES + 1).collect();
    let taken = unknown.get(SINGLES).map_or(rows.len(), |(at, _)| *at);
    devices.extend(ask(host, unknown.iter().take(SINGLES).map(|(_, id)| *id), &mut gaps, keep)?);

    let wanted: Vec<&Notification<'_>> =
        rows[..taken].iter().zip(&old).filter(|(_, old)| !**old).map(|(row, _)| row).collect();
    lowest = wanted.iter().map(|row| row.id.0).chain([lowest]).min().unwrap_or(lowest);
    let items: Vec<Item> =
        wanted.iter().map(|row| row.item(devices.get(&row.id.0).map_or("", String::as_str))).collect();

    let told = walk.total.or(Some(offset.told).filter(|told| *told > 0));
    place.first_total = place.first_total.or(told);
    let next = if taken < rows.len() {
        Some(Offset { skip: offset.skip + taken as u64, total: told, ..offset })
    } else {
        walk.next.filter(|_| !is_past)
    };
    let seen = offset.skip + sent;
    let total = told.zip(place.first_total).map(|(told, first)| told.min(first));
    let below = if is_past && next.is_none() { paging::missing(seen, total).unwrap_or(0) } else { 0 };
    let is_whole = is_past || paging::missing(seen, total).is_none();
    let next = next.map(|offset| Place { offset, lowest: Some(lowest), is_quiet: wanted.is_empty(), ..place }.cursor());
    let left_out = (taken - wanted.len()) as u64 + below;
    Ok(Window { page: Page { items, next, total, left_out, gaps, ..Page::default() }, lowest, is_whole })
}

/// Of which device these are. One that cannot be read, though the list has it, is a gap: of which device it is, is not known.
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
        let told = reply.map_err(Failure::from).and_then(|reply| {
            open::<Notification<'_>>(&reply)?.data.map(|row| row.device()).ok_or_else(client::no_data)
        });
        match told {
            Ok(device) => drop(devices.insert(id, device)),
            Err(failure) if failure.stops_all() => refused = refused.or(Some(failure)),
            Err(cause) => gaps.push(Gap::of_item(id.to_string(), None, cause)),
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

    /// Walks alerts; the ids of the items and of the gaps, and how many lists were asked for.
    fn walked(host: &Script<'_>, settings: &Settings, selection: &Selection) -> (Vec<u64>, Vec<String>, usize) {
        host.forget();
        let (mut ids, mut named, mut after) = (Vec::new(), Vec::new(), None::<String>);
        let (mut rows, mut total) = (0, None);
        loop {
            let page = read(host, settings, selection.clone(), after.as_deref()).unwrap();
            rows += page.items.len() as u64 + page.left_out;
            total = page.total.or(total);
            ids.extend(page.items.into_iter().map(|item| item.id.parse::<u64>().unwrap()));
            named.extend(page.gaps.into_iter().filter_map(|gap| gap.item));
            after = page.next;
            if after.is_none() {
                let lists = host.asked().iter().filter(|line| line.contains("$orderby=Id desc")).count();
                assert!(total.is_none_or(|total| rows == total), "{rows} of {total:?}");
                return (ids, named, lists);
            }
        }
    }

    fn skip(request: &crosswalk_sdk::Request) -> u64 {
        request.query.iter().find(|(name, _)| name == "$skip").map_or(0, |(_, at)| at.parse().unwrap())
    }

    #[test]
    fn a_walk_finds_all_of_the_last_days_and_after_the_job_reads_no_further() {
        let host = Script::new("{}", |request| Ok(answer(&request.path, skip(request))));
        let settings = Settings { alert_days: 5, ..Settings::default() };
        let expected: Vec<u64> = (380..=500).rev().collect();
        let (ids, gaps, lists) = walked(&host, &settings, &Selection::Everything);
        assert_eq!((ids, lists), (expected.clone(), 8), "25 at a time, and then all that is old");
        assert_eq!(gaps, ["499"], "the list has it: of which device it is, is not known");
        let since = Selection::ChangedSince("2025-11-03T06:00:00Z".to_owned());
        let (ids, _, lists) = walked(&host, &settings, &since);
        assert_eq!((ids, lists), (vec![500, 499, 498], 5));

        let mut after = keep_devices(&host, &settings, None).unwrap();
        while after.is_some() {
            after = keep_devices(&host, &settings, after.as_deref()).unwrap();
        }
        let (ids, _, lists) = walked(&host, &settings, &Selection::Everything);
        assert_eq!(
            (ids, lists, host.requests.borrow().len()),
            (expected, 2, 3),
            "two pages, and the one without device"
        );
        let (ids, _, lists) = walked(&host, &settings, &since);
        assert_eq!((ids, lists), (vec![500, 499, 498], 2));
        let more = Settings { alert_days: 6, ..settings.clone() };
        assert_eq!(walked(&host, &more, &Selection::Everything).0.len(), 145, "the border is of five days");
        let asked = Selection::Ids(vec!["7".to_owned(), "499".to_owned()]);
        assert_eq!(walked(&host, &settings, &asked).0, [7]);
    }

    #[test]
    fn one_late_alert_hides_none_of_those_below_it() {
        const NOW: u64 = 1_762_156_800;
        // 40 two hours ago, one that came late, 99 an hour ago; one without a time that can be meant among each.
        let raised = |id: u64| match id {
            20 | 120 => 253_402_300_800,
            1..=40 => NOW - 7200,
            41 => NOW - 864_000,
            _ => NOW - 3600,
        };
        let row = |id: u64| {
            format!(
                r#"{{"Id":{id},"Message":"m","DateTime":{},"Priority":"critical","ComputerIdentifier":"d"}}"#,
                raised(id)
            )
        };
        let host = Script::new("{}", |request| {
            if let Some(id) = request.path.strip_prefix("/notifications/") {
                return Ok(reply(200, &format!(r#"{{"Data":{}}}"#, row(id.parse().unwrap()))));
            }
            let rows: Vec<String> =
                (1..=140).rev().skip(usize::try_from(skip(request)).unwrap()).take(100).map(row).collect();
            Ok(reply(200, &format!(r#"{{"Data":[{}],"Meta":{{"TotalCount":140}}}}"#, rows.join(","))))
        });
        let settings = Settings { alert_days: 3, ..Settings::default() };
        let mut after = keep_devices(&host, &settings, None).unwrap();
        while after.is_some() {
            after = keep_devices(&host, &settings, after.as_deref()).unwrap();
        }
        let (ids, ..) = walked(&host, &settings, &Selection::Everything);
        assert_eq!(ids, (1..=140).rev().filter(|id| *id != 41).collect::<Vec<_>>());
    }
}
