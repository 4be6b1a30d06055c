//! The fields of contracts, tickets and their notes, as in `fields`. Plain tables and nothing else.
//!
//! Numbers of statuses, types and sources are the vendor's where the notes have them; priorities, queues and note types
//! are each tenant's own, and invented here.

use super::fields::{ID, f, ro};
use super::schema::Kind::{Bool, Day, Double, Int, Time};
use super::schema::{Field, Pick, Preset};

/// The status of a ticket that is done.
pub(super) const COMPLETE: i64 = 5;

const CONTRACT_TYPES: &[Pick] = &[
    Pick(1, "Time & Materials", true, true),
    Pick(3, "Fixed Price", true, true),
    Pick(4, "Block Hours", true, true),
    Pick(6, "Retainer", true, true),
    Pick(7, "Recurring Service", true, true),
    Pick(8, "Per Ticket", true, true),
];
const CONTRACT_STATUSES: &[Pick] = &[Pick(1, "Active", true, true), Pick(0, "Inactive", true, true)];
const NO_YES: &[Pick] = &[Pick(0, "No", true, true), Pick(1, "Yes", true, true)];
const STATUSES: &[Pick] = &[
    Pick(1, "New", true, true),
    Pick(COMPLETE, "Complete", true, true),
    Pick(7, "Waiting Customer", true, false),
    Pick(8, "In Progress", true, false),
    Pick(9, "Waiting Vendor", false, false),
];
const PRIORITIES: &[Pick] = &[
    Pick(2, "Medium", true, false),
    Pick(1, "High", true, false),
    Pick(3, "Low", true, false),
    Pick(4, "Critical", true, false),
];
const QUEUES: &[Pick] = &[
    Pick(5, "Client Portal", true, false),
    Pick(8, "Monitoring", true, false),
    Pick(29_682_833, "Service Desk", true, false),
    Pick(29_682_834, "Old Desk", false, false),
];
const SOURCES: &[Pick] =
    &[Pick(2, "Phone", true, false), Pick(8, "Monitoring Alert", true, false), Pick(15, "Datto RMM", true, false)];
const TICKET_TYPES: &[Pick] = &[
    Pick(1, "Service Request", true, true),
    Pick(2, "Incident", true, true),
    Pick(3, "Problem", true, true),
    Pick(4, "Change Request", true, true),
    Pick(5, "Alert", true, true),
];
const CATEGORIES: &[Pick] = &[Pick(3, "Standard", true, false), Pick(2, "Datto RMM Alert", true, false)];
const NOTE_TYPES: &[Pick] =
    &[Pick(3, "Task Notes", true, false), Pick(1, "Task Summary", true, false), Pick(2, "Task Detail", true, false)];
const PUBLISH: &[Pick] = &[Pick(1, "All Autotask Users", true, true), Pick(2, "Internal Project Team", true, true)];

pub(super) const CONTRACTS: &[Field] = &[
    ID,
    f("billingPreference", Int),
    Field::to("companyID", "Companies").required().fixed(),
    f("contractCategory", Int),
    Field::text("contractName", 100).required(),
    Field::text("contractNumber", 50),
    f("contractPeriodType", Int),
    Field::pick("contractType", CONTRACT_TYPES).required().fixed(),
    Field::text("description", 2000),
    f("endDate", Day).required(),
    f("estimatedCost", Double),
    f("estimatedHours", Double),
    f("estimatedRevenue", Double),
    Field::to("exclusionContractID", "Contracts"),
    f("isDefaultContract", Bool).preset(Preset::Flag(false)),
    f("organizationalLevelAssociationID", Int),
    Field::text("purchaseOrderNumber", 50),
    Field::to("renewedContractID", "Contracts"),
    f("serviceLevelAgreementID", Int),
    f("setupFee", Double),
    f("startDate", Day).required(),
    Field::pick("status", CONTRACT_STATUSES).required(),
    Field::pick("timeReportingRequiresStartAndStopTimes", NO_YES).required(),
];

pub(super) const TICKETS: &[Field] = &[
    ID,
    Field::to("assignedResourceID", "Resources"),
    f("assignedResourceRoleID", Int),
    f("billingCodeID", Int),
    Field::to("companyID", "Companies").required(),
    Field::to("companyLocationID", "CompanyLocations"),
    ro("completedDate", Time),
    Field::to("configurationItemID", "ConfigurationItems"),
    f("contactID", Int),
    Field::to("contractID", "Contracts"),
    f("contractServiceID", Int),
    ro("createDate", Time).preset(Preset::Now),
    ro("creatorResourceID", Int).preset(Preset::Int(29_682_886)),
    ro("creatorType", Int).not_queryable().preset(Preset::Int(1)),
    Field::text("description", 8000),
    f("dueDateTime", Time).required(),
    f("estimatedHours", Double),
    Field::text("externalID", 50),
    f("issueType", Int),
    ro("lastActivityDate", Time).preset(Preset::Touched),
    ro("lastActivityPersonType", Int).not_queryable().preset(Preset::Int(1)),
    ro("lastTrackedModificationDateTime", Time).preset(Preset::Touched),
    ro("monitorID", Int),
    ro("monitorTypeID", Int),
    f("opportunityID", Int),
    Field::pick("priority", PRIORITIES).required(),
    Field::to("problemTicketId", "Tickets"),
    f("projectID", Int),
    Field::text("purchaseOrderNumber", 50),
    Field::pick("queueID", QUEUES),
    Field::text("resolution", 32_000),
    ro("rmmAlertID", Int),
    f("serviceLevelAgreementID", Int),
    Field::pick("source", SOURCES),
    Field::pick("status", STATUSES).required(),
    f("subIssueType", Int),
    Field::pick("ticketCategory", CATEGORIES).preset(Preset::Int(3)),
    Field::text("ticketNumber", 50).read_only(),
    Field::pick("ticketType", TICKET_TYPES).preset(Preset::Int(1)),
    Field::text("title", 255).required(),
];

pub(super) const NOTES: &[Field] = &[
    ID,
    ro("createDateTime", Time).preset(Preset::Now),
    ro("creatorResourceID", Int).preset(Preset::Int(29_682_886)),
    Field::text("description", 32_000).required(),
    ro("lastActivityDate", Time).preset(Preset::Touched),
    Field::pick("noteType", NOTE_TYPES).required(),
    Field::pick("publish", PUBLISH).required(),
    Field::to("ticketID", "Tickets").required().fixed(),
    Field::text("title", 250).required(),
];
