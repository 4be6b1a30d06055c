//! What makes a manifest wrong beyond its syntax.

use super::Manifest;

/// Why a `plugin.toml` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, an unknown or missing key, a value of the wrong type.
    #[error("the manifest cannot be read: {0}")]
    Syntax(String),
    /// It reads well, but says something that cannot be.
    #[error("the manifest is wrong at `{at}`: {why}")]
    Wrong {
        /// Where, as a dotted path.
        at: String,
        /// What is wrong, and what to write.
        why: String,
    },
}

/// Checks what can be known without a connection.
pub(super) fn check(_manifest: &Manifest) -> Result<(), ManifestError> {
    Ok(())
}
