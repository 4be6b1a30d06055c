//! Customers: the vendor's organisations.

use crate::client::{self, Rows, no_data, open};
use crosswalk_sdk::json::{self, Int, Keys, Str};
use crosswalk_sdk::{
    Change, Customer, Failure, Field, Host, Item, Method, Nullable, Operation, Outcome, Page, Request, Response,
    Selection, Value,
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organisation<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Str<'a>,
    /// The customer's id in a PSA that is built in, where that link is on.
    #[serde(default)]
    psa_mapping_id: Nullable<Int>,
    #[serde(borrow, default)]
    psa_mapping_type: Nullable<Str<'a>>,
}

impl Organisation<'_> {
    fn item(&self) -> Item {
        let mut customer =
            Customer { id: self.id.0.to_string(), name: self.name.trimmed().to_owned(), ..Customer::default() };
        if let Nullable::Value(Int(id)) = self.psa_mapping_id {
            customer.extra.push(Field { name: "PsaMappingId".to_owned(), value: Value::Text(id.to_string()) });
        }
        if let Nullable::Value(psa) = self.psa_mapping_type.text() {
            customer.extra.push(Field { name: "PsaMappingType".to_owned(), value: Value::Text(psa) });
        }
        customer.into_item()
    }
}

/// What names an organisation in its row.
const KEYS: Keys<'_> = Keys { item: "Id", parent: "" };

fn items(reply: &Response) -> Result<Rows<Item>, Failure> {
    Ok(Rows::open(reply, KEYS)?.map(|row: Organisation<'_>| row.item()))
}

fn item(reply: &Response) -> Result<Item, Failure> {
    open::<Organisation<'_>>(reply)?.data.map(|row| row.item()).ok_or_else(no_data)
}

const PATH: &str = "/organizations";

/// Reads customers.
pub(crate) fn read(host: &dyn Host, selection: Selection, after: Option<&str>) -> Result<Page, Failure> {
    let filter = match &selection {
        Selection::Everything => None,
        Selection::Ids(ids) => return client::single(host, PATH, ids, item),
        Selection::Search(text) => Some(format!("contains(tolower(Name),{})", client::quoted(&text.to_lowercase()))),
        Selection::Named(named) => client::containing(&named.name),
        _ => return Err(Failure::Unsupported("organisations cannot be asked for in this way".to_owned())),
    };
    Ok(client::answering(client::walk(host, PATH, filter.as_deref(), after, items)?, &selection))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    name: &'a str,
}

fn request(change: &Change) -> Result<Request, Failure> {
    let name = change
        .name
        .as_deref()
        .ok_or_else(|| Failure::rejected_field("name", "an organisation has nothing but a name"))?;
    let (method, path) = match (change.operation, &change.target) {
        (Operation::Create, _) => (Method::Post, PATH.to_owned()),
        (Operation::Update, Some(id)) => (Method::Put, format!("{PATH}/{}", client::number(id)?)),
        _ => return Err(Failure::Unsupported("organisations can be created and renamed, nothing else".to_owned())),
    };
    Ok(Request::new(method, "api", path).json(json::write(&Body { name })).change(&change.id))
}

/// Writes customers.
pub(crate) fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
    let prepared = changes.iter().map(request).collect();
    client::write_all(host, &changes, prepared, PATH, |change| {
        client::containing(change.name.as_deref().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    #[test]
    fn an_organisation_is_a_customer() {
        let reply = reply(
            200,
            r#"{"Data":[{"Id":7,"Name":" Forge Ltd ","HasCustomFields":false,"PsaMappingId":null,"PsaMappingType":null},
                {"Id":8,"Name":"Zoë","PsaMappingId":412,"PsaMappingType":"AutoTask"}],"Meta":{"ResponseCode":200,"TotalCount":2}}"#,
        );
        let Rows { rows: items, total, .. } = items(&reply).unwrap();
        assert_eq!(total, Some(2));
        assert_eq!((items[0].id.as_str(), items[0].name.as_str(), items[0].fields.len()), ("7", "Forge Ltd", 0));
        assert_eq!(items[1].fields[0], Field { name: "PsaMappingId".to_owned(), value: Value::Text("412".to_owned()) });
    }
}
