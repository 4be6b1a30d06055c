//! The catalogue of fields per kind, read from the contract's `catalogue.toml`.
//!
//! The file is the one definition; this module provides it to the host as data. A test compares the SDK's typed structs
//! with the same file.

use super::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The text of the catalogue, part of the contract.
pub const TEXT: &str = include_str!("../../../wit/catalogue.toml");

/// Definition of one field in the contract.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueField {
    /// The type of its values.
    #[serde(rename = "type")]
    pub type_: FieldType,
    /// The kind that a reference refers to.
    pub to: Option<Kind>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// Whether it changes by itself at every read.
    #[serde(default)]
    pub volatile: bool,
    /// One sentence for people.
    pub meaning: String,
}

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Decimal,
    /// Yes or no.
    Boolean,
    /// RFC 3339.
    Time,
    /// A JSON document.
    Json,
    /// An id of another kind, in the same system.
    Reference,
}

type Catalogue = BTreeMap<Kind, BTreeMap<String, CatalogueField>>;

#[expect(clippy::expect_used, reason = "compiled in; a test reads it")]
static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| toml::from_str(TEXT).expect("the contract's catalogue is well formed"));

/// Returns the fields of a kind, by name; empty if the catalogue has none.
pub fn fields(kind: Kind) -> impl Iterator<Item = (&'static str, &'static CatalogueField)> {
    CATALOGUE.get(&kind).into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

/// Returns the definition of a field; `None` for an extra attribute.
#[must_use]
pub fn field(kind: Kind, name: &str) -> Option<&'static CatalogueField> {
    CATALOGUE.get(&kind)?.get(name)
}

/// Whether a field changes by itself at every read.
#[must_use]
pub fn is_volatile(kind: Kind, name: &str) -> bool {
    field(kind, name).is_some_and(|field| field.volatile)
}

/// Returns the kind that a field refers to; `None` if it is not a reference.
#[must_use]
pub fn refers_to(kind: Kind, name: &str) -> Option<Kind> {
    field(kind, name).and_then(|field| field.to)
}
