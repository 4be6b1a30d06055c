//! Reads of a few things: by their ids, and by the host's keys in them. What is asked for and not there is left out.

use crate::client::{Client, Rows, get, nothing, number};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{Failure, Gap, Item, Page, Request, Response};

/// Those with these ids, each by a call of its own below `path`; one that cannot be read is a gap.
///
/// # Errors
/// Why none could be read.
pub(crate) fn by_ids(
    client: &Client<'_>,
    path: &str,
    ids: &[String],
    item: impl Fn(&Response) -> Result<Item, Failure>,
) -> Result<Page, Failure> {
    let ids: Vec<&String> = ids.iter().filter(|id| number(id).is_ok()).collect();
    let mut page = nothing();
    let replies = client.get_all(ids.iter().map(|id| get(format!("{path}/{}", segment(id)))).collect());
    for (id, reply) in ids.into_iter().zip(replies) {
        match reply.and_then(|reply| item(&reply)) {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => page.gaps.push(Gap::of_item(id, None, cause)),
        }
    }
    Ok(page)
}

/// Those of a list that hold one of these keys, each looked for by a filter. It may find what contains a text, and ignore
/// case: keys are compared here once more.
///
/// # Errors
/// Why one could not be looked for.
pub(crate) fn by_stamps(
    client: &Client<'_>,
    (list, filter): (Request, &str),
    stamps: &[String],
    text: impl Fn(&str) -> String,
    items: impl Fn(&Response) -> Result<Rows<Item>, Failure>,
) -> Result<Page, Failure> {
    let ask = |stamp: &String| list.clone().query(filter, text(stamp)).query("PageSize", "100");
    let mut page = nothing();
    for (stamp, reply) in stamps.iter().zip(client.get_all(stamps.iter().map(ask).collect())) {
        let found = items(&reply?)?;
        let is_cut = found.goes_on();
        let before = page.items.len();
        page.items.extend(found.rows.into_iter().filter(|item| item.stamp.as_ref() == Some(stamp)));
        page.gaps.extend(found.gaps);
        if is_cut && page.items.len() == before {
            let why =
                format!("more records than a page holds answer to the key `{stamp}`, and none of that page has it");
            return Err(Failure::Unavailable(why));
        }
    }
    Ok(page)
}
