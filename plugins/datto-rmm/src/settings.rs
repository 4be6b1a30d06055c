//! What the operator set; see `plugin.toml` for what each means.

use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Failure, Host, Nullable};
use serde::Deserialize;

/// This connection's settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// Whether the audit of every device is read.
    pub audits: bool,
    /// Names of sites that are no customers, separated by semicolons.
    pub skip_sites: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { audits: true, skip_sites: "Deleted Devices".to_owned() }
    }
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

    /// Whether a site of this name is left out, with all that is in it.
    pub(crate) fn skips(&self, site: &Nullable<Str<'_>>) -> bool {
        let Some(name) = site.value().map(Str::trimmed).filter(|name| !name.is_empty()) else { return false };
        self.skip_sites.split(';').any(|skipped| skipped.trim().to_lowercase() == name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_left_out_by_name() {
        let settings = Settings { skip_sites: "Deleted Devices; onDemand;".to_owned(), ..Settings::default() };
        let skips = |name: &str| settings.skips(&Nullable::Value(Str(name.into())));
        assert!(skips("deleted devices") && skips(" OnDemand "));
        assert!(!skips("Acme") && !skips("") && !settings.skips(&Nullable::Null));
    }
}
