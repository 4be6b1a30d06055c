//! Alerts: each tenant's, at the host of its region. What is open is listed; what is over vanishes, and is told no more.
//!
//! There is no reference to a device: devices are not read here. The condition is the group the vendor itself puts like
//! alerts into (`groupKey`), else the type: in one customer, alerts of one group are one trouble.
//! Leaves alone: acknowledging, which is a person's to do there.

use crate::client::{PAGE, Rows, extra, good, no_cursor};
use crate::each::{self, Spot};
use crate::partner::{Partner, host_of};
use crate::tenants::Tenant;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Keys, Str};
use crosswalk_sdk::{Alert, Failure, Gap, Host, Item, Nullable, Page, Request, Response, Selection};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow, default)]
    category: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    group_key: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    product: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    raised_at: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    severity: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "type")]
    type_: Nullable<Str<'a>>,
}

impl Row<'_> {
    fn item(&self, tenant: &str) -> Item {
        let name = self.description.text().into_value().or_else(|| self.type_.text().into_value());
        let name = name.unwrap_or_else(|| "Alert".to_owned());
        let lines = [("type", &self.type_), ("category", &self.category), ("product", &self.product)];
        let lines = lines.into_iter().filter_map(|(word, told)| Some(format!("{word}: {}", told.text().into_value()?)));
        let message: Vec<String> = std::iter::once(name.clone()).chain(lines).collect();
        let mut alert = Alert {
            id: self.id.trimmed().to_owned(),
            parent: Some(tenant.to_owned()),
            name,
            priority: self.priority(),
            raised: self.raised_at.time(),
            message: Nullable::Value(message.join("\n")),
            condition: match self.group_key.text() {
                Nullable::Value(group) => Nullable::Value(group),
                Nullable::Null | Nullable::Absent => self.type_.text(),
            },
            ..Alert::default()
        };
        extra(&mut alert.extra, "category", &self.category);
        extra(&mut alert.extra, "product", &self.product);
        alert.into_item()
    }

    /// The vendor has three; one nobody has heard of is normal.
    fn priority(&self) -> Nullable<String> {
        self.severity.text().map(|theirs| {
            let ours = match theirs.to_ascii_lowercase().as_str() {
                "high" => "critical",
                "medium" => "elevated",
                "low" => "low",
                _ => "normal",
            };
            ours.to_owned()
        })
    }
}

/// A page of a tenant's alerts.
///
/// # Errors
/// Its host is not told yet, or cannot be read.
fn request(tenant: &Tenant<'_>, since: Option<&str>, key: Option<&str>) -> Result<Request, Failure> {
    let Nullable::Value(url) = tenant.api_host.text() else {
        let why =
            "Sophos Central names no host for this customer yet, as while it is being set up: its alerts are not read";
        return Err(Failure::Unavailable(why.to_owned()));
    };
    let odd = || Failure::Unavailable(format!("Sophos Central names `{url}` as this customer's host, which is none"));
    let host = host_of(&url).ok_or_else(odd)?;
    let mut request = Request::get("regional", "/common/v1/alerts").host(&host).query("pageSize", PAGE.to_string());
    request = request.query("pageTotal", "true");
    if let Some(since) = since {
        request = request.query("from", since);
    }
    if let Some(key) = key {
        request = request.query("pageFromKey", key);
    }
    Ok(tenant.named_in(request))
}

/// What names an alert in its row.
const KEYS: Keys<'_> = Keys { item: "id", parent: "" };

fn take(items: &mut Vec<Item>, tenant: &Tenant<'_>, reply: &Response) -> Result<Vec<Gap>, Failure> {
    let page = Rows::<Row<'_>>::open(reply, KEYS)?;
    items.extend(page.rows.iter().map(|row| row.item(tenant.id.trimmed())));
    Ok(page.gaps)
}

/// Reads alerts.
///
/// # Errors
/// Why there are none.
pub(crate) fn read(
    host: &dyn Host,
    partner: &Partner,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let mut items = Vec::new();
    let since = match &selection {
        Selection::Everything => None,
        Selection::ChangedSince(since) => Some(since.as_str()),
        Selection::OfParent(tenant) => return of_tenant(host, partner, tenant, after),
        _ => return Err(Failure::Unsupported("alerts cannot be asked for in this way".to_owned())),
    };
    let spot: Spot = match after {
        Some(cursor) => serde_json::from_str(cursor).map_err(|_| no_cursor(after))?,
        None => Spot::default(),
    };
    let part = each::ask(
        host,
        partner,
        &spot,
        |tenant, key| request(tenant, since, key).map(Some),
        |tenant, reply| take(&mut items, tenant, reply),
    )?;
    Ok(Page { items, next: part.next.as_ref().map(json::write), gaps: part.gaps, ..Page::default() })
}

/// One tenant's alerts. The cursor is the key of a page.
fn of_tenant(host: &dyn Host, partner: &Partner, id: &str, after: Option<&str>) -> Result<Page, Failure> {
    let reply = good(host.send(partner.get(&format!("/partner/v1/tenants/{}", segment(id))))?)?;
    let tenant: Tenant<'_> = json::parse(reply.text())?;
    let mut items = Vec::new();
    let reply = each::judged(host.send(request(&tenant, None, after)?)?)?;
    let gaps = take(&mut items, &tenant, &reply)?;
    let total = each::counted(&reply).1;
    Ok(Page { items, next: each::next_key(&reply), total, gaps, ..Page::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Value;
    use crosswalk_sdk::testing::{field, reply};

    #[test]
    fn an_alert_that_says_little_is_an_alert() {
        let rows = r#"{"id":"1","type":"Event::Odd","severity":"dire","groupKey":"","raisedAt":"soon"},{"id":"2"}"#;
        let listed = reply(200, &format!(r#"{{"items":[{rows}]}}"#));
        let rows = Rows::<Row<'_>>::open(&listed, KEYS).unwrap();
        let items: Vec<Item> = rows.rows.iter().map(|row| row.item("t")).collect();
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(
            (items[0].name.as_str(), field(&items[0], "condition").cloned()),
            ("Event::Odd", text("Event::Odd"))
        );
        assert_eq!((field(&items[0], "priority").cloned(), field(&items[0], "raised")), (text("normal"), None));
        assert_eq!((items[1].name.as_str(), field(&items[1], "condition")), ("Alert", None));
        assert_eq!(items[1].parent.as_deref(), Some("t"));
    }
}
