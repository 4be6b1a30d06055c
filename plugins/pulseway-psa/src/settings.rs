//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Failure, Host};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// This connection's settings. What is a label or a number is kept as it was written.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The company name shown at login.
    pub tenant: String,
    /// Type of new accounts.
    pub account_type: String,
    /// Business type of new accounts.
    pub business_type: String,
    /// Manager of new accounts.
    pub account_manager: String,
    /// Name of a new account's location.
    pub main_location: String,
    /// Whether the account code holds the host's key.
    pub account_stamp: bool,
    /// Category of workstations.
    pub workstation_category: String,
    /// Category of servers.
    pub server_category: String,
    /// Where a hardware asset holds the host's key.
    pub stamp: StampPlace,
    /// Whether each hardware asset is asked for singly.
    pub full: bool,
    /// Status of new tickets.
    pub ticket_status: String,
    /// Status of tickets that are done; empty leaves it to the vendor.
    pub closed_status: String,
    /// Type of new tickets.
    pub ticket_type: String,
    /// Source of new tickets.
    pub ticket_source: String,
    /// Queue of new tickets; empty for none.
    pub ticket_queue: String,
    /// Type of notes.
    pub note_type: String,
    /// Our priorities, lowest first, and the vendor's of each.
    pub priorities: [(&'static str, String); 4],
}

/// Where a hardware asset holds the host's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StampPlace {
    /// In `assetTag`.
    #[default]
    AssetTag,
    /// In `barCode`.
    BarCode,
    /// In `machineGroupId`, which lists tell and can be searched.
    MachineGroup,
}

impl StampPlace {
    /// The vendor's name of the field.
    pub(crate) fn field(self) -> &'static str {
        match self {
            StampPlace::AssetTag => "assetTag",
            StampPlace::BarCode => "barCode",
            StampPlace::MachineGroup => "machineGroupId",
        }
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
        let priority = |ours: &'static str, theirs: &str| (ours, text(&format!("priority-{ours}"), theirs));
        Ok(Self {
            tenant: text("tenant", ""),
            account_type: text("account-type", "Customer"),
            business_type: text("business-type", ""),
            account_manager: text("account-manager", ""),
            main_location: text("main-location", "Main"),
            account_stamp: text("account-stamp", "none") == "account-code",
            workstation_category: text("workstation-category", "Workstation"),
            server_category: text("server-category", "Server"),
            stamp: match text("stamp-place", "asset-tag").as_str() {
                "bar-code" => StampPlace::BarCode,
                "machine-group" => StampPlace::MachineGroup,
                _ => StampPlace::AssetTag,
            },
            full: text("asset-read", "full") == "full",
            ticket_status: text("ticket-status", "New"),
            closed_status: text("closed-status", ""),
            ticket_type: text("ticket-type", ""),
            ticket_source: text("ticket-source", "5"),
            ticket_queue: text("ticket-queue", ""),
            note_type: text("note-type", ""),
            priorities: [
                priority("low", "Low"),
                priority("normal", "Medium"),
                priority("elevated", "High"),
                priority("critical", "Critical"),
            ],
        })
    }
}
