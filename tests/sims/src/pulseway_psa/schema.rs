//! The fields of accounts, locations, hardware assets, contracts, tickets and their notes, and the lists their
//! ids come from. Everything that reads or writes a row is driven by these tables.
//!
//! Leaves alone: what the vendor has and no caller of ours asks for (contacts, SLAs, currencies, custom fields).

/// What sort of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Number,
    Flag,
    Time,
    /// Nested; read by whoever knows it.
    Json,
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// It is no id.
    Nothing,
    /// A row of a list below.
    List(&'static List),
    /// A row of another table.
    Table(usize),
}

/// Which way a field travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Both,
    /// Written, never read back: the vendor's own contract has some.
    In,
    Out,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) of: Of,
    /// Under which name a reply carries what the id is called; none when empty.
    pub(super) label: &'static str,
    pub(super) required: bool,
    pub(super) way: Way,
}

/// A list that ids come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Its name at `/v2/system/lookup/{name}` and `/v2/system/tenantlookup/{name}`, or its own path's.
    pub(super) name: &'static str,
    /// Id, label, whether it is in use, whether it is the default.
    pub(super) rows: &'static [(i64, &'static str, bool, bool)],
}

pub(super) const ACCOUNTS: usize = 0;
pub(super) const LOCATIONS: usize = 1;
pub(super) const ASSETS: usize = 2;
pub(super) const CONTRACTS: usize = 3;
pub(super) const TICKETS: usize = 4;
pub(super) const NOTES: usize = 5;

/// The tables: singular name, first id, fields.
pub(super) const TABLES: &[(&str, i64, &[Field])] = &[
    ("account", 40_001, ACCOUNT),
    ("location", 60_001, LOCATION),
    ("hardware asset", 200_001, ASSET),
    ("contract", 700_001, CONTRACT),
    ("ticket", 900_001, TICKET),
    ("note", 990_001, NOTE),
];

pub(super) static ACCOUNT_TYPES: List = List {
    name: "accounttypes",
    rows: &[
        (1, "Customer", true, true),
        (2, "Lead", true, false),
        (3, "Vendor", true, false),
        (4, "Old", false, false),
    ],
};
pub(super) static BUSINESS_TYPES: List = List {
    name: "BusinessType",
    rows: &[(21, "Small business", true, true), (22, "Enterprise", true, false), (23, "Mutual", false, false)],
};
pub(super) static EMPLOYEES: List =
    List { name: "employees", rows: &[(5001, "Olga Owner", true, true), (5002, "Tom Technician", true, false)] };
pub(super) static CATEGORIES: List = List {
    name: "AssetCategory",
    rows: &[(11, "Workstation", true, true), (12, "Server", true, false), (13, "Network device", true, false)],
};
pub(super) static STATUSES: List = List {
    name: "statuses",
    rows: &[
        (1, "New", true, true),
        (2, "In Progress", true, false),
        (3, "Waiting on Client", true, false),
        (DONE, "Completed", true, false),
        (5, "Parked", false, false),
    ],
};
pub(super) static PRIORITIES: List = List {
    name: "priorities",
    rows: &[
        (31, "Low", true, false),
        (32, "Medium", true, true),
        (33, "High", true, false),
        (34, "Critical", true, false),
    ],
};
pub(super) static QUEUES: List =
    List { name: "queues", rows: &[(41, "Help Desk", true, true), (42, "Monitoring", true, false)] };
pub(super) static TICKET_TYPES: List =
    List { name: "TicketType", rows: &[(51, "Incident", true, true), (52, "Service Request", true, false)] };
pub(super) static SOURCES: List = List {
    name: "TicketSource",
    rows: &[
        (0, "Client Portal", true, false),
        (1, "Phone", true, true),
        (4, "Email", true, false),
        (5, "Monitoring System", true, false),
        (8, "Other", true, false),
    ],
};
pub(super) static NOTE_TYPES: List =
    List { name: "NoteType", rows: &[(61, "General", true, true), (62, "Resolution", true, false)] };

/// The lists of the system, and those a tenant can add to.
pub(super) static LISTS: &[&List] = &[&BUSINESS_TYPES, &CATEGORIES, &TICKET_TYPES, &SOURCES, &NOTE_TYPES];

/// The status of work that is done.
pub(super) const DONE: i64 = 4;

impl List {
    /// The label of an id that is in the list.
    pub(super) fn label(&self, id: i64) -> Option<&'static str> {
        self.rows.iter().find(|row| row.0 == id).map(|row| row.1)
    }

    /// Whether new rows may use the id.
    pub(super) fn in_use(&self, id: i64) -> bool {
        self.rows.iter().any(|row| row.0 == id && row.2)
    }

    /// The id that is taken where nobody says.
    pub(super) fn first(&self) -> i64 {
        self.rows.iter().find(|row| row.3).map_or(0, |row| row.0)
    }
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, of: Of::Nothing, label: "", required: false, way: Way::Both }
}

const fn text(name: &'static str) -> Field {
    field(name, Kind::Text)
}

const fn time(name: &'static str) -> Field {
    field(name, Kind::Time)
}

const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag)
}

const fn id(name: &'static str, of: Of, label: &'static str) -> Field {
    Field { of, label, ..field(name, Kind::Int) }
}

const fn needed(field: Field) -> Field {
    Field { required: true, ..field }
}

const fn out(field: Field) -> Field {
    Field { way: Way::Out, ..field }
}

const CREATED: Field = out(time("createdOn"));
const MODIFIED: Field = out(time("modifiedOn"));

const ACCOUNT: &[Field] = &[
    needed(text("accountName")),
    text("accountCode"),
    needed(id("accountTypeId", Of::List(&ACCOUNT_TYPES), "accountType")),
    needed(id("businessTypeId", Of::List(&BUSINESS_TYPES), "businessType")),
    needed(id("accountManagerId", Of::List(&EMPLOYEES), "accountManagerUserName")),
    id("parentId", Of::Table(ACCOUNTS), ""),
    text("description"),
    text("website"),
    field("serviceTypeId", Kind::Int),
    field("currencyId", Kind::Int),
    field("salesTaxItemId", Kind::Int),
    field("classId", Kind::Int),
    field("creditLimit", Kind::Number),
    field("netDays", Kind::Number),
    Field { way: Way::In, ..flag("routeInvoiceToParent") },
    flag("isActive"),
    time("acquiredDate"),
    out(text("tenantName")),
    CREATED,
    MODIFIED,
];

const LOCATION: &[Field] = &[
    needed(text("locationName")),
    flag("isMain"),
    flag("isActive"),
    needed(field("addresses", Kind::Json)),
    CREATED,
    MODIFIED,
];

const ASSET: &[Field] = &[
    needed(text("name")),
    needed(id("accountId", Of::Table(ACCOUNTS), "accountName")),
    needed(id("accountLocationId", Of::Table(LOCATIONS), "accountLocation")),
    needed(id("categoryId", Of::List(&CATEGORIES), "category")),
    flag("isActive"),
    text("serialNumber"),
    text("modelNumber"),
    text("productName"),
    text("description"),
    text("locationInfo"),
    text("barCode"),
    text("assetTag"),
    text("machineGroupId"),
    field("contactId", Kind::Int),
    field("brandId", Kind::Int),
    field("businessImpactId", Kind::Int),
    field("stateId", Kind::Int),
    field("vendorId", Kind::Int),
    field("manufacturerId", Kind::Int),
    field("motherboardManufacturerId", Kind::Int),
    field("chassisManufacturerId", Kind::Int),
    text("ipAddress"),
    text("subnetMask"),
    text("defaultGateway"),
    text("dnsServers"),
    flag("dhcpEnabled"),
    text("dhcpServer"),
    flag("winsEnabled"),
    text("primaryWinsServer"),
    text("secondaryWinsServer"),
    text("connectionGatewayIp"),
    text("osType"),
    text("osInfo"),
    text("majorVersion"),
    text("minorVersion"),
    text("macAddress"),
    text("loginName"),
    text("lastLoginname"),
    text("currentUser"),
    text("machineVersion"),
    text("motherboardProductCode"),
    text("motherboardSerialNumber"),
    text("motherboardVersion"),
    text("chassisAssetTag"),
    text("chassisSerialNumber"),
    text("chassisType"),
    text("chassisVersion"),
    text("busSpeed"),
    text("maxMemorySize"),
    text("maxMemorySlots"),
    Field { way: Way::In, ..text("computerName") },
    field("purchaseCost", Kind::Number),
    time("warrantyExpirationDate"),
    time("expirationDate"),
    time("acquisitionDate"),
    time("firstCheckIn"),
    time("lastCheckIn"),
    time("lastReboot"),
    out(text("agentId")),
    out(field("diskVolumes", Kind::Json)),
    CREATED,
    MODIFIED,
];

const CONTRACT: &[Field] = &[
    needed(text("contractName")),
    needed(id("accountId", Of::Table(ACCOUNTS), "accountName")),
    text("contractType"),
    text("status"),
    text("contractNumber"),
    text("billingCycle"),
    field("contractBillingPrice", Kind::Number),
    time("startDate"),
    time("endDate"),
];

const TICKET: &[Field] = &[
    needed(text("title")),
    needed(text("details")),
    needed(id("accountId", Of::Table(ACCOUNTS), "accountName")),
    needed(id("locationId", Of::Table(LOCATIONS), "locationName")),
    needed(id("statusId", Of::List(&STATUSES), "statusName")),
    needed(id("priorityId", Of::List(&PRIORITIES), "priorityName")),
    needed(id("typeId", Of::List(&TICKET_TYPES), "typeName")),
    needed(id("sourceId", Of::List(&SOURCES), "sourceName")),
    needed(time("openDate")),
    id("hardwareAssetId", Of::Table(ASSETS), "hardwareAssetName"),
    id("queueId", Of::List(&QUEUES), "queueName"),
    id("contractId", Of::Table(CONTRACTS), "contractName"),
    id("assigneeId", Of::List(&EMPLOYEES), "assigneeName"),
    field("contactId", Kind::Int),
    field("issueTypeId", Kind::Int),
    field("subIssueTypeId", Kind::Int),
    field("workTypeId", Kind::Int),
    time("dueDate"),
    out(text("ticketNumber")),
    out(time("completedDate")),
    out(time("lastActivityUpdate")),
    CREATED,
    MODIFIED,
];

const NOTE: &[Field] = &[
    needed(text("details")),
    needed(flag("isInternal")),
    needed(id("typeId", Of::List(&NOTE_TYPES), "typeName")),
    Field { way: Way::In, ..needed(time("noteDate")) },
    out(id("ticketId", Of::Table(TICKETS), "")),
    CREATED,
];
