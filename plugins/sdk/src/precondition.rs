//! The precondition of a change: what it was decided on, held against what the vendor has when it is written.
//!
//! Whether two values say the same is the contract's rule (`wit/same.rs`), by which the host plans.

#[path = "../../../wit/same.rs"]
mod rule;

use crate::{Change, Failure, Field, Item, Value, time};
use rule::same;

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
            (Some(wanted), NAME) => same(&Value::Text(wanted.clone()), &told.value),
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

/// The second that an RFC 3339 time with its zone is in, as UTC.
fn second(text: &str) -> Option<String> {
    let has_zone = text.get(10..).is_some_and(|clock| clock.contains(['Z', 'z', '+', '-']));
    time::canonical(text).filter(|_| has_zone).map(|time| time[..19].to_owned())
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

    #[test]
    fn what_says_the_same_to_the_host_is_no_conflict() {
        let time = |text: &str| Value::Time(text.to_owned());
        let text = |text: &str| Value::Text(text.to_owned());
        let named = |name: &str| Field { name: NAME.to_owned(), value: text(name) };
        for (before, now) in [
            (text("Cafe\u{301}\nBar"), text("Caf\u{e9}\r\nBar ")),
            (time("2026-01-01T08:00:00Z"), time("2026-01-01T09:00:00+01:00")),
            (time("2026-01-01T08:00:00Z"), text("2026-01-01T08:00:00.250Z")),
            (Value::Integer(5), text("5")),
            (Value::Integer(5), Value::Decimal(5.0)),
            (Value::Decimal(0.1 + 0.2), Value::Decimal(0.3)),
        ] {
            let mut update = change("c", Operation::Update, Kind::Asset);
            let field = |value: &Value| Field { name: "notes".to_owned(), value: value.clone() };
            update.before = vec![field(&before)];
            let item = Item {
                id: "1".to_owned(),
                parent: None,
                name: "Caf\u{e9}".to_owned(),
                stamp: None,
                fields: vec![field(&now)],
            };
            assert_eq!(holds(&update, &item), Ok(()), "{before:?} {now:?}");
            update.before = vec![named("Cafe\u{301}")];
            assert_eq!(holds(&update, &item), Ok(()));
            update.before = vec![named("Bar")];
            update.name = Some("Cafe\u{301}".to_owned());
            assert_eq!(holds(&update, &item), Ok(()), "as wanted");
        }
    }
}
