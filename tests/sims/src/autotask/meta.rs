//! What an entity says of itself: what may be done to it, its fields, its user-defined fields.
//! Leaves alone: checking any of it.

use serde_json::{Value, json};

use super::schema::{Field, Kind, Pick};
use super::table::Table;

/// `entityInformation`.
pub(super) fn information(table: &Table) -> Value {
    let (root, child) = (table.entity.root, table.entity.child.as_ref());
    let can = |root: bool, child: Option<bool>| root || child.unwrap_or(false);
    let access = |can: bool| if can { "All" } else { "None" };
    let create = can(root.create, child.map(|c| c.create));
    let update = can(root.update, child.map(|c| c.update));
    let delete = can(root.delete, child.map(|c| c.delete));
    json!({"info": {
        "name": table.entity.singular, "canCreate": create, "canDelete": delete, "canQuery": true, "canUpdate": update,
        "userAccessForCreate": access(create), "userAccessForDelete": access(delete),
        "userAccessForQuery": "All", "userAccessForUpdate": access(update),
        "hasUserDefinedFields": !table.udfs.is_empty(), "supportsWebhookCallouts": matches!(table.entity.name, "Companies" | "ConfigurationItems" | "Tickets" | "TicketNotes"),
    }})
}

/// `entityInformation/fields`.
pub(super) fn fields(table: &Table) -> Value {
    json!({"fields": table.entity.fields.iter().map(field).collect::<Vec<_>>()})
}

/// `entityInformation/userDefinedFields`.
pub(super) fn user_defined(table: &Table) -> Value {
    let field = |u: &&super::schema::Udf| {
        json!({
            "name": u.0, "label": u.0, "type": u.1, "length": u.2, "description": u.3, "isRequired": false, "isReadOnly": false,
            "isQueryable": true, "isReference": false, "referenceEntityType": "", "isPickList": false, "picklistValues": null,
            "picklistParentValueField": "", "defaultValue": null, "isSupportedWebhookField": false, "dataType": "string",
        })
    };
    json!({"fields": table.udfs.iter().map(field).collect::<Vec<_>>()})
}

fn field(field: &Field) -> Value {
    let kind = match field.kind {
        Kind::Int => "integer",
        Kind::Long => "long",
        Kind::Double => "double",
        Kind::Time | Kind::Day => "datetime",
        Kind::Bool => "boolean",
        Kind::Text => "string",
    };
    json!({
        "name": field.name, "dataType": kind, "length": field.length, "isRequired": field.required,
        "isReadOnly": field.read_only || field.name == "id", "isQueryable": field.queryable,
        "isReference": field.reference.is_some(), "referenceEntityType": field.reference.map_or("", singular),
        "isPickList": field.picklist.is_some(), "picklistValues": field.picklist.map(picklist),
        "picklistParentValueField": "", "isSupportedWebhookField": false,
    })
}

fn singular(entity: &str) -> &str {
    super::schema::entity(entity).map_or(entity, |at| super::schema::ENTITIES[at].singular)
}

/// Values are texts here, though records carry them as numbers.
fn picklist(values: &'static [Pick]) -> Vec<Value> {
    let value = |(i, pick): (usize, &Pick)| {
        json!({"value": pick.0.to_string(), "label": pick.1, "isDefaultValue": i == 0, "sortOrder": i + 1, "parentValue": "",
               "isActive": pick.2, "isSystem": pick.3})
    };
    values.iter().enumerate().map(value).collect()
}
