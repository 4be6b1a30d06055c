//! The walk that usage and products share: the monthly billing reports, then, where the operator wants them, the licences
//! of tenants that are not billed by usage.
//!
//! Reports are those of the running month, which moves every day, and of the month before, which still moves some days after its
//! end (when it stops to, the vendor does not say). The running month comes first. Without its report the walk has a gap, which is
//! never a month without rows; where it has one, the month before may have none, as with a new partner. A row that nobody can
//! tell the product of is a gap of its customer: something is billed. Leaves alone what usage and products make of a row.

use crate::client::{PAGE, Rows, failure, no_cursor};
use crate::each::{self, Spot};
use crate::licences::{self, Licence};
use crate::partner::Partner;
use crate::settings::Settings;
use crosswalk_sdk::json::{self, Keys, Str};
use crosswalk_sdk::{Failure, Gap, Host, Item, Nullable, Page, Period, Response, paging, time};
use serde::{Deserialize, Serialize};

/// A row of a report, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row<'a> {
    /// The partner's own name.
    #[serde(borrow, default)]
    partner_account_name: Nullable<Str<'a>>,
    /// The tenant, which may be gone since.
    #[serde(borrow)]
    pub(crate) account_id: Str<'a>,
    #[serde(borrow, default)]
    pub(crate) sku: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) product_code: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) product_description: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) product_group: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) order_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) order_line_item_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) account_number_or_serial_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) billable_quantity: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) actual_quantity: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) billing_start_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) account_status: Nullable<Str<'a>>,
}

impl Row<'_> {
    /// The product's id: the SKU, else its code.
    ///
    /// # Errors
    /// Whose the row is, and what it says, where it does not say whose or of what it is.
    fn product(&self, month: &str) -> Result<String, Gap> {
        let parent = self.account_id.filled();
        let product = self.sku.text().into_value().or_else(|| self.product_code.text().into_value());
        let missing = match (&parent, product) {
            (Some(_), Some(product)) => return Ok(product),
            (Some(_), None) => "neither a SKU nor a product code",
            (None, _) => "no customer",
        };
        let told = |told: &Nullable<Str<'_>>| told.text().into_value().unwrap_or_else(|| "not told".to_owned());
        let (name, order) = (told(&self.product_description), told(&self.order_number));
        let message = format!(
            "a row of the usage report for {month} has {missing}, so that what it bills cannot be counted \
             (product: {name}; order number: {order})"
        );
        Err(Gap { parent, item: None, cause: Failure::rejected(message) })
    }
}

/// What names whose a row is; a row has no id.
const KEYS: Keys<'_> = Keys { item: "", parent: "accountId" };

/// What of a cursor's 8 KiB is for what a [`Maker`] remembers.
const ROOM: usize = 6 << 10;

/// What is made of the walk, row by row. `seen` is what it has to remember from page to page; it travels in the cursor, so
/// that a page that is read again is read the same. Where it does not fit, what came first is forgotten.
pub(crate) trait Maker {
    /// Whether what is made is of a month.
    const IS_OF_MONTHS: bool;
    /// Starts a page.
    fn resume(seen: Vec<String>) -> Self;
    /// Takes a row of the report of a month (`yyyy-mm`), of this product.
    fn row(&mut self, month: &str, row: &Row<'_>, product: &str);
    /// Takes a licence of a tenant that is not billed by usage.
    fn licence(&mut self, tenant: &str, licence: &Licence<'_>);
    /// The page's items, and what to remember.
    fn finish(self) -> (Vec<Item>, Vec<String>);
}

/// A place in the walk.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// The months still to be read, as `yyyy-mm`; the first is being read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    months: Vec<String>,
    /// The months of the whole walk: the running one, which decides, and the one before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    covered: Vec<String>,
    /// How many rows of the month came.
    rows: u64,
    /// How many rows its report says that it has; 0 where it does not say.
    told: u64,
    /// The key of the next page of its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// After the months: whose licences are next.
    #[serde(skip_serializing_if = "Option::is_none")]
    licences: Option<Spot>,
    /// See [`Maker`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<String>,
}

/// The running month and the one before, as `yyyy-mm`.
fn months(now_ms: u64) -> [String; 2] {
    let now = time::from_unix_ms(now_ms);
    let (year, month) = (now[..4].parse::<u32>().unwrap_or(1970), now[5..7].parse::<u32>().unwrap_or(1));
    let before = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    [(year, month), before].map(|(year, month)| format!("{year:04}-{month:02}"))
}

/// The partner's own name, which only a report tells; none where the month before has no report or no rows.
///
/// # Errors
/// Why the report cannot be read: most often that the credentials may not.
pub(crate) fn partner_name(host: &dyn Host, partner: &Partner) -> Result<Option<String>, Failure> {
    let [_, before] = months(host.now_ms());
    let Some(reply) = page(host, partner, &before, None)? else { return Ok(None) };
    let page = Rows::<Row<'_>>::open(&reply, KEYS)?;
    Ok(page.rows.first().and_then(|row| row.partner_account_name.text().into_value()))
}

/// One page of the walk.
///
/// # Errors
/// Why there is none.
pub(crate) fn read<M: Maker>(
    host: &dyn Host,
    settings: &Settings,
    partner: &Partner,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let mut place = match after {
        Some(cursor) => serde_json::from_str(cursor).map_err(|_| no_cursor(after))?,
        None => {
            let months: Vec<String> = months(host.now_ms()).into();
            Place { covered: months.clone(), months, ..Place::default() }
        }
    };
    let mut maker = M::resume(std::mem::take(&mut place.seen));
    let mut gaps = Vec::new();
    if let Some(month) = place.months.first().cloned() {
        let starts = place.key.is_none();
        match page(host, partner, &month, place.key.take())? {
            Some(reply) => {
                let page = Rows::<Row<'_>>::open(&reply, KEYS)?;
                place.rows += page.sent();
                place.told = page.total_after(place.told, place.rows);
                gaps.extend(page.gaps);
                for row in &page.rows {
                    match row.product(&month) {
                        Ok(product) => maker.row(&month, row, &product),
                        Err(gap) => gaps.push(gap),
                    }
                }
                place.key = page.next_key;
            }
            // The running month decides, and it came first.
            None if starts && place.months.len() == 1 => {}
            None => gaps.push(Gap { parent: None, item: None, cause: missing(&month) }),
        }
        if place.key.is_none() {
            let (rows, told) = (std::mem::take(&mut place.rows), std::mem::take(&mut place.told));
            if told > 0 && paging::missing(rows, Some(told)).is_some() {
                let cause = paging::ended_early(&format!("usage of {month}"), rows, told);
                gaps.push(Gap { parent: None, item: None, cause });
            }
            place.months.remove(0);
            let then_licences = place.months.is_empty() && settings.term_licences;
            place.licences = then_licences.then(Spot::default);
        }
    } else if let Some(spot) = place.licences.take() {
        let today = time::from_unix_ms(host.now_ms());
        let part = each::ask(
            host,
            partner,
            &spot,
            |tenant, _| Ok(licences::request(tenant)),
            |tenant, reply| licences::take(reply, &today, |licence| maker.licence(tenant.id.trimmed(), licence)),
        )?;
        place.licences = part.next;
        gaps.extend(part.gaps);
    }
    let more = !place.months.is_empty() || place.licences.is_some();
    let (items, seen) = maker.finish();
    place.seen = fitting(seen);
    let period = |(at, month): (usize, &String)| Period { name: month.clone(), decides: at == 0 };
    let covered: Vec<Period> = place.covered.iter().enumerate().map(period).collect();
    let periods = if M::IS_OF_MONTHS { covered } else { Vec::new() };
    Ok(Page { items, next: more.then(|| json::write(&place)), periods, gaps, ..Page::default() })
}

/// The last of them that fit a cursor.
fn fitting(mut seen: Vec<String>) -> Vec<String> {
    let mut size = 0;
    let kept = seen.iter().rev().take_while(|text| {
        size += text.len() + 3; // in JSON: quotes and a comma
        size <= ROOM
    });
    seen.split_off(seen.len() - kept.count())
}

/// A page of a month's report; none where there is no report.
fn page(host: &dyn Host, partner: &Partner, month: &str, key: Option<String>) -> Result<Option<Response>, Failure> {
    let (year, number) = month.split_once('-').unwrap_or((month, ""));
    // Whether the vendor takes a month with a zero before it is not known.
    let path = format!("/partner/v1/billing/usage/{year}/{}", number.trim_start_matches('0'));
    let mut request = partner.get(&path).query("pageSize", PAGE.to_string()).query("pageTotal", "true");
    if let Some(key) = key {
        request = request.query("pageFromKey", key);
    }
    let reply = host.send(request)?;
    match reply.status {
        404 => Ok(None),
        200..300 => Ok(Some(reply)),
        _ => Err(failure(&reply)),
    }
}

/// A month without a report. Not zero: nothing is known of it.
fn missing(month: &str) -> Failure {
    Failure::NotFound(format!("Sophos Central has no usage report for {month} yet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_are_the_running_one_and_the_one_before() {
        assert_eq!(months(1_762_156_800_000), ["2025-11", "2025-10"]);
        assert_eq!(months(1_767_225_599_999), ["2025-12", "2025-11"]);
        assert_eq!(months(1_767_225_600_000), ["2026-01", "2025-12"]);
    }

    #[test]
    fn a_read_says_which_months_it_covers_and_which_decides_though_it_is_empty() {
        use crate::usage::Rows as Usage;
        use crosswalk_sdk::testing::{Script, reply};
        let host = Script::new("{}", |request| {
            let body = match (request.path.as_str(), request.query.len()) {
                ("/partner/v1/billing/usage/2025/11", _) => r#"{"items":[],"pages":{"items":0}}"#,
                (_, 2) => {
                    r#"{"items":[{"accountId":"t","sku":"A","billableQuantity":1}],"pages":{"items":3,"nextKey":"k"}}"#
                }
                _ => r#"{"items":[],"pages":{"items":0}}"#,
            };
            Ok(reply(200, body))
        });
        let partner = Partner { id: "p".to_owned() };
        let (mut after, mut gaps, mut pages) = (None::<String>, Vec::new(), 0);
        loop {
            let page = read::<Usage>(&host, &Settings::default(), &partner, after.as_deref()).unwrap();
            let periods: Vec<_> = page.periods.iter().map(|period| (period.name.as_str(), period.decides)).collect();
            assert_eq!(periods, [("2025-11", true), ("2025-10", false)]);
            gaps.extend(page.gaps);
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let told: Vec<&str> = gaps.iter().map(|gap| gap.cause.message()).collect();
        assert_eq!(told, ["the list of usage of 2025-10 says that it has 3 rows and ended after 1"]);
        assert_eq!(pages, 3);
    }

    #[test]
    fn what_does_not_fit_a_cursor_is_forgotten_from_the_start() {
        let seen: Vec<String> = (0..2000).map(|number| format!("SKU{number:04}")).collect();
        assert_eq!(fitting(seen[..500].to_vec()), seen[..500]);
        assert_eq!(fitting(seen.clone()), seen[2000 - ROOM / 10..]);
    }
}
