//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Asset, Failure, Host, time};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Fields of an asset that Autotask has a place of its own for.
const NATIVE: &[&str] = &["active", "location", "type", "serial-number", "description"];

/// A setting that holds a value of one of the vendor's picklists, as its label or number.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) setting: &'static str,
    pub(crate) entity: &'static str,
    pub(crate) field: &'static str,
    default: &'static str,
}

const fn pick(setting: &'static str, entity: &'static str, field: &'static str, default: &'static str) -> Pick {
    Pick { setting, entity, field, default }
}

/// All of them. Defaults are numbers that are the same in every database.
pub(crate) const PICKS: &[Pick] = &[
    pick("company-type", "Companies", "companyType", "Customer"),
    pick("ticket-queue", "Tickets", "queueID", ""),
    pick("ticket-status", "Tickets", "status", "1"),
    pick("closed-status", "Tickets", "status", "5"),
    pick("priority-low", "Tickets", "priority", ""),
    pick("priority-normal", "Tickets", "priority", ""),
    pick("priority-elevated", "Tickets", "priority", ""),
    pick("priority-critical", "Tickets", "priority", ""),
    pick("ticket-source", "Tickets", "source", ""),
    pick("ticket-type", "Tickets", "ticketType", ""),
    pick("note-type", "TicketNotes", "noteType", ""),
    pick("note-publish", "TicketNotes", "publish", "2"),
    pick("service-period", "Services", "periodType", ""),
];

/// This connection's settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The API user.
    pub user: String,
    /// The owner of new companies; none when it is not set, which the manifest does not allow.
    pub owner_resource_id: Option<i64>,
    /// Written where a company has no telephone number.
    pub default_phone: String,
    /// Whether `companyNumber` holds the host's key.
    pub company_stamp: bool,
    /// Where a configuration item holds the host's key.
    pub stamp: StampPlace,
    /// A product's name.
    pub workstation_product: String,
    /// A product's name.
    pub server_product: String,
    /// The longest text of a user-defined field, in characters.
    pub udf_length: u32,
    /// What was chosen of the vendor's picklists, by setting; in the order of [`PICKS`], empty where nothing was.
    picks: Vec<String>,
    /// The billing code of new services; none until one is chosen.
    pub service_billing_code: Option<i64>,
    /// How far ahead of UTC the zone of the vendor's days is, as `+01:00`; empty where it is not set.
    pub utc_offset: String,
    /// In how many hours a new ticket is due.
    pub due_hours: u64,
    /// Field of the catalogue, its type there, and the user-defined field that holds it.
    pub udfs: Vec<(&'static str, &'static str, String)>,
}

/// Where a configuration item holds the host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampPlace {
    /// In this user-defined field.
    Udf(String),
    /// In `referenceNumber`.
    ReferenceNumber,
}

impl Default for StampPlace {
    fn default() -> Self {
        StampPlace::Udf("RMM Device Key".to_owned())
    }
}

impl Settings {
    /// Reads them from the host.
    ///
    /// # Errors
    /// Broken: they are not what the manifest says, which the host checks.
    pub fn read(host: &dyn Host) -> Result<Self, Failure> {
        Self::parse(&host.settings())
    }

    /// Reads them from JSON. What is missing is as in the manifest.
    ///
    /// # Errors
    /// Broken: no JSON object of plain values.
    pub fn parse(json: &str) -> Result<Self, Failure> {
        let told: BTreeMap<Cow<'_, str>, Str<'_>> = serde_json::from_str(json)
            .map_err(|error| Failure::Broken(format!("the settings cannot be read: {error}")))?;
        let text =
            |name: &str, default: &str| told.get(name).and_then(Str::filled).unwrap_or_else(|| default.to_owned());
        let stamp = match text("stamp-place", "udf").as_str() {
            "reference-number" => StampPlace::ReferenceNumber,
            _ => StampPlace::Udf(text("stamp-udf", "RMM Device Key")),
        };
        let udf = |&(field, type_): &(&'static str, &'static str)| {
            let name = told.get(format!("udf-{field}").as_str()).and_then(Str::filled)?;
            Some((field, type_, name))
        };
        Ok(Self {
            user: text("user", ""),
            owner_resource_id: text("owner-resource-id", "").parse().ok(),
            default_phone: text("default-phone", "0000000000"),
            company_stamp: text("company-stamp", "none") == "number",
            stamp,
            workstation_product: text("workstation-product", "Managed Workstation"),
            server_product: text("server-product", "Managed Server"),
            udf_length: text("udf-length", "").parse().unwrap_or(255),
            picks: PICKS.iter().map(|pick| text(pick.setting, pick.default)).collect(),
            service_billing_code: text("service-billing-code", "").parse().ok(),
            utc_offset: text("utc-offset", ""),
            due_hours: text("ticket-due-hours", "").parse().unwrap_or(24),
            udfs: Asset::FIELDS.iter().filter(|(field, _)| !NATIVE.contains(field)).filter_map(udf).collect(),
        })
    }

    /// How many seconds the zone of the vendor's days is ahead of UTC; none where it is not set.
    ///
    /// # Errors
    /// Rejected: what is set is no offset.
    pub(crate) fn utc_offset_seconds(&self) -> Result<Option<i64>, Failure> {
        if self.utc_offset.is_empty() {
            return Ok(None);
        }
        time::parse_offset(&self.utc_offset).map(Some).ok_or_else(|| {
            let set = &self.utc_offset;
            Failure::rejected(format!("the setting `utc-offset` is `{set}`: write it as +01:00, or leave it empty"))
        })
    }

    /// All user-defined fields that are used.
    pub(crate) fn udf_names(&self) -> impl Iterator<Item = &str> {
        let stamp = match &self.stamp {
            StampPlace::Udf(name) => Some(name.as_str()),
            StampPlace::ReferenceNumber => None,
        };
        stamp.into_iter().chain(self.udfs.iter().map(|(.., udf)| udf.as_str()))
    }

    /// What was chosen for a setting of [`PICKS`]; none where nothing was.
    pub(crate) fn pick(&self, setting: &str) -> Option<(&'static Pick, &str)> {
        let (pick, chosen) = PICKS.iter().zip(&self.picks).find(|(pick, _)| pick.setting == setting)?;
        Some((pick, chosen.as_str())).filter(|(_, chosen)| !chosen.is_empty())
    }

    /// The user-defined field that holds an asset's field.
    pub fn udf(&self, field: &str) -> Option<&str> {
        self.udfs.iter().find(|(name, ..)| *name == field).map(|(.., udf)| udf.as_str())
    }
}
