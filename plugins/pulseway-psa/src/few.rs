//! Reads of a few things: by their ids, and by the host's keys in them. What is asked for and not there is left out.

use crate::client::{Client, Rows, get, nothing, number};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{Failure, Gap, Item, Page, Request, Response};

/// Those with these ids, each by a call of its own below `path`; one that cannot be read, or that the login has no right
/// to while it has to others, is a gap.
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
    let is_read = |reply: &Result<Response, Failure>| reply.as_ref().is_ok_and(Response::is_success);
    let some_read = replies.iter().any(is_read);
    for (id, reply) in ids.into_iter().zip(replies) {
        match reply.and_then(|reply| item(&reply)) {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            // A right that one record is refused is that record's matter.
            Err(Failure::Denied(why)) if some_read && !client.is_refused() => {
                page.gaps.push(Gap::of_item(id, None, Failure::rejected(why)));
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    #[test]
    fn a_record_that_may_not_be_seen_is_a_gap_and_a_login_without_the_right_is_none() {
        let read = |refused: &'static [&'static str], status: u16| {
            let host = Script::new("{}", move |request| {
                let id = request.path.rsplit('/').next().unwrap_or_default();
                Ok(if refused.contains(&id) { reply(status, "") } else { reply(200, id) })
            });
            let client = Client::open(&host).unwrap();
            let item = |reply: &Response| match reply.is_success() {
                true => {
                    let (id, name) = (reply.text().to_owned(), String::new());
                    Ok(Item { id, parent: None, name, stamp: None, fields: Vec::new() })
                }
                false => Err(reply.failure(String::new())),
            };
            by_ids(&client, "/v2/tickets", &["1", "2"].map(str::to_owned), item)
        };
        let page = read(&["1"], 403).unwrap();
        assert_eq!(page.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["2"]);
        assert_eq!(page.gaps.iter().map(|gap| gap.item.as_deref()).collect::<Vec<_>>(), [Some("1")]);
        assert_eq!(page.gaps[0].cause.case(), "rejected", "the connection is as good as it was");
        assert_eq!(read(&["1", "2"], 403).unwrap_err().case(), "denied");
        assert_eq!(read(&["1"], 401).unwrap_err().case(), "denied");
    }
}
