//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::{Failure, Host};
use serde::Deserialize;

/// This connection's settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// What the server counts drives in.
    pub disk_unit: DiskUnit,
    /// Where the last login name is taken from.
    pub last_login: LastLogin,
    /// How many days back notifications are read.
    pub alert_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { disk_unit: DiskUnit::default(), last_login: LastLogin::default(), alert_days: 3 }
    }
}

/// What the server counts drives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskUnit {
    /// Bytes.
    Bytes,
    /// 1,024 bytes.
    #[default]
    Kilobytes,
    /// 1,048,576 bytes.
    Megabytes,
}

impl DiskUnit {
    /// How many bytes one is.
    pub fn bytes(self) -> i64 {
        match self {
            DiskUnit::Bytes => 1,
            DiskUnit::Kilobytes => 1 << 10,
            DiskUnit::Megabytes => 1 << 20,
        }
    }
}

/// Where the last login name is taken from. None of the vendor's fields is one: both are names that
/// Windows was registered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastLogin {
    /// Nowhere: the vendor does not tell.
    #[default]
    None,
    /// System, "Owner Name".
    OwnerName,
    /// Operating System, "Registered User".
    RegisteredUser,
}

impl Settings {
    /// Reads them from the host.
    ///
    /// # Errors
    /// Broken: they are not what the manifest says, which the host checks.
    pub fn read(host: &dyn Host) -> Result<Self, Failure> {
        serde_json::from_str(&host.settings())
            .map_err(|error| Failure::Broken(format!("the settings cannot be read: {error}")))
    }
}
