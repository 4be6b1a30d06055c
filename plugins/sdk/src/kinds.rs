//! The kinds as Rust structs over the contract's open items, one field for each of the catalogue
//! (`wit/catalogue.toml`; a test holds them to it). What the catalogue does not list is in `extra`.
//!
//! Reading: fill one in, then `into_item`. Writing: `of_change`, then look at what was told.

use crate::bindings::crosswalk::connector::types::{Change, Failure, Field, Item, Kind, Value};
use crate::nullable::{Json, Nullable, Reference, Shape, Time};

macro_rules! kinds {
    ($( $(#[$meta:meta])* $name:ident { $( $field:ident : $shape:ty = $wire:literal, $meaning:literal; )* } )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            /// The vendor's id; empty for one that is not made yet.
            pub id: String,
            /// The id of what it belongs to.
            pub parent: Option<String>,
            /// What a person calls it; empty in a change that leaves the name.
            pub name: String,
            /// The host's key.
            pub stamp: Option<String>,
            $( #[doc = $meaning] pub $field: Nullable<$shape>, )*
            /// Attributes under the vendor's own names.
            pub extra: Vec<Field>,
        }

        impl $name {
            /// The contract's kind.
            pub const KIND: Kind = Kind::$name;
            /// The catalogue's names and types.
            pub const FIELDS: &'static [(&'static str, &'static str)] = &[$( ($wire, <$shape as Shape>::TYPE) ),*];

            /// As the contract carries it: what was not told is left out.
            pub fn into_item(self) -> Item {
                // No larger than it gets: a page has thousands of fields, and a connector's memory is not reused.
                let told = 0 $( + usize::from(!self.$field.is_absent()) )*;
                let mut fields = Vec::with_capacity(told + self.extra.len());
                $( push(&mut fields, $wire, self.$field); )*
                fields.extend(self.extra);
                Item { id: self.id, parent: self.parent, name: self.name, stamp: self.stamp, fields }
            }

            /// What a change asks for.
            ///
            /// # Errors
            /// Broken: a value of another type than the catalogue's.
            pub fn of_change(change: Change) -> Result<Self, Failure> {
                let mut this = Self {
                    id: change.target.unwrap_or_default(),
                    parent: change.parent,
                    name: change.name.unwrap_or_default(),
                    stamp: change.stamp,
                    ..Self::default()
                };
                for field in change.fields {
                    match field.name.as_str() {
                        $( $wire => this.$field = take(field)?, )*
                        _ => this.extra.push(field),
                    }
                }
                Ok(this)
            }
        }
    )*
    };
}

fn push<T: Shape>(fields: &mut Vec<Field>, name: &str, told: Nullable<T>) {
    let value = match told {
        Nullable::Absent => return,
        Nullable::Null => Value::Blank,
        Nullable::Value(value) => value.into_wire(),
    };
    fields.push(Field { name: name.to_owned(), value });
}

fn take<T: Shape>(field: Field) -> Result<Nullable<T>, Failure> {
    if field.value == Value::Blank {
        return Ok(Nullable::Null);
    }
    match T::from_wire(field.value) {
        Some(value) => Ok(Nullable::Value(value)),
        None => Err(Failure::Broken(format!("the field {} is not of the type {}", field.name, T::TYPE))),
    }
}

kinds! {
    /// A company the MSP serves.
    Customer {
        active: bool = "active", "Whether the MSP still serves this customer.";
        number: String = "number", "The customer's number in the MSP's own books.";
        phone: String = "phone", "Main telephone number.";
        email: String = "email", "Main e-mail address.";
        website: String = "website", "Web address or bare domain.";
        address_1: String = "address-1", "Street and number.";
        address_2: String = "address-2", "Second address line.";
        city: String = "city", "City.";
        region: String = "region", "State, province or county.";
        postal_code: String = "postal-code", "Postal code.";
        country: String = "country", "Country, ISO 3166-1 alpha-2 where the vendor can give it.";
    }
    /// A site or address of a customer, its parent.
    Location {
        active: bool = "active", "Whether the site is in use.";
        primary: bool = "primary", "Whether it is the customer's main site.";
        phone: String = "phone", "Telephone number of the site.";
        fax: String = "fax", "Fax number of the site.";
        email: String = "email", "E-mail address of the site.";
        contact: String = "contact", "Who to ask for.";
        address_1: String = "address-1", "Street and number.";
        address_2: String = "address-2", "Second address line.";
        city: String = "city", "City.";
        region: String = "region", "State, province or county.";
        postal_code: String = "postal-code", "Postal code.";
        country: String = "country", "Country, ISO 3166-1 alpha-2 where the vendor can give it.";
        description: String = "description", "Remarks.";
    }
    /// A device or configuration item of a customer, its parent.
    Asset {
        active: bool = "active", "Whether the device is in use.";
        location: Reference = "location", "The site it stands at.";
        type_: String = "type", "workstation, server, mobile, network, printer, or the vendor's own word.";
        serial_number: String = "serial-number", "The hardware's serial number (BIOS).";
        mac_addresses: Json = "mac-addresses", "The network cards' addresses, a list of texts.";
        manufacturer: String = "manufacturer", "Who made it.";
        model: String = "model", "The maker's model name.";
        operating_system: String = "operating-system", "Name and version of the operating system.";
        domain: String = "domain", "Windows domain or workgroup.";
        cpu: String = "cpu", "The processor's name.";
        memory: i64 = "memory", "Installed memory, in bytes.";
        description: String = "description", "Remarks.";
        agent_version: String = "agent-version", "Version of the RMM agent.";
        last_login: String = "last-login", "Name of the user who logged in last.";
        last_seen: Time = "last-seen", "When it checked in last.";
        last_reboot: Time = "last-reboot", "When it started last.";
        storage: Json = "storage", "Drives: a list of name, total and free, in bytes.";
        public_ip: String = "public-ip", "The address it is seen from outside with.";
        local_ips: Json = "local-ips", "Its own addresses, a list of texts.";
    }
    /// An agreement with a customer, its parent.
    Contract {
        active: bool = "active", "Whether it is in force and not cancelled.";
        cancelled: bool = "cancelled", "Whether it was called off; one that has run out is not cancelled.";
        takes_usage: bool = "takes-usage", "Whether quantities of products can be put on it.";
        type_: String = "type", "The vendor's word for what kind of agreement it is.";
        starts: Time = "starts", "First day.";
        ends: Time = "ends", "Last day.";
    }
    /// Something sold or licensed.
    Product {
        active: bool = "active", "Whether it can be sold.";
        code: String = "code", "The seller's code.";
        price: String = "price", "What one costs where nobody says otherwise: `12.5`; `0` where nothing is charged.";
    }
    /// How much of a product a customer or contract, its parent, uses.
    Usage {
        product: Reference = "product", "What is used.";
        quantity: i64 = "quantity", "How many pieces are to be paid for; in a change, how many it shall be.";
        actual: i64 = "actual", "How many pieces are in use, where another number is billed.";
        current: i64 = "current", "How many today, where a change for a later day is agreed already.";
        price: String = "price", "What one costs on this line: `12.5`.";
        period: String = "period", "The month of the report, yyyy-mm.";
        effective: Time = "effective", "The first day from which the quantity holds, as its midnight.";
        invoiced_until: Time = "invoiced-until", "The last day that was invoiced already.";
    }
    /// An event that asks for attention. Its parent is the customer, where the vendor names one.
    Alert {
        asset: Reference = "asset", "The device it is about.";
        priority: String = "priority", "low, normal, elevated or critical.";
        raised: Time = "raised", "When it was raised.";
        message: String = "message", "What happened.";
        condition: String = "condition", "What was watched: with the device, the key by which a repeat is known.";
        resolved: bool = "resolved", "Whether the vendor tells that it is over.";
    }
    /// A piece of work in a PSA. Its parent is the customer, its name the title.
    Ticket {
        asset: Reference = "asset", "The device it is about.";
        number: String = "number", "The number people quote.";
        status: String = "status", "The vendor's label of the status.";
        priority: String = "priority", "low, normal, elevated or critical.";
        description: String = "description", "What is to be done.";
        closed: bool = "closed", "Whether the work is done. Writing yes closes the ticket, writing no opens it again.";
        last_activity: Time = "last-activity", "When anything about it changed last, notes included, whoever did it.";
        note: String = "note", "Only written: adds a note for the MSP's own people. Never read back.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_kinds_are_those_of_the_catalogue() {
        #[derive(serde::Deserialize)]
        struct Entry {
            #[serde(rename = "type")]
            type_: String,
        }
        let catalogue: BTreeMap<String, BTreeMap<String, Entry>> =
            toml::from_str(include_str!("../../../wit/catalogue.toml")).unwrap();
        let ours = [
            ("customer", Customer::FIELDS),
            ("location", Location::FIELDS),
            ("asset", Asset::FIELDS),
            ("contract", Contract::FIELDS),
            ("product", Product::FIELDS),
            ("usage", Usage::FIELDS),
            ("alert", Alert::FIELDS),
            ("ticket", Ticket::FIELDS),
        ];
        let theirs: BTreeMap<&str, BTreeMap<&str, &str>> = catalogue
            .iter()
            .map(|(kind, fields)| (&**kind, fields.iter().map(|(name, field)| (&**name, &*field.type_)).collect()))
            .collect();
        let ours: BTreeMap<&str, BTreeMap<&str, &str>> =
            ours.into_iter().map(|(kind, fields)| (kind, fields.iter().copied().collect())).collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn nothing_blank_and_a_value_stay_apart_both_ways() {
        let asset = Asset {
            id: "7".to_owned(),
            name: "PC".to_owned(),
            serial_number: Nullable::Null,
            memory: Nullable::Value(5),
            location: Reference("3".to_owned()).into(),
            extra: vec![Field { name: "Colour".to_owned(), value: Value::Text("red".to_owned()) }],
            ..Asset::default()
        };
        let item = asset.clone().into_item();
        let names: Vec<&str> = item.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["location", "serial-number", "memory", "Colour"]);
        assert_eq!(item.fields[1].value, Value::Blank);
        let change = Change {
            key: String::new(),
            before: Vec::new(),
            id: "c".to_owned(),
            operation: crate::Operation::Update,
            kind: Kind::Asset,
            target: Some("7".to_owned()),
            parent: None,
            name: Some("PC".to_owned()),
            stamp: None,
            fields: item.fields,
        };
        assert_eq!(Asset::of_change(change.clone()), Ok(asset));
        let wrong =
            Change { fields: vec![Field { name: "memory".to_owned(), value: Value::Text("5".to_owned()) }], ..change };
        assert_eq!(
            Asset::of_change(wrong),
            Err(Failure::Broken("the field memory is not of the type integer".to_owned()))
        );
    }
}
