//! What is looked up before a write, or offered as a choice: products, resources and the names of user-defined
//! fields. Ids differ from database to database, so all go by name and are remembered for some hours. Picklists have
//! a file of their own.

use crate::client::Client;
use crate::picklists::{Fields, Picklist};
use crate::query::{Condition, Operand, Query};
use crate::settings::PICKS;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{Choice, Failure, Level, Nullable};
use serde::Deserialize;

pub(crate) const HOURS_4_MS: u64 = 4 * 3_600_000;

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
    first_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    user_name: Nullable<Str<'a>>,
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

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

/// What can be chosen for a setting.
///
/// # Errors
/// Unsupported: it is free. Else why the vendor's list cannot be read.
pub(crate) fn choices(client: &Client<'_>, setting: &str) -> Result<Vec<Choice>, Failure> {
    if let Some(pick) = PICKS.iter().find(|pick| pick.setting == setting) {
        return Ok(Picklist::read(client, pick.entity, pick.field)?.choices());
    }
    match setting {
        "owner-resource-id" => resources(client),
        udf if udf == "stamp-udf" || (udf.starts_with("udf-") && udf != "udf-length") => {
            let reply = client.get("ConfigurationItems/entityInformation/userDefinedFields")?;
            let told: Fields<Named<'_>> = json::parse(reply.text())?;
            let names = told.fields.into_iter().filter_map(|field| field.name.filled());
            Ok(names.map(|name| Choice { label: name.clone(), value: name }).collect())
        }
        other => Err(Failure::Unsupported(format!("there is no list of choices for `{other}`"))),
    }
}
