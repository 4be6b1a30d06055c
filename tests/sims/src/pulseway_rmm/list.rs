//! Lists: which rows a filter keeps, in which order, and the slice of them that one call is for.
//!
//! The rows of a walk are worked out once and remembered until something changes, so that page 400 of a walk costs the
//! same as page 1; filters that name a site or an organisation start from that one's devices.
//! Leaves alone: the grammar (`odata`) and the JSON (`render`).

use std::borrow::Cow;
use std::sync::Arc;

use super::odata::{Expr, Value, filter, order};
use super::render;
use super::state::State;
use crate::clock::{TimeStyle, iso};

/// A listable collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Organisations,
    Sites,
    Groups,
    Devices,
    Assets,
    Notifications,
}

/// The walks remembered: the latest few.
#[derive(Clone, Debug, Default)]
pub(super) struct Walks(Vec<Walk>);

#[derive(Clone, Debug)]
struct Walk {
    collection: Collection,
    filter: String,
    order: String,
    revision: u64,
    rows: Arc<[i64]>,
}

/// Why a list is not given.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 400: the query is wrong.
    Bad(String),
    /// 403: what it asks about is out of the token's scope.
    Forbidden,
}

impl Collection {
    pub(super) fn name(self) -> &'static str {
        match self {
            Collection::Organisations => "organizations",
            Collection::Sites => "sites",
            Collection::Groups => "groups",
            Collection::Devices => "devices",
            Collection::Assets => "assets",
            Collection::Notifications => "notifications",
        }
    }

    pub(super) fn named(name: &str) -> Option<Collection> {
        use Collection::{Assets, Devices, Groups, Notifications, Organisations, Sites};
        [Organisations, Sites, Groups, Devices, Assets, Notifications]
            .into_iter()
            .find(|c| c.name().eq_ignore_ascii_case(name))
    }

    /// What can be filtered and sorted by. `State::value` answers by position.
    fn properties(self, asset_site_id: bool) -> &'static [&'static str] {
        match self {
            Collection::Organisations => &["Id", "Name", "PsaMappingId", "PsaMappingType"],
            Collection::Sites => &["Id", "Name", "ParentId", "ParentName", "PsaMappingId", "PsaIntegrationType"],
            Collection::Groups => &[
                "Id",
                "Name",
                "ParentSiteId",
                "ParentSiteName",
                "ParentOrganizationId",
                "ParentOrganizationName",
                "Notes",
                "PsaMappingId",
                "PsaMappingType",
            ],
            Collection::Devices => &[
                "Identifier",
                "Name",
                "GroupId",
                "GroupName",
                "IsAgentInstalled",
                "IsMdmEnrolled",
                "SiteId",
                "SiteName",
                "OrganizationId",
                "OrganizationName",
            ],
            Collection::Assets => {
                const ALL: &[&str] = &[
                    "Identifier",
                    "Name",
                    "GroupName",
                    "Description",
                    "Tags",
                    "Type",
                    "ClientVersion",
                    "LastUpdated",
                    "LastSeenOnline",
                    "LastReboot",
                    "PublicIpAddress",
                    "SiteId",
                ];
                if asset_site_id { ALL } else { &ALL[..ALL.len() - 1] }
            }
            Collection::Notifications => &["Id", "Message", "DateTime", "Priority"],
        }
    }

    /// The position of the property that names a parent: site, then organisation.
    fn parents(self) -> (Option<usize>, Option<usize>) {
        match self {
            Collection::Sites => (None, Some(2)),
            Collection::Groups => (Some(2), Some(4)),
            Collection::Devices => (Some(6), Some(8)),
            Collection::Assets => (Some(11), None),
            Collection::Organisations | Collection::Notifications => (None, None),
        }
    }
}

impl State {
    /// All rows of a list, in order: ids, or slots for devices and assets.
    pub(super) fn walk(
        &mut self,
        collection: Collection,
        filter_text: &str,
        order_text: &str,
        asset_site_id: bool,
    ) -> Result<Arc<[i64]>, Refusal> {
        let revision = self.revision;
        let same = |w: &Walk| w.collection == collection && w.filter == filter_text && w.order == order_text;
        if let Some(walk) = self.walks.0.iter().find(|w| w.revision == revision && same(w)) {
            return Ok(walk.rows.clone());
        }
        let properties = collection.properties(asset_site_id);
        let keep = if filter_text.trim().is_empty() {
            None
        } else {
            Some(filter(filter_text, properties).map_err(Refusal::Bad)?)
        };
        let by = if order_text.trim().is_empty() {
            Vec::new()
        } else {
            order(order_text, properties).map_err(Refusal::Bad)?
        };
        let mut rows = self.candidates(collection, keep.as_ref())?;
        if let Some(keep) = &keep {
            rows.retain(|key| keep.passes(&|property| self.value(collection, *key, property)));
        }
        if !self.forbidden.is_empty() && collection != Collection::Organisations {
            rows.retain(|key| !self.forbidden.contains(&self.organisation_of(collection, *key)));
        }
        if !by.is_empty() {
            rows.sort_by(|a, b| {
                let compare = |(property, descending): &(usize, bool)| {
                    let order = self.value(collection, *a, *property).cmp(&self.value(collection, *b, *property));
                    if *descending { order.reverse() } else { order }
                };
                by.iter().map(compare).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let rows: Arc<[i64]> = rows.into();
        self.walks.0.retain(|w| !same(w));
        if self.walks.0.len() >= 16 {
            self.walks.0.remove(0);
        }
        let walk = Walk {
            collection,
            filter: filter_text.to_owned(),
            order: order_text.to_owned(),
            revision,
            rows: rows.clone(),
        };
        self.walks.0.push(walk);
        Ok(rows)
    }

    /// Rows that may pass: all of them, or those below the parent the filter pins.
    fn candidates(&self, collection: Collection, filter: Option<&Expr>) -> Result<Vec<i64>, Refusal> {
        let (site, organisation) = collection.parents();
        let pinned = |property: Option<usize>| filter.and_then(|f| f.pinned(property?));
        let (site, organisation) = (pinned(site), pinned(organisation));
        let of_site = site.map(|s| self.organisation_of_site(s));
        if [of_site, organisation].into_iter().flatten().any(|o| self.forbidden.contains(&o)) {
            return Err(Refusal::Forbidden);
        }
        Ok(match collection {
            Collection::Organisations => self.organisations.keys().copied().collect(),
            Collection::Sites => self.sites.keys().copied().collect(),
            Collection::Groups => self.groups.keys().copied().collect(),
            Collection::Notifications => self.notifications.keys().copied().collect(),
            Collection::Devices | Collection::Assets => {
                let in_site = |site: &i64| self.in_site.get(site).cloned().unwrap_or_default();
                match (site, organisation) {
                    (Some(site), _) => in_site(&site),
                    (None, Some(o)) => self.sites_of.get(&o).into_iter().flatten().flat_map(in_site).collect(),
                    (None, None) => {
                        let live = self.slots.iter().enumerate().filter(|(_, row)| row.is_some());
                        live.map(|(slot, _)| slot as i64).collect()
                    }
                }
            }
        })
    }

    /// The organisation a row belongs to.
    pub(super) fn organisation_of(&self, collection: Collection, key: i64) -> i64 {
        let site = match collection {
            Collection::Organisations => return key,
            Collection::Sites => key,
            Collection::Groups => self.groups.get(&key).map_or(0, |g| g.site),
            Collection::Devices | Collection::Assets => self.row(key).map_or(0, |r| r.device.site),
            Collection::Notifications => {
                let device = self.notifications.get(&key).and_then(|n| self.row_by_id(&n.device));
                device.map_or(0, |(_, row)| row.device.site)
            }
        };
        self.organisation_of_site(site)
    }

    /// A row's property, by its position in [`Collection::properties`].
    fn value(&self, collection: Collection, key: i64, property: usize) -> Value<'_> {
        let text = |t: &str| Value::Text(Cow::Owned(t.to_owned()));
        match collection {
            Collection::Organisations => match property {
                0 => Value::Int(key),
                1 => self.organisation_name(key),
                _ => Value::Null,
            },
            Collection::Sites => match (property, self.sites.get(&key)) {
                (0, _) => Value::Int(key),
                (1, Some(site)) => Value::Text(Cow::Borrowed(&site.name)),
                (2, Some(site)) => Value::Int(site.organisation),
                (3, Some(site)) => self.organisation_name(site.organisation),
                _ => Value::Null,
            },
            Collection::Groups => match (property, self.groups.get(&key)) {
                (0, _) => Value::Int(key),
                (1, Some(group)) => Value::Text(Cow::Borrowed(&group.name)),
                (2, Some(group)) => Value::Int(group.site),
                (3, Some(group)) => self.site_name(group.site),
                (4, Some(group)) => Value::Int(self.organisation_of_site(group.site)),
                (5, Some(group)) => self.organisation_name(self.organisation_of_site(group.site)),
                (6, Some(group)) => Value::Text(Cow::Borrowed(&group.notes)),
                _ => Value::Null,
            },
            Collection::Devices => match (property, self.row(key)) {
                (0, Some(row)) => Value::Text(Cow::Borrowed(&row.device.id)),
                (1, Some(row)) => Value::Text(Cow::Borrowed(&row.device.name)),
                (2, Some(row)) => Value::Int(row.group),
                (3, Some(row)) => {
                    self.groups.get(&row.group).map_or(Value::Null, |g| Value::Text(Cow::Borrowed(&g.name)))
                }
                (4, Some(_)) => Value::Flag(true),
                (5, Some(_)) => Value::Flag(false),
                (6, Some(row)) => Value::Int(row.device.site),
                (7, Some(row)) => self.site_name(row.device.site),
                (8, Some(row)) => Value::Int(self.organisation_of_site(row.device.site)),
                (9, Some(row)) => self.organisation_name(self.organisation_of_site(row.device.site)),
                _ => Value::Null,
            },
            Collection::Assets => match (property, self.row(key)) {
                (0, Some(row)) => Value::Text(Cow::Borrowed(&row.device.id)),
                (1, Some(row)) => Value::Text(Cow::Borrowed(&row.device.name)),
                (2, Some(row)) => Value::Text(Cow::Owned(render::place(self, row))),
                (3, Some(row)) => Value::Text(Cow::Borrowed(row.device.os)),
                (4, Some(_)) => Value::Many(Vec::new()),
                (5, Some(row)) => Value::Text(Cow::Borrowed(row.device.platform)),
                (6, Some(_)) => text("9.14.2"),
                (7 | 8, Some(row)) => {
                    text(&row.device.last_seen.map_or(String::new(), |s| iso(s * 1000, TimeStyle::Zulu)))
                }
                (9, Some(row)) => {
                    text(&row.device.last_reboot.map_or(String::new(), |s| iso(s * 1000, TimeStyle::Zulu)))
                }
                (10, Some(row)) => Value::Text(Cow::Borrowed(&row.device.public_ip)),
                (11, Some(row)) => Value::Int(row.device.site),
                _ => Value::Null,
            },
            Collection::Notifications => match (property, self.notifications.get(&key)) {
                (0, _) => Value::Int(key),
                (1, Some(n)) => Value::Text(Cow::Borrowed(&n.message)),
                (2, Some(n)) => Value::Int(n.at),
                (3, Some(n)) => text(&n.priority.to_ascii_lowercase()),
                _ => Value::Null,
            },
        }
    }

    fn organisation_name(&self, id: i64) -> Value<'_> {
        self.organisations.get(&id).map_or(Value::Null, |o| Value::Text(Cow::Borrowed(&o.name)))
    }

    fn site_name(&self, id: i64) -> Value<'_> {
        self.sites.get(&id).map_or(Value::Null, |s| Value::Text(Cow::Borrowed(&s.name)))
    }

    /// A row as it stands in a list.
    pub(super) fn write_row(&self, collection: Collection, key: i64, out: &mut Vec<u8>) {
        match collection {
            Collection::Organisations => {
                if let Some(o) = self.organisations.get(&key) {
                    render::organisation(self, key, &o.name, out);
                }
            }
            Collection::Sites => {
                if let Some(site) = self.sites.get(&key) {
                    render::site(self, key, site, out);
                }
            }
            Collection::Groups => {
                if let Some(group) = self.groups.get(&key) {
                    render::group(self, key, group, false, out);
                }
            }
            Collection::Notifications => {
                if let Some(n) = self.notifications.get(&key) {
                    render::notification(key, n, false, out);
                }
            }
            Collection::Devices => out.extend_from_slice(self.row(key).map_or(&[], |r| &r.device_json)),
            Collection::Assets => out.extend_from_slice(self.row(key).map_or(&[], |r| &r.asset_json)),
        }
    }
}
