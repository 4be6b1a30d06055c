//! What is looked up before a write, or offered as a choice: picklists, products, resources and the
//! names of user-defined fields. Ids differ from database to database, so all go by name and are
//! remembered for some hours.

use crate::client::Client;
use crate::query::{Condition, Operand, Query};
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{Choice, Failure, Level, Told};
use serde::Deserialize;

const HOURS_4_MS: u64 = 4 * 3_600_000;

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    fields: Vec<FieldInfo<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldInfo<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, default)]
    picklist_values: Told<Vec<Pick<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pick<'a> {
    #[serde(borrow)]
    value: Str<'a>,
    #[serde(borrow, default)]
    label: Str<'a>,
    #[serde(default)]
    is_active: Told<bool>,
}

/// The values of a picklist that are in use: number and label.
fn picklist(client: &Client<'_>, entity: &str, field: &str) -> Result<Vec<(String, String)>, Failure> {
    let reply = client.get(&format!("{entity}/entityInformation/fields"))?;
    let told: Fields<'_> = json::parse(reply.text())?;
    let found = told.fields.into_iter().find(|info| info.name.0.eq_ignore_ascii_case(field));
    let values = found.and_then(|info| info.picklist_values.into_value()).unwrap_or_default();
    let in_use = values.into_iter().filter(|pick| pick.is_active != Told::Value(false));
    Ok(in_use.map(|pick| (pick.value.trimmed().to_owned(), pick.label.trimmed().to_owned())).collect())
}

/// The number of the company type in the settings.
///
/// # Errors
/// Rejected: there is no such type; the message says which there are.
pub(crate) fn company_type(client: &Client<'_>) -> Result<i64, Failure> {
    let wanted = &client.settings.company_type;
    if let Ok(number) = wanted.parse() {
        return Ok(number);
    }
    if let Some(number) = client.host.recall("company-type", wanted, HOURS_4_MS).and_then(|text| text.parse().ok()) {
        return Ok(number);
    }
    let types = picklist(client, "Companies", "companyType")?;
    let found = types
        .iter()
        .find(|(_, label)| label.eq_ignore_ascii_case(wanted))
        .and_then(|(value, _)| value.parse::<i64>().ok());
    let Some(number) = found else {
        let labels: Vec<&str> = types.iter().map(|(_, label)| label.as_str()).collect();
        return Err(Failure::rejected(format!(
            "there is no company type `{wanted}`: set `company-type` to one of {}",
            labels.join(", ")
        )));
    };
    client.host.remember("company-type", wanted, &number.to_string());
    Ok(number)
}

#[derive(Deserialize)]
struct Product<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Str<'a>,
}

/// The products that configuration items are made of; none where the database has no such product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Products {
    workstation: Option<i64>,
    server: Option<i64>,
}

impl Products {
    /// As remembered, else looked up by their names.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) fn of(client: &Client<'_>) -> Result<Self, Failure> {
        let settings = &client.settings;
        let key = format!("{} / {}", settings.workstation_product, settings.server_product);
        if let Some(text) = client.host.recall("products", &key, HOURS_4_MS)
            && let Some((workstation, server)) = text.split_once(' ')
        {
            return Ok(Self { workstation: workstation.parse().ok(), server: server.parse().ok() });
        }
        let names = vec![settings.workstation_product.as_str(), settings.server_product.as_str()];
        let filter = vec![
            Condition::new("in", "name", Operand::Texts(names)),
            Condition::new("eq", "isActive", Operand::Flag(true)),
        ];
        let reply = client.query("Products", &Query::new(&["id", "name"], filter), None)?;
        let products = client.rows::<Product<'_>>(&reply)?.rows;
        let id =
            |name: &str| products.iter().find(|product| product.name.trimmed() == name).map(|product| product.id.0);
        let this = Self { workstation: id(&settings.workstation_product), server: id(&settings.server_product) };
        if let (Some(workstation), Some(server)) = (this.workstation, this.server) {
            client.host.remember("products", &key, &format!("{workstation} {server}"));
        }
        Ok(this)
    }

    /// As [`of`](Self::of), for reads, which go on without them.
    pub(crate) fn for_reading(client: &Client<'_>) -> Self {
        Self::of(client).unwrap_or_else(|failure| {
            client.host.log(Level::Warn, &format!("types of configuration items are not read: {}", failure.message()));
            Self { workstation: None, server: None }
        })
    }

    /// The product of a type; anything but a server is a workstation.
    pub(crate) fn of_type(self, type_: Option<&str>) -> Option<i64> {
        if type_ == Some("server") { self.server } else { self.workstation }
    }

    /// The type of a product; none for one that is not ours.
    pub(crate) fn type_of(self, product: i64) -> Option<&'static str> {
        match Some(product) {
            product if product == self.server => Some("server"),
            product if product == self.workstation => Some("workstation"),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    id: Int,
    #[serde(borrow, default)]
    first_name: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_name: Told<Str<'a>>,
    #[serde(borrow, default)]
    user_name: Told<Str<'a>>,
}

fn resources(client: &Client<'_>) -> Result<Vec<Choice>, Failure> {
    let filter = vec![Condition::new("eq", "isActive", Operand::Flag(true))];
    let query = Query::new(&["id", "firstName", "lastName", "userName"], filter);
    let mut choices = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let reply = client.query("Resources", &query, after.as_deref())?;
        let found = client.rows::<Resource<'_>>(&reply)?;
        choices.extend(found.rows.into_iter().map(|resource| {
            let names = [resource.first_name, resource.last_name, resource.user_name];
            let names: Vec<String> = names.iter().filter_map(|name| name.text().into_value()).collect();
            Choice { value: resource.id.0.to_string(), label: names.join(" ") }
        }));
        if found.next.is_none() || choices.len() >= 5000 {
            return Ok(choices);
        }
        after = found.next;
    }
}

/// What can be chosen for a setting.
///
/// # Errors
/// Unsupported: it is free. Else why the vendor's list cannot be read.
pub(crate) fn choices(client: &Client<'_>, setting: &str) -> Result<Vec<Choice>, Failure> {
    match setting {
        "company-type" => {
            let types = picklist(client, "Companies", "companyType")?;
            Ok(types.into_iter().map(|(value, label)| Choice { value, label }).collect())
        }
        "owner-resource-id" => resources(client),
        udf if udf == "stamp-udf" || (udf.starts_with("udf-") && udf != "udf-length") => {
            let reply = client.get("ConfigurationItems/entityInformation/userDefinedFields")?;
            let told: Fields<'_> = json::parse(reply.text())?;
            let names = told.fields.into_iter().filter_map(|info| info.name.filled());
            Ok(names.map(|name| Choice { label: name.clone(), value: name }).collect())
        }
        other => Err(Failure::Unsupported(format!("there is no list of choices for `{other}`"))),
    }
}
