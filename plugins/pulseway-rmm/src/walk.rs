//! A walk over all devices and what the inventory knows of each.
//!
//! Windows of both lists are read side by side, in the order of `Identifier`, and joined by it. The lists have a
//! cursor each, as either may hold rows that the other lacks: the one of `/assets` goes on after the last row that
//! found its device. An agent's device without a row in the window is asked for singly; where there are
//! many of them, the page ends before those that are too many for it. That the server has none is believed where the list
//! of `/assets` has none either, and the rows that it says it has.

use crate::assets::{self, DEVICE, Device, SECTIONS, singles};
use crate::client::{self, PAGE, PAGES, Rows, SINGLES, list};
use crate::inventory::Inventory;
use crate::settings::Settings;
use crosswalk_sdk::paging::{self, Offset};
use crosswalk_sdk::{Failure, Gap, Host, Page, Request};

/// The two places of a walk over everything. `assets` is none once that list has ended.
struct Places {
    devices: Offset,
    assets: Option<Offset>,
    /// Whether the list of assets ended before its total.
    is_short: bool,
}

/// In a cursor, after the place of the devices: the list of assets ended early.
const SHORT: &str = "!";

impl Places {
    fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let Some(cursor) = cursor else {
            let start = Offset::parse(None, PAGE)?;
            return Ok(Self { devices: start, assets: Some(start), is_short: false });
        };
        let (devices, assets) = cursor.split_once('/').unwrap_or((cursor, ""));
        let is_short = assets == SHORT;
        let assets = if assets.is_empty() || is_short { None } else { Some(Offset::parse(Some(assets), PAGE)?) };
        Ok(Self { devices: Offset::parse(Some(devices), PAGE)?, assets, is_short })
    }

    fn cursor(&self) -> String {
        match &self.assets {
            Some(assets) => format!("{}/{assets}", self.devices),
            None => format!("{}/{}", self.devices, if self.is_short { SHORT } else { "" }),
        }
    }

    fn requests(&self) -> Vec<Request> {
        let Places { devices, assets, .. } = self;
        let page = |path, skip, top| list(path, "Identifier", None, skip, top);
        let devices = devices.skips(PAGES).map(|skip| page("/devices", skip, devices.top));
        let assets = assets.iter().flat_map(|assets| {
            assets.skips(PAGES).map(|skip| page("/assets", skip, assets.top).query("include", SECTIONS))
        });
        devices.chain(assets).collect()
    }

    fn shrink(&mut self) -> bool {
        let devices = client::shrink(&mut self.devices);
        let assets = self.assets.as_mut().is_some_and(client::shrink);
        devices || assets
    }
}

/// Everything: both lists side by side.
pub(crate) fn walk(host: &dyn Host, settings: &Settings, after: Option<&str>) -> Result<Page, Failure> {
    let (places, replies) = client::send_pages(host, Places::parse(after)?, Places::shrink, Places::requests)?;
    let (device_pages, asset_pages) = replies.split_at(places.devices.skips(PAGES).count());
    let device_pages =
        device_pages.iter().map(|reply| Rows::<Device<'_>>::open(reply, DEVICE)).collect::<Result<Vec<_>, _>>()?;
    let asset_pages =
        asset_pages.iter().map(|reply| Rows::<Inventory<'_>>::open(reply, DEVICE)).collect::<Result<Vec<_>, _>>()?;

    let devices_walk = places.devices.gather(&device_pages.iter().map(Rows::count).collect::<Vec<_>>());
    let assets_walk =
        places.assets.map(|place| (place, place.gather(&asset_pages.iter().map(Rows::count).collect::<Vec<_>>())));
    let device_pages = &device_pages[..devices_walk.pages];
    let mut devices: Vec<&Device<'_>> = device_pages.iter().flat_map(|page| &page.rows).collect();
    let mut gaps: Vec<Gap> = device_pages.iter().flat_map(|page| page.gaps.iter().cloned()).collect();
    // A row of the inventory that cannot be read is asked for singly below, if it has a device.
    let asset_pages = &asset_pages[..assets_walk.map_or(0, |(_, walk)| walk.pages)];
    let inventories: Vec<&Inventory<'_>> = asset_pages.iter().flat_map(|page| &page.rows).collect();
    let is_short = places.is_short
        || assets_walk.is_some_and(|(place, walk)| {
            let rows = place.skip + asset_pages.iter().map(|page| page.count().0 as u64).sum::<u64>();
            // Agents without a single inventory are not believed either.
            walk.next.is_none() && (rows == 0 || paging::missing(rows, walk.total).is_some())
        });

    let mut joined = join(&devices, &inventories);
    let missing = |at: &usize| joined[*at].is_none() && devices[*at].has_agent();
    let mut asked: Vec<usize> = (0..devices.len()).filter(missing).take(SINGLES + 1).collect();
    let devices_next = match asked.get(SINGLES) {
        None => devices_walk.next,
        Some(&taken) => {
            devices.truncate(taken);
            joined.truncate(taken);
            let total = devices_walk.total.or(places.devices.total);
            Some(Offset { skip: places.devices.skip + taken as u64, total, ..places.devices })
        }
    };
    asked.truncate(SINGLES);
    let used = joined.iter().flatten().max().map_or(0, |last| last + 1);
    let next = devices_next.map(|devices| {
        let assets = assets_walk.and_then(|(place, walk)| {
            let behind = used < inventories.len();
            let total = walk.total.or(place.total);
            let back = Offset { skip: place.skip + used as u64, total, ..place };
            if behind { Some(back) } else { walk.next }
        });
        Places { devices, assets, is_short: is_short && assets.is_none() }.cursor()
    });

    let replies = singles(host, asked.iter().map(|&at| devices[at].identifier.trimmed()));
    let mut found: Vec<Option<&Inventory<'_>>> = joined.iter().map(|at| at.map(|at| inventories[at])).collect();
    let alone: Vec<&Device<'_>> = asked.iter().map(|&at| devices[at]).collect();
    let has_ended = assets_walk.is_none_or(|(_, walk)| walk.next.is_none());
    let unlisted = if is_short || has_ended { Vec::new() } else { assets::unlisted_of(host, &alone, &replies) };
    let is_believed =
        |device: &Device<'_>| !is_short && (has_ended || unlisted.iter().any(|id| id == device.identifier.trimmed()));
    let looked_up = assets::inventories(&alone, &replies, is_believed, &mut gaps)?;
    for (at, inventory) in asked.into_iter().zip(&looked_up) {
        found[at] = inventory.as_ref();
    }
    Ok(Page {
        items: devices.iter().zip(found).map(|(device, inventory)| device.item(inventory, settings)).collect(),
        next,
        total: devices_walk.total,
        gaps,
        ..Page::default()
    })
}

/// For each device the place of its row in the inventory. Both come in the same order, so the next row
/// is tried first; a search finds the others.
pub(crate) fn join(devices: &[&Device<'_>], inventories: &[&Inventory<'_>]) -> Vec<Option<usize>> {
    let id = |at: usize| inventories[at].identifier.trimmed();
    let mut sorted: Option<Vec<usize>> = None;
    let mut expected = 0;
    devices
        .iter()
        .map(|device| {
            let wanted = device.identifier.trimmed();
            let at = if expected < inventories.len() && id(expected) == wanted {
                Some(expected)
            } else {
                let sorted = sorted.get_or_insert_with(|| {
                    let mut all: Vec<usize> = (0..inventories.len()).collect();
                    all.sort_by(|a, b| id(*a).cmp(id(*b)));
                    all
                });
                sorted.binary_search_by(|at| id(*at).cmp(wanted)).ok().map(|found| sorted[found])
            };
            if let Some(at) = at {
                expected = at + 1;
            }
            at
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};
    use crosswalk_sdk::{Field, HttpError, Response, Value};
    use std::collections::BTreeSet;

    /// A vendor with these devices (id, agent) and inventory rows (ids), both in their order.
    struct Vendor {
        devices: Vec<(String, bool)>,
        assets: Vec<String>,
        most: usize,
    }

    impl Vendor {
        fn answer(&self, request: &Request) -> Result<Response, HttpError> {
            let number = |name: &str| {
                let found = request.query.iter().find(|(given, _)| given == name);
                found.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or_default()
            };
            if let Some(id) = request.path.strip_prefix("/assets/") {
                let row =
                    format!(r#"{{"Data":{{"Identifier":"{id}","Description":"{id}"}},"Meta":{{"ResponseCode":200}}}}"#);
                let missing = r#"{"Data":null,"Meta":{"ResponseCode":404,"ErrorMessage":"Entity is not found."}}"#;
                return Ok(if self.assets.iter().any(|known| known == id) {
                    reply(200, &row)
                } else {
                    reply(404, missing)
                });
            }
            let (skip, top) = (number("$skip"), number("$top"));
            if top > self.most {
                return Err(HttpError::TooLarge(8));
            }
            let device = |(id, agent): &(String, bool)| {
                format!(
                    r#"{{"Identifier":"{id}","Name":"{id}","OrganizationId":1,"SiteId":2,"IsAgentInstalled":{agent}}}"#
                )
            };
            let asset = |id: &String| format!(r#"{{"Identifier":"{id}","Name":"{id}","Description":"{id}"}}"#);
            let (rows, total): (Vec<String>, usize) = match request.path.as_str() {
                "/devices" => (self.devices.iter().skip(skip).take(top).map(device).collect(), self.devices.len()),
                _ => (self.assets.iter().skip(skip).take(top).map(asset).collect(), self.assets.len()),
            };
            Ok(reply(
                200,
                &format!(r#"{{"Data":[{}],"Meta":{{"ResponseCode":200,"TotalCount":{total}}}}}"#, rows.join(",")),
            ))
        }

        /// All ids, how many of them have their own inventory, and how many calls it took.
        fn walked(&self) -> (BTreeSet<String>, usize, usize) {
            let host = Script::new("{}", |request| self.answer(request));
            let (mut ids, mut known, mut after) = (BTreeSet::new(), 0, None::<String>);
            loop {
                let page = walk(&host, &Settings::default(), after.as_deref()).unwrap();
                assert_eq!(page.total, Some(self.devices.len() as u64));
                for item in page.items {
                    let system = item.fields.iter().find(|field| field.name == "operating-system");
                    if let Some(Field { value: Value::Text(system), .. }) = system {
                        assert_eq!(*system, item.id, "joined with another's row");
                        known += 1;
                    }
                    assert!(ids.insert(item.id), "an item twice");
                }
                assert!(page.next.is_none() || page.next != after);
                after = match page.next {
                    Some(next) => Some(next),
                    None => return (ids, known, host.requests.borrow().len()),
                };
            }
        }
    }

    fn ids(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|n| format!("{n:05}")).collect()
    }

    #[test]
    fn two_lists_that_differ_are_joined_row_by_row() {
        // Every fifth device is a telephone without inventory; one agent has none yet; three rows of
        // the inventory have lost their device.
        let devices: Vec<_> = ids(0..2000).into_iter().enumerate().map(|(n, id)| (id, n % 5 != 0)).collect();
        let with_agent = devices.iter().filter(|(_, agent)| *agent).map(|(id, _)| id.clone());
        let mut assets: Vec<String> = with_agent.filter(|id| id != "00777").chain(ids(3000..3003)).collect();
        assets.insert(0, "0000".to_owned());
        let vendor = Vendor { devices, assets, most: 100 };
        let (ids, known, calls) = vendor.walked();
        assert_eq!((ids.len(), known), (2000, 1599));
        assert!(calls < 70, "{calls} calls: 37 pages, some of them read again, and single rows at the edges");
    }

    #[test]
    fn lists_in_different_orders_are_joined_all_the_same() {
        let devices = ids(0..250).into_iter().map(|id| (id, true)).collect();
        let vendor = Vendor { devices, assets: ids(0..250).into_iter().rev().collect(), most: 100 };
        let (ids, known, _) = vendor.walked();
        assert_eq!((ids.len(), known), (250, 250));
    }

    #[test]
    fn without_any_inventory_each_page_fits_in_a_minute_s_calls() {
        let vendor =
            Vendor { devices: ids(0..90).into_iter().map(|id| (id, true)).collect(), assets: vec![], most: 100 };
        let host = Script::new("{}", |request| vendor.answer(request));
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            host.forget();
            let page = walk(&host, &Settings::default(), after.as_deref()).unwrap();
            assert!(host.asked().len() <= 60, "{} calls", host.asked().len());
            found.extend(page.items.into_iter().map(|item| item.id));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, ids(0..90));
    }

    #[test]
    fn pages_that_are_too_large_are_read_in_smaller_ones() {
        let devices = ids(0..260).into_iter().map(|id| (id, true)).collect();
        let vendor = Vendor { devices, assets: ids(0..260), most: 30 };
        let (ids, known, _) = vendor.walked();
        assert_eq!((ids.len(), known), (260, 260));
    }

    #[test]
    fn an_inventory_that_is_hidden_is_not_taken_for_none() {
        let rows =
            |ids: &[&str]| ids.iter().map(|id| format!(r#"{{"Identifier":"{id}"}}"#)).collect::<Vec<_>>().join(",");
        for (assets, total, gaps) in [
            (&["A"][..], 1, vec![]),
            (&["A"], 3, vec!["B", "C"]),
            (&[], 3, vec!["A", "B", "C"]),
            (&[], 0, vec!["A", "B", "C"]),
        ] {
            let host = Script::new("{}", |request| {
                let list = |ids: &[&str], total: usize| {
                    reply(200, &format!(r#"{{"Data":[{}],"Meta":{{"TotalCount":{total}}}}}"#, rows(ids)))
                };
                let skip = request.query.iter().any(|(name, value)| name == "$skip" && value != "0");
                Ok(match request.path.as_str() {
                    "/devices" => list(&["A", "B", "C"], 3),
                    "/assets" => list(if skip { &[] } else { assets }, total),
                    _ => reply(404, r#"{"Data":null,"Meta":{"ResponseCode":404}}"#),
                })
            });
            let page = walk(&host, &Settings::default(), None).unwrap();
            let named: Vec<_> = page.gaps.iter().filter_map(|gap| gap.item.as_deref()).collect();
            assert_eq!(page.items.len(), 3);
            assert_eq!(named, gaps, "{assets:?} of {total}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_a_gap_and_stops_nothing() {
        let odd = r#"{"Identifier":"A","Name":"PC","Disks":"none"}"#;
        let host = Script::new("{}", |request| {
            Ok(match request.path.as_str() {
                "/devices" => reply(
                    200,
                    r#"{"Data":[{"Identifier":"A","OrganizationId":7},{"Identifier":"B"},{"Nothing":1}],"Meta":{"TotalCount":3}}"#,
                ),
                "/assets" => reply(
                    200,
                    &format!(r#"{{"Data":[{odd},{{"Identifier":"B","MemoryTotal":5}}],"Meta":{{"TotalCount":2}}}}"#),
                ),
                _ => reply(200, &format!(r#"{{"Data":{odd},"Meta":{{"ResponseCode":200}}}}"#)),
            })
        });
        let page = walk(&host, &Settings::default(), None).unwrap();
        assert_eq!(page.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let named: Vec<_> = page.gaps.iter().map(|gap| (gap.item.as_deref(), gap.parent.as_deref())).collect();
        assert_eq!(named, [(None, None), (Some("A"), Some("7"))]);
        assert_eq!((page.next, page.total), (None, Some(3)));
    }
}
