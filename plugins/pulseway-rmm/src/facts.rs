//! What the inventory's categories (`AssetInfo`) say of a machine. A category is a list of facts by name, and the same
//! name means another thing in the next one: "Serial Number" is the machine's in BIOS and a product id in Operating
//! System.

use crosswalk_sdk::Nullable;
use crosswalk_sdk::json::Str;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Category<'a> {
    #[serde(borrow, default)]
    category_name: Str<'a>,
    #[serde(borrow, default)]
    category_data: Nullable<CategoryData<'a>>,
}

/// What is used of any category.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CategoryData<'a> {
    #[serde(borrow, rename = "Name")]
    name: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Version")]
    version: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Serial Number")]
    serial_number: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Manufacturer")]
    manufacturer: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Model")]
    model: Nullable<Str<'a>>,
    #[serde(borrow, rename = "CPU")]
    cpu: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Domain")]
    domain: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Owner Name")]
    owner_name: Nullable<Str<'a>>,
    #[serde(borrow, rename = "Registered User")]
    registered_user: Nullable<Str<'a>>,
}

/// What is used of the categories, each fact from the one that means the machine by it: a row has a dozen, and
/// pages of rows are held at once.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) serial_number: Nullable<Str<'a>>,
    pub(crate) manufacturer: Nullable<Str<'a>>,
    pub(crate) model: Nullable<Str<'a>>,
    pub(crate) cpu: Nullable<Str<'a>>,
    pub(crate) domain: Nullable<Str<'a>>,
    pub(crate) owner_name: Nullable<Str<'a>>,
    pub(crate) os_name: Nullable<Str<'a>>,
    pub(crate) os_version: Nullable<Str<'a>>,
    pub(crate) registered_user: Nullable<Str<'a>>,
}

impl<'a> Facts<'a> {
    fn take(&mut self, category: &str, data: CategoryData<'a>) {
        match category {
            "BIOS" => self.serial_number = data.serial_number,
            "System" => {
                self.manufacturer = data.manufacturer;
                self.model = data.model;
                self.cpu = data.cpu;
                self.domain = data.domain;
                self.owner_name = data.owner_name;
            }
            "Operating System" => {
                self.os_name = data.name;
                self.os_version = data.version;
                self.registered_user = data.registered_user;
            }
            _ => {}
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Facts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Categories;
        impl<'de> Visitor<'de> for Categories {
            type Value = Facts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of categories")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut facts = Facts::default();
                while let Some(Category { category_name, category_data }) = list.next_element()? {
                    if let Nullable::Value(data) = category_data {
                        facts.take(&category_name.0, data);
                    }
                }
                Ok(facts)
            }
        }
        deserializer.deserialize_seq(Categories)
    }
}
