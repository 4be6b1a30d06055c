//! Finds who leaves a line that goes on for others, from what links were agreed on and where each line goes.
//!
//! The consequences are decided in [`crate::rules::plan::line`].

use super::snapshot::UsageSnapshot;
use crate::rules::plan::line::{
    Left, Place, Product, QUANTITY, begun, billed_since, integer, named, open_from, since_of,
};
use crosswalk_model::{LineKey, Link, LinkState, PartDay, Record};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// Parts that leave lines that go on, or left them.
#[derive(Default)]
pub(super) struct Leaving {
    /// By the part that leaves: the line it leaves.
    pub(super) left: HashMap<LineKey, Left>,
    /// By the line key that goes on with a line: the parts of its bill that move elsewhere.
    pub(super) of: HashMap<LineKey, Vec<LineKey>>,
    /// By the line key that goes on with a line: the first day on which another line bills some of it too.
    pub(super) doubled: HashMap<LineKey, Date>,
    /// By the part that moves elsewhere while two lines bill it: the first day on which both do.
    twice: HashMap<LineKey, Date>,
}

type At = (String, String);

/// A line that bills a part which moves elsewhere: the first day it does, and who goes on with the line.
struct Billed {
    part: LineKey,
    since: Option<Date>,
    line: String,
    heir: LineKey,
}

/// Finds parts that a line bills and that move elsewhere while others go on with the line; and parts that are no longer
/// on a line while no other line bills them.
pub(super) fn find_leaving(books: &UsageSnapshot<'_>) -> Leaving {
    let mut found = Leaving::default();
    let all = books.links.values().flat_map(BTreeMap::values);
    let links = all.filter(|link| link.linked().is_some() || !link.memory.line().left.is_empty());
    let links: Vec<(LineKey, &Link)> = links.filter_map(|link| Some((link.source.parse().ok()?, link))).collect();
    let mut billed = Vec::new();
    for (lead, link) in &links {
        let line = link.linked().and_then(|line| books.line_of(line));
        let Some(line) = line.filter(|line| bills(books, line)) else { continue };
        let Some(heir) = who_goes_on(books, lead, line, link.memory.line().parts.is_some()) else { continue };
        let at = books.stands(line);
        let days: HashMap<String, Date> = since_of(link).into_iter().map(|part| (part.line, part.day)).collect();
        for name in named(link) {
            let Ok(part) = name.parse::<LineKey>() else { continue };
            if goes_elsewhere(books, &part, &heir, &at) && is_billed_by(books, &part, &line.id) {
                let since = days.get(&name).copied();
                billed.push(Billed { part, since, line: line.id.clone(), heir: heir.clone() });
            }
        }
    }
    // The last of several lines is the one that bills the part; the others bill it as well.
    billed.sort_by(|a, b| (&a.part, a.since, &a.line).cmp(&(&b.part, b.since, &b.line)));
    for lines in billed.chunk_by(|a, b| a.part == b.part) {
        for (nth, Billed { part, since, line, heir }) in lines.iter().enumerate() {
            let later = lines[nth + 1..].iter().filter(|later| later.line != *line).map(|later| later.since);
            let elsewhere = later.chain([billed_elsewhere_since(books, part, line)]).flatten();
            let both = elsewhere.map(|day| since.map_or(day, |since| day.max(since)));
            if let Some(day) = both.filter(|day| *day < books.today).min() {
                let earliest = |known: &mut Date| *known = day.min(*known);
                found.doubled.entry(heir.clone()).and_modify(earliest).or_insert(day);
                found.twice.entry(part.clone()).and_modify(earliest).or_insert(day);
            }
            found.left.insert(part.clone(), Left { leader: heir.clone(), line: line.clone(), since: None, from: None });
            let of_heir = found.of.entry(heir.clone()).or_default();
            if !of_heir.contains(part) {
                of_heir.push(part.clone());
            }
        }
    }
    for (lead, link) in &links {
        let line = link.linked().unwrap_or_default();
        for PartDay { line: part, day } in &link.memory.line().left {
            let (Ok(part), day) = (part.parse::<LineKey>(), *day) else { continue };
            if !is_billed_by_none(books, &part, line) {
                continue;
            }
            let left = Left { leader: lead.clone(), line: line.to_owned(), since: Some(day), from: None };
            let known = found.left.entry(part).or_insert_with(|| left.clone());
            // Of several lines that it left one after the other, the last counts.
            if known.since.is_some_and(|known| known < day) {
                *known = left;
            }
        }
    }
    let mut begins = HashMap::new();
    let billed = found.left.iter().filter(|(_, left)| left.since.is_none());
    let days: Vec<(LineKey, Option<Date>)> =
        billed.map(|(part, left)| (part.clone(), goes_on_from(books, left, &found, &mut begins))).collect();
    for (part, day) in days {
        found.left.entry(part).and_modify(|left| left.from = day);
    }
    found
}

/// First day, if in the past, on which the change of who goes on with a line holds: it begins as in `plan::line`.
fn goes_on_from(
    books: &UsageSnapshot<'_>,
    left: &Left,
    found: &Leaving,
    begins: &mut HashMap<LineKey, Option<Date>>,
) -> Option<Date> {
    let day = begin_of(books, &left.leader, found, begins)?;
    let line = books.line_of(&left.line)?;
    let day = open_from(day, books.contract(line.parent.as_deref()?)?, Some(line), books.today);
    (day < books.today).then_some(day)
}

/// Half of a ring or a chain may be written: then no line bills the one that takes over the next line, and so on round
/// to the break. `begins` memoizes known days; a whole ring begins today.
fn begin_of(
    books: &UsageSnapshot<'_>,
    key: &LineKey,
    found: &Leaving,
    begins: &mut HashMap<LineKey, Option<Date>>,
) -> Option<Date> {
    if let Some(known) = begins.get(key) {
        return *known;
    }
    begins.insert(key.clone(), None);
    let link = books.link(key);
    let parts = books.sums.get(key).into_iter().flatten();
    let (mut since, mut rests) = (Vec::new(), Vec::new());
    for (of, ended) in [(key, None)].into_iter().chain(parts.map(|part| (&part.key, part.ended))) {
        let day = match found.left.get(of) {
            Some(left) if left.since.is_none() => {
                let day = goes_on_from(books, left, found, begins);
                rests.push(day);
                day
            }
            Some(left) => left.since,
            None if of == key => link.filter(|_| !books.named.contains(key)).and_then(|link| link.memory.line().ended),
            None => None,
        };
        let joins = of == key || (books.counted(of) != Some(0) && !link.is_some_and(|link| names(link, of)));
        since.extend(ended.or(day).filter(|_| joins));
    }
    let day = begun(since.into_iter().max(), rests.into_iter());
    let day = day.into_iter().chain(found.doubled.get(key).copied()).min();
    begins.insert(key.clone(), day);
    day
}

/// Leaders that are decided together with one: those whose lines its parts leave, and those that the parts leaving its
/// line go to.
pub(crate) fn decided_with(books: &UsageSnapshot<'_>, key: &LineKey) -> Vec<LineKey> {
    let parts = books.sums.get(key).into_iter().flatten().map(|part| &part.key);
    let left = [key].into_iter().chain(parts).filter_map(|part| books.leaving.left.get(part));
    let from = left.filter(|left| left.since.is_none()).map(|left| books.leader(&left.leader));
    let to = books.leaving.of.get(key).into_iter().flatten().map(|part| books.leader(part));
    from.chain(to).collect()
}

/// Whether the sum that includes a part was agreed on with it.
pub(super) fn is_agreed(books: &UsageSnapshot<'_>, part: &LineKey) -> bool {
    let link = books.leaders.get(part).and_then(|leader| books.link(leader));
    link.is_some_and(|link| link.linked().is_some() && names(link, part))
}

fn bills(books: &UsageSnapshot<'_>, line: &Record) -> bool {
    line.active() && integer(line.field(QUANTITY)).is_some_and(|has| has != 0) && !books.has_ended(line)
}

/// Whether a line still bills a part. Where one key took a line over from another, both links lead to it, and the newer
/// one names its parts.
fn is_billed_by(books: &UsageSnapshot<'_>, part: &LineKey, line: &str) -> bool {
    let owners = books.owners.get(line).into_iter().flatten();
    owners.filter_map(|owner| books.link(owner)).all(|link| names(link, part))
}

/// First day on which the line that a part goes to bills it already, if that is another line.
fn billed_elsewhere_since(books: &UsageSnapshot<'_>, part: &LineKey, line: &str) -> Option<Date> {
    let link = books.link(&books.leader(part))?;
    link.linked().filter(|id| *id != line).and_then(|_| billed_since(link, &part.to_string()))
}

/// First day on which a line bills a part, whoever had the line then, or on which two lines bill it.
pub(super) fn part_billed_since(books: &UsageSnapshot<'_>, part: &LineKey, line: Option<&str>) -> Option<Date> {
    let owners = line.filter(|line| is_billed_by(books, part, line)).and_then(|line| books.owners.get(line));
    let name = part.to_string();
    let by_line = owners.into_iter().flatten().filter_map(|owner| billed_since(books.link(owner)?, &name)).max();
    by_line.into_iter().chain(books.leaving.twice.get(part).copied()).min()
}

/// Whether a part counts and is to be billed by another line than the one at `at`.
fn goes_elsewhere(books: &UsageSnapshot<'_>, part: &LineKey, heir: &LineKey, at: &At) -> bool {
    let Place::Contract(contract) = books.place(&part.customer) else { return false };
    let is_other = match books.products.get(&part.product) {
        Some(Product::Linked { id, .. }) => (contract.id.as_str(), id.as_str()) != (at.0.as_str(), at.1.as_str()),
        Some(Product::Planned(_)) => true,
        _ => false,
    };
    let excluded = books.link(part).is_some_and(|link| link.state == LinkState::Excluded);
    part != heir && is_other && !excluded && books.leader(part) != *heir && books.counted(part) != Some(0)
}

/// Resolves who goes on with a line: its holder, or the leader of those that go there; the holder of a shared line also
/// where none goes there, and it ends the line for the other parts.
fn who_goes_on(books: &UsageSnapshot<'_>, lead: &LineKey, line: &Record, shared: bool) -> Option<LineKey> {
    let mut going = books.going_on(line).peekable();
    match going.peek().map(|first| books.leader(first)) {
        Some(first) if !going.any(|one| one == *lead) => Some(first),
        _ => shared.then(|| lead.clone()),
    }
}

/// Whether no line of its own was decided for a part since a line went on without it.
fn is_billed_by_none(books: &UsageSnapshot<'_>, part: &LineKey, line: &str) -> bool {
    let undecided = |link: &Link| match link.linked() {
        // The link is its own from before that.
        Some(own) => own == line && !is_billed_by(books, part, line),
        None => link.memory.line().counted.is_none(),
    };
    books.link(part).is_none_or(undecided) && !is_agreed(books, part)
}

/// Whether a link's line was agreed on with this part.
fn names(link: &Link, part: &LineKey) -> bool {
    let part = part.to_string();
    named(link).contains(&part)
}
