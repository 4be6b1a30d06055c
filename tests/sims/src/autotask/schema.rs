//! The table of entities: what each is called, what may be done to it, and what its fields are.
//!
//! Everything else in this folder is driven by it. To add an entity: 1. its fields in `fields.rs`; 2. a row in
//! [`ENTITIES`]; 3. if it has a rule of its own, a line in `rules.rs`. `Resources` is not in the vendor notes beyond being referred to; it is here so that an owner can be
//! looked up, with the few fields that needs.
//! Leaves alone: rows, and anything that is checked.

use super::{billing_fields, desk_fields, fields};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Long,
    Double,
    Time,
    /// A time that is meant as a day and written without a `Z`.
    Day,
    Bool,
    Text,
}

/// What a field is given when a create leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    Nothing,
    /// The time of the create.
    Now,
    /// The time of the latest save.
    Touched,
    Int(i64),
    Flag(bool),
}

/// A field of an entity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) length: usize,
    pub(super) required: bool,
    pub(super) read_only: bool,
    /// Cannot be changed after the create.
    pub(super) fixed: bool,
    /// Whether updates leave it as it is and say nothing.
    pub(super) kept: bool,
    pub(super) queryable: bool,
    pub(super) reference: Option<&'static str>,
    pub(super) picklist: Option<&'static [Pick]>,
    pub(super) preset: Preset,
}

/// A picklist value: number, label, whether it may be used, whether it is the system's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick(pub(super) i64, pub(super) &'static str, pub(super) bool, pub(super) bool);

/// A user-defined field: name, vendor's type word, length, description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Udf(pub(super) &'static str, pub(super) &'static str, pub(super) usize, pub(super) &'static str);

/// What may be done to an entity at its own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) delete: bool,
}

/// Where an entity is found below another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) parent: &'static str,
    pub(super) segment: &'static str,
    pub(super) parent_field: &'static str,
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) delete: bool,
}

/// An entity.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) name: &'static str,
    /// The names its queries and its metadata are counted under.
    pub(super) query_name: &'static str,
    pub(super) info_name: &'static str,
    /// What error texts call one of them.
    pub(super) singular: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) udfs: &'static [Udf],
    pub(super) root: Root,
    pub(super) child: Option<Child>,
    /// Fields, user-defined ones too, that queries find without looking at every row.
    pub(super) indexed: &'static [&'static str],
    pub(super) first_id: i64,
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Field {
        Field {
            name,
            kind,
            length: 0,
            required: false,
            read_only: false,
            fixed: false,
            kept: false,
            queryable: true,
            reference: None,
            picklist: None,
            preset: Preset::Nothing,
        }
    }

    /// A text of at most `length` characters.
    pub(super) const fn text(name: &'static str, length: usize) -> Field {
        Field { length, ..Field::new(name, Kind::Text) }
    }

    /// The id of a row of another entity.
    pub(super) const fn to(name: &'static str, entity: &'static str) -> Field {
        Field { reference: Some(entity), ..Field::new(name, Kind::Int) }
    }

    /// A picklist.
    pub(super) const fn pick(name: &'static str, values: &'static [Pick]) -> Field {
        Field { picklist: Some(values), ..Field::new(name, Kind::Int) }
    }

    pub(super) const fn required(self) -> Field {
        Field { required: true, ..self }
    }

    pub(super) const fn read_only(self) -> Field {
        Field { read_only: true, ..self }
    }

    /// Updates leave it as it is and say nothing.
    pub(super) const fn kept(self) -> Field {
        Field { kept: true, ..self }
    }

    pub(super) const fn fixed(self) -> Field {
        Field { fixed: true, ..self }
    }

    pub(super) const fn not_queryable(self) -> Field {
        Field { queryable: false, ..self }
    }

    pub(super) const fn preset(self, preset: Preset) -> Field {
        Field { preset, ..self }
    }
}

const ROOT: Root = Root { create: true, update: true, delete: false };
const NO_ROOT: Root = Root { create: false, update: false, delete: false };

/// Positions in [`ENTITIES`] of those that have rules of their own.
pub(super) const COMPANIES: usize = 0;
pub(super) const LOCATIONS: usize = 1;
pub(super) const ITEMS: usize = 2;
pub(super) const PRODUCTS: usize = 3;
pub(super) const RESOURCES: usize = 4;
pub(super) const CONTRACTS: usize = 5;
pub(super) const TICKETS: usize = 6;
pub(super) const NOTES: usize = 7;
pub(super) const SERVICES: usize = 8;
pub(super) const LINES: usize = 9;
pub(super) const UNITS: usize = 10;
pub(super) const ADJUSTMENTS: usize = 11;

/// Every entity the sim has.
pub(super) static ENTITIES: &[Entity] = &[
    Entity {
        name: "Companies",
        query_name: "Companies/query",
        info_name: "Companies/entityInformation",
        singular: "Company",
        fields: fields::COMPANIES,
        udfs: &[Udf("RMM Customer Key", "String", 255, "Key of this customer in the RMM")],
        root: ROOT,
        child: None,
        indexed: &["companyName", "companyNumber", "parentCompanyID", "RMM Customer Key"],
        first_id: 400,
    },
    Entity {
        name: "CompanyLocations",
        query_name: "CompanyLocations/query",
        info_name: "CompanyLocations/entityInformation",
        singular: "CompanyLocation",
        fields: fields::LOCATIONS,
        udfs: &[],
        root: NO_ROOT,
        child: Some(Child {
            parent: "Companies",
            segment: "Locations",
            parent_field: "companyID",
            create: true,
            update: true,
            delete: true,
        }),
        indexed: &["companyID", "name"],
        first_id: 9001,
    },
    Entity {
        name: "ConfigurationItems",
        query_name: "ConfigurationItems/query",
        info_name: "ConfigurationItems/entityInformation",
        singular: "ConfigurationItem",
        fields: fields::ITEMS,
        udfs: &[
            Udf("RMM Device Key", "String", 255, "Key of this device in the RMM"),
            Udf("RMM Last User", "String", 255, "Who logged in last"),
            Udf("RMM Last Seen", "DateTime", 255, "When the device was last in contact"),
            Udf("RMM Storage", "String", 8000, "Drives, their size and free space"),
        ],
        root: ROOT,
        child: None,
        indexed: &[
            "companyID",
            "companyLocationID",
            "referenceNumber",
            "serialNumber",
            "referenceTitle",
            "RMM Device Key",
        ],
        first_id: 55_120,
    },
    Entity {
        name: "Products",
        query_name: "Products/query",
        info_name: "Products/entityInformation",
        singular: "Product",
        fields: fields::PRODUCTS,
        udfs: &[],
        root: ROOT,
        child: None,
        indexed: &["name"],
        first_id: 77,
    },
    Entity {
        name: "Resources",
        query_name: "Resources/query",
        info_name: "Resources/entityInformation",
        singular: "Resource",
        fields: fields::RESOURCES,
        udfs: &[],
        root: NO_ROOT,
        child: None,
        indexed: &["userName"],
        first_id: 29_682_885,
    },
    Entity {
        name: "Contracts",
        query_name: "Contracts/query",
        info_name: "Contracts/entityInformation",
        singular: "Contract",
        fields: desk_fields::CONTRACTS,
        udfs: &[],
        root: ROOT,
        child: None,
        indexed: &["companyID", "contractName"],
        first_id: 31,
    },
    Entity {
        name: "Tickets",
        query_name: "Tickets/query",
        info_name: "Tickets/entityInformation",
        singular: "Ticket",
        fields: desk_fields::TICKETS,
        udfs: &[],
        root: ROOT,
        child: None,
        indexed: &["companyID", "externalID", "configurationItemID"],
        first_id: 7001,
    },
    Entity {
        name: "TicketNotes",
        query_name: "TicketNotes/query",
        info_name: "TicketNotes/entityInformation",
        singular: "TicketNote",
        fields: desk_fields::NOTES,
        udfs: &[],
        root: NO_ROOT,
        child: Some(Child {
            parent: "Tickets",
            segment: "Notes",
            parent_field: "ticketID",
            create: true,
            update: true,
            delete: false,
        }),
        indexed: &["ticketID"],
        first_id: 12_001,
    },
    Entity {
        name: "Services",
        query_name: "Services/query",
        info_name: "Services/entityInformation",
        singular: "Service",
        fields: billing_fields::SERVICES,
        udfs: &[],
        root: ROOT,
        child: None,
        indexed: &["name"],
        first_id: 12,
    },
    Entity {
        name: "ContractServices",
        query_name: "ContractServices/query",
        info_name: "ContractServices/entityInformation",
        singular: "ContractService",
        fields: billing_fields::CONTRACT_SERVICES,
        udfs: &[],
        root: NO_ROOT,
        child: Some(Child {
            parent: "Contracts",
            segment: "Services",
            parent_field: "contractID",
            create: true,
            update: true,
            delete: false,
        }),
        indexed: &["contractID", "serviceID"],
        first_id: 640,
    },
    Entity {
        name: "ContractServiceUnits",
        query_name: "ContractServiceUnits/query",
        info_name: "ContractServiceUnits/entityInformation",
        singular: "ContractServiceUnit",
        fields: billing_fields::UNITS,
        udfs: &[],
        root: NO_ROOT,
        child: Some(Child {
            parent: "Contracts",
            segment: "ServiceUnits",
            parent_field: "contractID",
            create: false,
            update: false,
            delete: false,
        }),
        indexed: &["contractID", "contractServiceID"],
        first_id: 801,
    },
    Entity {
        name: "ContractServiceAdjustments",
        query_name: "ContractServiceAdjustments/query",
        info_name: "ContractServiceAdjustments/entityInformation",
        singular: "ContractServiceAdjustment",
        fields: billing_fields::ADJUSTMENTS,
        udfs: &[],
        root: Root { create: true, update: false, delete: false },
        child: Some(Child {
            parent: "Contracts",
            segment: "ServiceAdjustments",
            parent_field: "contractID",
            create: true,
            update: false,
            delete: false,
        }),
        indexed: &["contractServiceID"],
        first_id: 301,
    },
];

/// The position of the entity of this name, in any case.
pub(super) fn entity(name: &str) -> Option<usize> {
    ENTITIES.iter().position(|e| e.name.eq_ignore_ascii_case(name))
}

/// The position of the entity found at `parent/{id}/segment`.
pub(super) fn child(parent: &str, segment: &str) -> Option<usize> {
    let fits = |c: &Child| c.parent.eq_ignore_ascii_case(parent) && c.segment.eq_ignore_ascii_case(segment);
    ENTITIES.iter().position(|e| e.child.as_ref().is_some_and(fits))
}
