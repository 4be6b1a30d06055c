//! The precondition of a change: what it was decided on, held against what the vendor has when it is written.

use crate::{Change, Failure, Field, Item, Value};

/// The name under which a precondition holds an item's name.
const NAME: &str = "name";

/// Conflict, where a field of `change.before` has another value now; `now` is the item as it is read before it is written.
/// A field that the vendor does not tell now cannot be compared, and one that has the value it shall get is as wanted.
///
/// # Errors
/// Conflict: names the field and both values.
pub fn holds(change: &Change, now: &Item) -> Result<(), Failure> {
    let name = Field { name: NAME.to_owned(), value: Value::Text(now.name.clone()) };
    for before in &change.before {
        let told =
            if before.name == NAME { Some(&name) } else { now.fields.iter().find(|field| field.name == before.name) };
        let Some(told) = told else { continue };
        let is_as_wanted = match (&change.name, before.name.as_str()) {
            (Some(wanted), NAME) => wanted.trim() == now.name.trim(),
            _ => change.fields.iter().any(|field| field.name == before.name && same(&field.value, &told.value)),
        };
        if !same(&before.value, &told.value) && !is_as_wanted {
            return Err(differs(&before.name, &words(&before.value), &words(&told.value)));
        }
    }
    Ok(())
}

/// A conflict that names a field, the value that the change was decided on and the one that is there now.
pub fn differs(field: &str, before: &str, now: &str) -> Failure {
    Failure::Conflict(format!(
        "the field {field} was changed since it was read: it was {before}, and is {now} now; read again and decide anew"
    ))
}

/// Whether two values are the same to a person: white space around a text, a fraction of a second and the order of a
/// document's members do not count.
fn same(a: &Value, b: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Blank => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    };
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
        (Value::Time(a), Value::Time(b)) => a.get(..19) == b.get(..19),
        (Value::Json(a), Value::Json(b)) => {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            a == b || (read(a).is_some() && read(a) == read(b))
        }
        (a, b) => a == b || (is_empty(a) && is_empty(b)),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Blank => "empty".to_owned(),
        Value::Text(text) | Value::Time(text) | Value::Json(text) => format!("`{text}`"),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Boolean(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{change, text};
    use crate::{Kind, Operation};

    #[test]
    fn what_a_person_changed_since_is_a_conflict_that_names_it() {
        let time = |text: &str| Field { name: "last-seen".to_owned(), value: Value::Time(text.to_owned()) };
        let now = Item {
            id: "1".to_owned(),
            parent: None,
            name: "PC-1".to_owned(),
            stamp: None,
            fields: vec![text("serial-number", " S1 "), time("2025-01-01T00:00:00.500Z")],
        };
        let mut update = change("c", Operation::Update, Kind::Asset);
        update.before = vec![
            text("name", "PC-1"),
            text("serial-number", "S1"),
            time("2025-01-01T00:00:00Z"),
            text("model", "untold now"),
        ];
        assert_eq!(holds(&update, &now), Ok(()));
        update.before = vec![text("serial-number", "S0")];
        assert_eq!(
            holds(&update, &now).unwrap_err().message(),
            "the field serial-number was changed since it was read: it was `S0`, and is ` S1 ` now; read again and decide anew"
        );
        update.fields = vec![text("serial-number", "S1")];
        assert_eq!(holds(&update, &now), Ok(()), "as wanted: our own write, whose reply was lost");
        update.before = vec![text("name", "PC-0")];
        assert_eq!(holds(&update, &now).unwrap_err().case(), "conflict");
        update.name = Some("PC-1".to_owned());
        assert_eq!(holds(&update, &now), Ok(()));
    }
}
