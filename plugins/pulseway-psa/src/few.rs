//! Reads of a few things: by their ids, and by the host's keys in them. What is asked for and not there is left out.

use crate::client::{Client, Rows, get, nothing, number};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{Failure, Item, Page, Request, Response};

/// Those with these ids, each by a call of its own below `path`.
///
/// # Errors
/// Why one could not be read.
pub(crate) fn by_ids(
    client: &Client<'_>,
    path: &str,
    ids: &[String],
    item: impl Fn(&Response) -> Result<Item, Failure>,
) -> Result<Page, Failure> {
    let ids = ids.iter().filter(|id| number(id).is_ok());
    let mut page = nothing();
    for reply in client.get_all(ids.map(|id| get(format!("{path}/{}", segment(id)))).collect()) {
        match item(&reply?) {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
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
        let found = items(&reply?)?.rows;
        page.items.extend(found.into_iter().filter(|item| item.stamp.as_ref() == Some(stamp)));
    }
    Ok(page)
}
