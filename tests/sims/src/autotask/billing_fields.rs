//! The fields of services, of their lines on contracts, and of what changes a line's quantity, as in `fields`. Plain tables
//! and nothing else.
//!
//! Lengths the notes leave out and the numbers of periods are invented: those are each tenant's own.

use super::fields::{ID, f, ro};
use super::schema::Kind::{Bool, Day, Double, Int, Long, Time};
use super::schema::{Field, Pick, Preset};

const PERIODS: &[Pick] = &[
    Pick(1, "One-Time", true, true),
    Pick(2, "Monthly", true, true),
    Pick(3, "Quarterly", true, true),
    Pick(4, "Semi-Annual", false, true),
    Pick(5, "Yearly", true, true),
];
/// The period of the services at the start.
pub(super) const MONTHLY: i64 = 2;

pub(super) const SERVICES: &[Field] = &[
    ID,
    f("billingCodeID", Int).required(),
    ro("createDate", Time).preset(Preset::Now),
    Field::text("description", 400),
    Field::text("invoiceDescription", 1000),
    f("isActive", Bool).preset(Preset::Flag(true)),
    ro("lastModifiedDate", Time).preset(Preset::Touched),
    f("markupRate", Double),
    Field::text("name", 150).required(),
    Field::pick("periodType", PERIODS).required(),
    f("serviceLevelAgreementID", Int),
    f("unitCost", Double),
    f("unitPrice", Double).required(),
    Field::to("vendorCompanyID", "Companies"),
];

pub(super) const CONTRACT_SERVICES: &[Field] = &[
    ID,
    Field::to("contractID", "Contracts").required().fixed(),
    f("internalCurrencyAdjustedPrice", Double),
    ro("internalCurrencyUnitPrice", Double),
    Field::text("internalDescription", 100),
    Field::text("invoiceDescription", 1000),
    f("quoteItemID", Long),
    Field::to("serviceID", "Services").required().fixed(),
    f("unitCost", Double),
    f("unitPrice", Double),
];

pub(super) const UNITS: &[Field] = &[
    ID,
    ro("approveAndPostDate", Time),
    Field::to("contractID", "Contracts").read_only(),
    Field::to("contractServiceID", "ContractServices").read_only(),
    ro("cost", Double),
    ro("endDate", Day),
    ro("internalCurrencyPrice", Double),
    ro("organizationalLevelAssociationID", Int),
    ro("price", Double),
    Field::to("serviceID", "Services").read_only(),
    ro("startDate", Day),
    ro("units", Int),
    ro("vendorCompanyID", Int),
];

pub(super) const ADJUSTMENTS: &[Field] = &[
    ID,
    f("adjustedUnitCost", Double),
    f("adjustedUnitPrice", Double),
    f("allowRepeatService", Bool),
    Field::to("contractID", "Contracts"),
    Field::to("contractServiceID", "ContractServices"),
    f("effectiveDate", Day).required(),
    f("quoteItemID", Long),
    Field::to("serviceID", "Services"),
    f("unitChange", Int).required(),
];
