//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::{Failure, Host};
use serde::Deserialize;

/// This connection's settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// The public half of the credentials.
    pub client_id: String,
    /// Whether licences of customers that are not billed by usage are read.
    pub term_licences: bool,
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
