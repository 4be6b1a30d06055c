//! Lists: what a `Filter.` lets through, and which page of it.
//!
//! Leaves alone: how rows are written (`state`), and the envelope (`routes`).

use std::collections::HashSet;

use serde_json::Value;

use super::BmsOptions;
use super::schema::{ACCOUNTS, ASSETS, CONTRACTS, TICKETS};
use super::state::{Row, State, Table};
use super::write::member;
use crate::clock::parse_iso;

/// What a list was asked for.
#[derive(Debug, Default)]
pub(super) struct Ask {
    filters: Vec<(String, String)>,
    pub(super) size: usize,
    /// From 1.
    pub(super) page: usize,
}

impl Ask {
    /// From the parameters of a query; filters with or without `Filter.` before their names.
    pub(super) fn of_parameters(parameters: Vec<(String, String)>, most: usize) -> Ask {
        let mut ask = Ask { filters: Vec::new(), size: most, page: 1 };
        for (name, value) in parameters {
            let name = name.to_ascii_lowercase();
            match name.as_str() {
                "pagesize" => ask.size = value.parse().unwrap_or(most),
                "pagenumber" => ask.page = value.parse().unwrap_or(1),
                _ => ask.filters.push((name.trim_start_matches("filter.").to_owned(), value)),
            }
        }
        ask.bounded(most)
    }

    /// From the body of a search.
    pub(super) fn of_body(body: &Value, most: usize) -> Ask {
        let number = |name: &str, default: usize| member(body, name).as_u64().map_or(default, |n| n as usize);
        let filters = member(body, "filter").as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let filters = filters.map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.to_ascii_lowercase(), value)
        });
        Ask { filters: filters.collect(), size: number("pageSize", most), page: number("pageNumber", 1) }.bounded(most)
    }

    fn bounded(mut self, most: usize) -> Ask {
        self.size = if self.size == 0 { most } else { self.size.min(most) };
        self.page = self.page.max(1);
        self
    }

    fn told(&self, name: &str) -> Option<&str> {
        self.filters.iter().find(|(filter, value)| filter == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.told(name).map(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Ids, repeated or with commas between.
    fn ids(&self, name: &str) -> Option<HashSet<i64>> {
        let told = self.filters.iter().filter(|(filter, _)| filter == name);
        let ids: HashSet<i64> =
            told.flat_map(|(_, value)| value.split(',')).filter_map(|id| id.trim().parse().ok()).collect();
        self.told(name).map(|_| ids)
    }

    /// The rows that pass, in order of their ids.
    pub(super) fn rows(&self, state: &State, entity: usize, options: &BmsOptions) -> Vec<usize> {
        let table = &state.tables[entity];
        let test = Test { ask: self, state, table, contain: options.filters_contain };
        let passes: &dyn Fn(&Row) -> bool = match entity {
            ACCOUNTS => &test.account(),
            ASSETS => &test.asset(),
            CONTRACTS => &test.contract(),
            TICKETS => &test.ticket(),
            _ => &|_: &Row| true,
        };
        (0..table.rows.len()).filter(|&at| passes(&table.rows[at])).collect()
    }

    /// The part of the rows that the page has.
    pub(super) fn page(&self, rows: &[usize]) -> Vec<usize> {
        let from = (self.page - 1).saturating_mul(self.size).min(rows.len());
        rows[from..(from + self.size).min(rows.len())].to_vec()
    }
}

struct Test<'a> {
    ask: &'a Ask,
    state: &'a State,
    table: &'a Table,
    contain: bool,
}

impl<'a> Test<'a> {
    /// Whether a text passes a filter.
    fn like(&self, name: &str) -> impl Fn(&str) -> bool + use<> {
        let wanted = self.ask.told(name).map(str::to_lowercase);
        let contain = self.contain;
        move |text| {
            wanted.as_ref().is_none_or(|wanted| {
                let text = text.to_lowercase();
                if contain { text.contains(wanted) } else { text == *wanted }
            })
        }
    }

    /// Whether a text is one of those of a filter, commas between.
    fn among(&self, name: &str) -> impl Fn(&str) -> bool + use<> {
        let wanted = self.ask.told(name).map(str::to_lowercase);
        move |text| wanted.as_ref().is_none_or(|wanted| wanted.split(',').any(|one| one.trim() == text.to_lowercase()))
    }

    fn id(&self, name: &str) -> Option<i64> {
        self.ask.told(name).map(|id| id.parse().unwrap_or(-1))
    }

    fn between(&self, from: &str, to: &str) -> impl Fn(&str) -> bool + use<> {
        let bound = |name| self.ask.told(name).and_then(parse_iso);
        let (from, to) = (bound(from), bound(to));
        move |text| {
            let at = parse_iso(text);
            from.is_none_or(|from| at.is_some_and(|at| at >= from)) && to.is_none_or(|to| at.is_some_and(|at| at <= to))
        }
    }

    fn account(&self) -> impl Fn(&Row) -> bool + use<'a> {
        let table = self.table;
        let (name, code) = (self.like("accountname"), self.like("accountcode"));
        let (created, modified) =
            (self.between("createdonfrom", "createdonto"), self.between("modifiedonfrom", "modifiedonto"));
        let (type_, active) = (self.id("accounttypeid"), self.ask.flag("isactive"));
        move |row| {
            name(table.text(row, "accountName"))
                && code(table.text(row, "accountCode"))
                && created(table.text(row, "createdOn"))
                && modified(table.text(row, "modifiedOn"))
                && type_.is_none_or(|id| table.int(row, "accountTypeId") == id)
                && active.is_none_or(|yes| table.flag(row, "isActive") == yes)
        }
    }

    fn asset(&self) -> impl Fn(&Row) -> bool + use<'a> {
        let (table, state) = (self.table, self.state);
        let texts = [
            ("name", self.like("assetname")),
            ("serialNumber", self.like("serialnumber")),
            ("machineGroupId", self.like("machinegroupid")),
            ("description", self.like("description")),
            ("ipAddress", self.like("ipaddress")),
        ];
        let texts = texts.map(|(field, like)| (table.position(field).unwrap_or(0), like));
        let location = self.ask.told("locationname").map(|_| self.like("locationname"));
        let (account, other, active) = (self.id("accountid"), self.id("excludedid"), self.ask.flag("isactive"));
        let categories = self.ask.ids("categoryids");
        let any_text = self.ask.filters.iter().any(|(_, value)| !value.is_empty());
        move |row| {
            account.is_none_or(|id| row.account == id)
                && other.is_none_or(|id| row.id != id)
                && active.is_none_or(|yes| table.flag(row, "isActive") == yes)
                && categories.as_ref().is_none_or(|ids| ids.contains(&table.int(row, "categoryId")))
                && (!any_text || texts.iter().all(|(at, like)| like(row.values[*at].as_str().unwrap_or(""))))
                && location
                    .as_ref()
                    .is_none_or(|like| like(state.location_name(table.int(row, "accountLocationId")).unwrap_or("")))
        }
    }

    fn contract(&self) -> impl Fn(&Row) -> bool + use<'a> {
        let (table, state) = (self.table, self.state);
        let (name, short) = (self.like("contractname"), self.like("name"));
        let (type_, status, customer) = (self.like("contracttype"), self.like("status"), self.like("accountname"));
        let (account, ids) = (self.id("accountid"), self.ask.ids("ids"));
        let current = self.ask.flag("excludeexpiredcontracts").unwrap_or(false);
        move |row| {
            let title = table.text(row, "contractName");
            name(title)
                && short(title)
                && type_(table.text(row, "contractType"))
                && status(table.text(row, "status"))
                && customer(state.name(ACCOUNTS, row.account).unwrap_or(""))
                && account.is_none_or(|id| row.account == id)
                && ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
                && (!current || table.text(row, "status") != "Expired")
        }
    }

    fn ticket(&self) -> impl Fn(&Row) -> bool + use<'a> {
        let (table, state) = (self.table, self.state);
        let texts = [
            ("title", self.like("title")),
            ("details", self.like("details")),
            ("ticketNumber", self.like("ticketnumber")),
        ];
        let (account, asset_name) = (self.like("account"), self.like("hardwareassetname"));
        let labels = [
            ("statusId", &super::schema::STATUSES, self.among("statusnames")),
            ("queueId", &super::schema::QUEUES, self.among("queuenames")),
            ("priorityId", &super::schema::PRIORITIES, self.among("prioritynames")),
        ];
        let (accounts, asset, location) =
            (self.ask.ids("accountids"), self.id("hardwareassetid"), self.id("accountlocationid"));
        let times = [
            ("createdOn", self.between("createdonfrom", "createdonto")),
            ("lastActivityUpdate", self.between("lastactivityupdatefrom", "lastactivityupdateto")),
        ];
        let open = self.ask.flag("excludecompleted").unwrap_or(false);
        move |row| {
            accounts.as_ref().is_none_or(|ids| ids.contains(&row.account))
                && asset.is_none_or(|id| table.int(row, "hardwareAssetId") == id)
                && location.is_none_or(|id| table.int(row, "locationId") == id)
                && (!open || table.value(row, "completedDate").is_null())
                && texts.iter().all(|(field, like)| like(table.text(row, field)))
                && times.iter().all(|(field, between)| between(table.text(row, field)))
                && account(state.name(ACCOUNTS, row.account).unwrap_or(""))
                && asset_name(state.name(ASSETS, table.int(row, "hardwareAssetId")).unwrap_or(""))
                && labels.iter().all(|(field, list, among)| among(list.label(table.int(row, field)).unwrap_or("")))
        }
    }
}

/// Those accounts of the lookup that pass: active ones unless told, and by id or name.
pub(super) fn accounts_lookup(ask: &Ask, state: &State, options: &BmsOptions) -> Vec<usize> {
    let table = &state.tables[ACCOUNTS];
    let test = Test { ask, state, table, contain: options.filters_contain };
    let (ids, name) = (ask.ids("ids"), test.like("name"));
    let all = ask.flag("withinactiveaccounts").unwrap_or(false);
    let passes = |row: &Row| {
        ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && name(table.text(row, "accountName"))
            && (all || table.flag(row, "isActive"))
    };
    (0..table.rows.len()).filter(|&at| passes(&table.rows[at])).collect()
}
