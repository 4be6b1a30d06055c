//! The catalogue of fields per kind, read from the contract's `catalogue.toml`.
//!
//! The file is the one definition; this gives it to the host as data. The SDK's typed
//! structs are held against the same file by a test.

use super::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The text of the catalogue, part of the contract.
pub const TEXT: &str = include_str!("../../../wit/catalogue.toml");

/// What the contract says of one field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueField {
    /// What its values are.
    #[serde(rename = "type")]
    pub type_: FieldType,
    /// For references: the kind that is referred to.
    pub to: Option<Kind>,
    /// For numbers.
    pub unit: Option<String>,
    /// Changes by itself at every read.
    #[serde(default)]
    pub volatile: bool,
    /// One sentence.
    pub meaning: String,
}

/// What a field's values are.
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

/// The fields of a kind, by name; empty when the catalogue has none.
pub fn fields(kind: Kind) -> impl Iterator<Item = (&'static str, &'static CatalogueField)> {
    CATALOGUE.get(&kind).into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

/// What the contract says of a field; none for an extra attribute.
#[must_use]
pub fn field(kind: Kind, name: &str) -> Option<&'static CatalogueField> {
    CATALOGUE.get(&kind)?.get(name)
}

/// Whether a field changes by itself at every read.
#[must_use]
pub fn is_volatile(kind: Kind, name: &str) -> bool {
    field(kind, name).is_some_and(|field| field.volatile)
}

/// The kind a field refers to, when it is a reference.
#[must_use]
pub fn refers_to(kind: Kind, name: &str) -> Option<Kind> {
    field(kind, name).and_then(|field| field.to)
}
