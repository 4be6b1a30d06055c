//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Asset, Failure, Host};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Fields of an asset that Autotask has a place of its own for.
const NATIVE: &[&str] = &["active", "location", "type", "serial-number", "description"];

/// This connection's settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The API user.
    pub user: String,
    /// The owner of new companies; none when it is not set, which the manifest does not allow.
    pub owner_resource_id: Option<i64>,
    /// Label or number.
    pub company_type: String,
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
            company_type: text("company-type", "Customer"),
            default_phone: text("default-phone", "0000000000"),
            company_stamp: text("company-stamp", "none") == "number",
            stamp,
            workstation_product: text("workstation-product", "Managed Workstation"),
            server_product: text("server-product", "Managed Server"),
            udf_length: text("udf-length", "").parse().unwrap_or(255),
            udfs: Asset::FIELDS.iter().filter(|(field, _)| !NATIVE.contains(field)).filter_map(udf).collect(),
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

    /// The user-defined field that holds an asset's field.
    pub fn udf(&self, field: &str) -> Option<&str> {
        self.udfs.iter().find(|(name, ..)| *name == field).map(|(.., udf)| udf.as_str())
    }
}
