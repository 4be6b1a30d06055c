//! Slots by table, where a calendar is odd, and by property: each day and month has one.

use super::*;
use proptest::prelude::*;

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Rome",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/Scoresbysund",
    "Asia/Beirut",
    "Pacific/Apia",
    "Africa/Casablanca",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn calendar(text: &str) -> Calendar {
    text.parse().unwrap()
}

/// The slots after a time.
fn slots(text: &str, name: &str, after: &str, number: usize) -> Vec<String> {
    let (calendar, zone) = (calendar(text), zone(name));
    let first = calendar.next(&zone, at(after));
    let all = std::iter::successors(Some(first), |slot| Some(calendar.next(&zone, *slot)));
    all.take(number).map(|slot| slot.to_string().replace(":00.000Z", "Z")).collect()
}

/// What is odd, the calendar, the zone, a time, and the two slots after it.
type Odd = (&'static str, &'static str, &'static str, &'static str, [&'static str; 2]);

const ODD: [Odd; 15] = [
    ("a month's end", "daily 00:00", "UTC", "2026-04-29T12:00:00Z", ["2026-04-30T00:00Z", "2026-05-01T00:00Z"]),
    ("a year's end", "daily 23:59", "UTC", "2026-12-31T00:00:00Z", ["2026-12-31T23:59Z", "2027-01-01T23:59Z"]),
    ("a leap day", "daily 12:00", "UTC", "2028-02-28T13:00:00Z", ["2028-02-29T12:00Z", "2028-03-01T12:00Z"]),
    ("no leap day", "daily 12:00", "UTC", "2027-02-27T13:00:00Z", ["2027-02-28T12:00Z", "2027-03-01T12:00Z"]),
    (
        "2:30 is left out",
        "daily 02:30",
        "Europe/Rome",
        "2026-03-28T02:00:00Z",
        ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ),
    (
        "2:30 comes twice",
        "daily 02:30",
        "Europe/Rome",
        "2026-10-24T12:00:00Z",
        ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ),
    (
        "clocks move by half an hour",
        "daily 02:15",
        "Australia/Lord_Howe",
        "2026-10-03T12:00:00Z",
        ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ),
    (
        "and back",
        "daily 01:45",
        "Australia/Lord_Howe",
        "2026-04-04T12:00:00Z",
        ["2026-04-04T14:45Z", "2026-04-05T15:15Z"],
    ),
    (
        "midnight is left out",
        "daily 00:30",
        "Asia/Beirut",
        "2025-03-29T12:00:00Z",
        ["2025-03-29T22:00Z", "2025-03-30T21:30Z"],
    ),
    (
        "a day is left out",
        "daily 08:00",
        "Pacific/Apia",
        "2011-12-29T17:00:00Z",
        ["2011-12-29T18:00Z", "2011-12-30T18:00Z"],
    ),
    ("the last day", "monthly last@03:00", "UTC", "2028-01-31T03:00:00Z", ["2028-02-29T03:00Z", "2028-03-31T03:00Z"]),
    (
        "a day a month lacks",
        "monthly 30@03:00",
        "UTC",
        "2027-01-30T03:00:00Z",
        ["2027-02-28T03:00Z", "2027-03-30T03:00Z"],
    ),
    ("29 February", "monthly 29@03:00", "UTC", "2027-02-01T00:00:00Z", ["2027-02-28T03:00Z", "2027-03-29T03:00Z"]),
    (
        "the first of a year",
        "monthly 1@00:00",
        "Europe/Rome",
        "2026-12-31T22:59:59Z",
        ["2026-12-31T23:00Z", "2027-01-31T23:00Z"],
    ),
    (
        "a month's slot when clocks move",
        "monthly 29@02:30",
        "Europe/Rome",
        "2026-03-01T00:00:00Z",
        ["2026-03-29T01:00Z", "2026-04-29T00:30Z"],
    ),
];

#[test]
fn where_the_calendar_is_odd_each_slot_happens_once() {
    for (what, text, name, after, expected) in ODD {
        assert_eq!(slots(text, name, after, 2), expected, "{what}");
    }
}

#[test]
fn the_leap_year_and_the_year_of_400() {
    let februaries = |after| slots("monthly last@12:00", "UTC", after, 1).pop().unwrap();
    assert_eq!(februaries("2100-02-01T00:00:00Z"), "2100-02-28T12:00Z");
    assert_eq!(februaries("2400-02-01T00:00:00Z"), "2400-02-29T12:00Z");
}

#[test]
fn another_zone_leaves_the_day_as_it_is() {
    let daily = calendar("daily 02:00");
    let (rome, york) = (zone("Europe/Rome"), zone("America/New_York"));
    assert_eq!(daily.moved(at("2026-11-22T01:00:00Z"), &rome, &york), at("2026-11-22T07:00:00Z"));
    assert_eq!(daily.moved(at("2026-11-22T07:00:00Z"), &york, &rome), at("2026-11-22T01:00:00Z"));
    // The slot of a time that was left out, which begins on the next day.
    let late = calendar("daily 23:30");
    let east = zone("America/Scoresbysund");
    let odd = late.next(&east, at("2026-03-28T12:00:00Z"));
    let same = late.moved(odd, &east, &TimeZone::UTC);
    assert_eq!(same, at("2026-03-28T23:30:00Z"), "{odd}");
}

#[test]
fn words_read_back_and_others_are_refused() {
    for text in
        ["daily 02:30", "daily 00:00", "daily 23:59", "monthly 1@00:05", "monthly 30@12:00", "monthly last@23:59"]
    {
        assert_eq!(calendar(text).to_string(), text);
        let json = serde_json::to_string(&calendar(text)).unwrap();
        assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar(text));
    }
    assert_eq!(calendar("daily 2:30").to_string(), "daily 02:30");
    assert_eq!(calendar("monthly 31@12:00").to_string(), "monthly last@12:00");
    for bad in [
        "",
        "daily",
        "daily 24:00",
        "daily 2",
        "daily 2:3",
        "daily +2:30",
        "daily 02:60",
        "monthly 0@02:30",
        "monthly 32@02:30",
        "monthly 15",
        "monthly -1@02:30",
        "monthly last@",
        "weekly 02:30",
    ] {
        assert!(bad.parse::<Calendar>().is_err(), "{bad}");
    }
}

/// Days of a zone from one on, without those its calendar leaves out.
fn days(zone: &TimeZone, from: Date, number: usize) -> Vec<Date> {
    let noons = from.series(1.day()).filter(|day| {
        // Half past every hour tells whether any of the day is there.
        (0..24).any(|hour| {
            let shown = day.at(hour, 30, 0, 0);
            let there = zone.to_ambiguous_timestamp(shown).compatible().unwrap();
            there.to_zoned(zone.clone()).datetime() == shown
        })
    });
    noons.take(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_day_has_one_slot_and_slots_strictly_increase(
        name in prop::sample::select(ZONES.as_slice()), days_on in 0_i32..25_000, hour in 0_i8..24, minute in 0_i8..60,
    ) {
        let zone = zone(name);
        let calendar = Calendar::Daily(Time::new(hour, minute, 0, 0).unwrap());
        let from = jiff::civil::date(1985, 1, 1) + i64::from(days_on).days();
        let expected = days(&zone, from, 40);
        let mut last = Timestamp(from.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond() - 1);
        for day in expected {
            let slot = calendar.next(&zone, last);
            prop_assert!(slot > last);
            let shown = jiff::Timestamp::from_millisecond(slot.0).unwrap().to_zoned(zone.clone());
            // It is at its time, or where that is left out at the first moment after.
            let at_time = shown.datetime() == day.at(hour, minute, 0, 0);
            let was = jiff::Timestamp::from_millisecond(slot.0 - 1).unwrap().to_zoned(zone.clone());
            let after_gap = shown.datetime() > day.at(hour, minute, 0, 0) && was.datetime() < day.at(hour, minute, 0, 0);
            prop_assert!(at_time || after_gap, "{name} {day}: {shown}");
            last = slot;
        }
    }

    #[test]
    fn each_month_has_one_slot(
        name in prop::sample::select(ZONES.as_slice()), months in 0_i32..1_000, day in 1_i8..=31, hour in 0_i8..24,
    ) {
        let zone = zone(name);
        let calendar = Calendar::Monthly(day, Time::new(hour, 30, 0, 0).unwrap());
        let from = jiff::civil::date(1995, 2, 1) + i64::from(months).months();
        let mut last = Timestamp(from.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond() - 1);
        for month in from.series(1.month()).take(14) {
            let slot = calendar.next(&zone, last);
            prop_assert!(slot > last);
            let shown = jiff::Timestamp::from_millisecond(slot.0).unwrap().to_zoned(zone.clone());
            let wanted = month.with().day(day.min(month.days_in_month())).build().unwrap();
            let late = shown.datetime().duration_since(wanted.at(hour, 30, 0, 0)).as_hours();
            prop_assert!((0..=24).contains(&late) && (late < 2 || name == "Pacific/Apia"), "{name} {wanted}: {shown}");
            last = slot;
        }
    }

    #[test]
    fn however_often_the_zone_is_changed_no_day_is_done_twice_or_left_out(
        changes in prop::collection::vec((prop::sample::select(["UTC", "Europe/Rome", "America/St_Johns", "Australia/Lord_Howe"].as_slice()), 0_i64..48), 1..12),
        hour in 0_i8..24, days_on in 0_i32..3_000,
    ) {
        let calendar = Calendar::Daily(Time::new(hour, 15, 0, 0).unwrap());
        let mut zone_now = zone("Europe/Rome");
        let mut now = Timestamp((jiff::civil::date(2020, 1, 1) + i64::from(days_on).days()).to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond());
        let mut slot = calendar.next(&zone_now, now);
        // Which day each slot stands for, told where it is at its own time.
        let mut days = vec![];
        for (name, hours) in changes {
            let until = now.plus_ms(hours * 3_600_000);
            while slot <= until {
                days.push(day_of(calendar, &zone_now, slot));
                slot = calendar.next(&zone_now, slot);
            }
            now = until;
            slot = calendar.moved(slot, &zone_now, &zone(name));
            zone_now = zone(name);
        }
        for pair in days.windows(2) {
            prop_assert_eq!(pair[0].tomorrow().unwrap(), pair[1]);
        }
    }
}

fn day_of(calendar: Calendar, zone: &TimeZone, slot: Timestamp) -> Date {
    calendar.around(zone, slot).find(|day| calendar.slot(zone, *day) == Some(slot)).unwrap()
}
