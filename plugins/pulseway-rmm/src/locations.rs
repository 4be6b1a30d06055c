//! Locations: the vendor's sites. Their groups are below what Crosswalk keeps in step.

use crate::client::{self, Rows, no_data, open};
use crosswalk_sdk::json::{self, Int, Keys, Str};
use crosswalk_sdk::{
    Change, Failure, Host, Item, Location, Method, Nullable, Operation, Outcome, Page, Request, Response, Selection,
    precondition,
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Site<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(default)]
    parent_id: Nullable<Int>,
    #[serde(borrow, default)]
    contact_information: Nullable<Contact<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Contact<'a> {
    #[serde(borrow)]
    phone: Nullable<Str<'a>>,
    #[serde(borrow)]
    fax: Nullable<Str<'a>>,
    #[serde(borrow)]
    email: Nullable<Str<'a>>,
    #[serde(borrow)]
    contact_name: Nullable<Str<'a>>,
    #[serde(borrow)]
    country_code: Nullable<Str<'a>>,
    #[serde(borrow)]
    city: Nullable<Str<'a>>,
    #[serde(borrow)]
    address1: Nullable<Str<'a>>,
    #[serde(borrow)]
    address2: Nullable<Str<'a>>,
    #[serde(borrow)]
    zip: Nullable<Str<'a>>,
}

impl Site<'_> {
    fn location(self) -> Location {
        let contact = self.contact_information.into_value().unwrap_or_default();
        Location {
            id: self.id.0.to_string(),
            parent: self.parent_id.into_value().map(|Int(id)| id.to_string()),
            name: self.name.trimmed().to_owned(),
            phone: contact.phone.text(),
            fax: contact.fax.text(),
            email: contact.email.text(),
            contact: contact.contact_name.text(),
            address_1: contact.address1.text(),
            address_2: contact.address2.text(),
            city: contact.city.text(),
            postal_code: contact.zip.text(),
            country: contact.country_code.text(),
            ..Location::default()
        }
    }
}

/// What names a site and its organisation in a row.
const KEYS: Keys<'_> = Keys { item: "Id", parent: "ParentId" };

fn items(reply: &Response) -> Result<Rows<Item>, Failure> {
    Ok(Rows::open(reply, KEYS)?.map(|site: Site<'_>| site.location().into_item()))
}

fn one(reply: &Response) -> Result<Location, Failure> {
    open::<Site<'_>>(reply)?.data.map(Site::location).ok_or_else(no_data)
}

const PATH: &str = "/sites";

fn named(parent: Option<&str>, name: &str) -> Result<Option<String>, Failure> {
    let within =
        parent.map(|parent| Ok::<_, Failure>(format!("ParentId eq {}", client::number(parent)?))).transpose()?;
    Ok(client::all_of([client::containing(name), within]))
}

/// Reads locations.
pub(crate) fn read(host: &dyn Host, selection: Selection, after: Option<&str>) -> Result<Page, Failure> {
    let filter = match &selection {
        Selection::Everything => None,
        Selection::OfParent(parent) => Some(format!("ParentId eq {}", client::number(parent)?)),
        Selection::Ids(ids) => return client::single(host, PATH, ids, |reply| Ok(one(reply)?.into_item())),
        Selection::Search(text) => Some(format!("contains(tolower(Name),{})", client::quoted(&text.to_lowercase()))),
        Selection::Named(asked) => named(asked.parent.as_deref(), &asked.name)?,
        _ => return Err(Failure::Unsupported("sites cannot be asked for in this way".to_owned())),
    };
    Ok(client::answering(client::walk(host, PATH, filter.as_deref(), after, items)?, &selection))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<i64>,
    contact_information: ContactBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ContactBody<'a> {
    phone: Option<&'a str>,
    fax: Option<&'a str>,
    email: Option<&'a str>,
    contact_name: Option<&'a str>,
    country_code: Option<&'a str>,
    city: Option<&'a str>,
    address1: Option<&'a str>,
    address2: Option<&'a str>,
    zip: Option<&'a str>,
}

fn text(told: &Nullable<String>) -> Option<&str> {
    told.value().map(String::as_str)
}

fn body(location: &Location, parent_id: Option<i64>) -> String {
    json::write(&Body {
        name: &location.name,
        parent_id,
        contact_information: ContactBody {
            phone: text(&location.phone),
            fax: text(&location.fax),
            email: text(&location.email),
            contact_name: text(&location.contact),
            country_code: text(&location.country),
            city: text(&location.city),
            address1: text(&location.address_1),
            address2: text(&location.address_2),
            zip: text(&location.postal_code),
        },
    })
}

fn create(change: &Change) -> Result<Request, Failure> {
    let location = Location::of_change(change.clone())?;
    let parent =
        location.parent.as_deref().ok_or_else(|| Failure::Broken("a site needs an organisation".to_owned()))?;
    let body = body(&location, Some(client::number(parent)?));
    Ok(Request::new(Method::Post, "api", PATH).json(body).change(&change.id))
}

/// An update replaces the whole site, so what is there is read first and sent back with what changes.
fn update(change: &Change, now: Result<Response, Failure>) -> Result<Request, Failure> {
    let mut site = one(&now?)?;
    precondition::holds(change, &site.clone().into_item())?;
    let wanted = Location::of_change(change.clone())?;
    if !wanted.name.is_empty() {
        site.name = wanted.name;
    }
    for (has, wants) in [
        (&mut site.phone, wanted.phone),
        (&mut site.fax, wanted.fax),
        (&mut site.email, wanted.email),
        (&mut site.contact, wanted.contact),
        (&mut site.country, wanted.country),
        (&mut site.city, wanted.city),
        (&mut site.address_1, wanted.address_1),
        (&mut site.address_2, wanted.address_2),
        (&mut site.postal_code, wanted.postal_code),
    ] {
        if !wants.is_absent() {
            *has = wants;
        }
    }
    Ok(Request::new(Method::Put, "api", format!("{PATH}/{}", site.id)).json(body(&site, None)).change(&change.id))
}

/// Writes locations.
pub(crate) fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
    let prepared = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => changes.iter().map(create).collect(),
        Some(Operation::Update) => {
            let path = |change: &Change| {
                format!("{PATH}/{}", crosswalk_sdk::http::segment(change.target.as_deref().unwrap_or_default()))
            };
            let now = host.send_all(changes.iter().map(|change| client::get(path(change))).collect());
            changes.iter().zip(now).map(|(change, now)| update(change, now.map_err(Failure::from))).collect()
        }
        _ => changes
            .iter()
            .map(|_| Err(Failure::Unsupported("sites can be created and updated, nothing else".to_owned())))
            .collect(),
    };
    client::write_all(host, &changes, prepared, PATH, |change| {
        named(change.parent.as_deref(), change.name.as_deref().unwrap_or_default()).unwrap_or_default()
    })
}
