//! The vendor's entities as far as they are used: one table each, from which queries, descriptions and the
//! reading of error texts follow. Leaves alone what the fields mean, which is with each kind.

use crate::query::{Condition, MOST, Operand, number};
use crosswalk_sdk::describe::writable;
use crosswalk_sdk::{Failure, FieldDescription, Kind, KindDescription, Operations, Selection, Selections, names};

/// Where the vendor keeps each field, the name among them: its word, ours, and how long a text may be, where that
/// is known.
pub(crate) type Fields = [(&'static str, &'static str, Option<u32>)];

/// An entity.
#[derive(Debug)]
pub(crate) struct Entity {
    /// As in paths.
    pub(crate) path: &'static str,
    /// Its kind.
    pub(crate) kind: Kind,
    /// The field with its name.
    pub(crate) name: &'static str,
    /// The field with its company; none for companies.
    pub(crate) company: Option<&'static str>,
    /// The field with the time of its last change, where there is one to ask by.
    pub(crate) changed: Option<&'static str>,
    /// The fields that have a name of ours.
    pub(crate) fields: &'static Fields,
    /// What is read besides.
    pub(crate) also: &'static [&'static str],
}

impl Entity {
    /// The fields to ask for. A whole row may have hundreds.
    pub(crate) fn include(&self) -> Vec<&'static str> {
        let fields = self.fields.iter().map(|(theirs, ..)| *theirs);
        ["id"].into_iter().chain(self.company).chain(fields).chain(self.also.iter().copied()).collect()
    }

    /// The conditions of a selection, stamps excepted.
    ///
    /// # Errors
    /// Unsupported: the entity cannot be asked for in this way. Not-found: the parent is no company.
    pub(crate) fn filter<'a>(&self, selection: &'a Selection) -> Result<Vec<Condition<'a>>, Failure> {
        let of = |field, company: &str| Ok::<_, Failure>(Condition::new("eq", field, Operand::Int(number(company)?)));
        Ok(match (selection, self.company, self.changed) {
            (Selection::Everything, ..) => vec![Condition::everything()],
            (Selection::Ids(ids), ..) => vec![Condition::ids(ids)],
            (Selection::OfParent(parent), Some(company), _) => vec![of(company, parent)?],
            (Selection::ChangedSince(time), _, Some(changed)) => {
                vec![Condition::new("gte", changed, Operand::Text(time))]
            }
            (Selection::Search(text), ..) => vec![Condition::new("contains", self.name, Operand::Text(text))],
            (Selection::Named(named), company, _) => {
                let within =
                    company.zip(named.parent.as_deref()).map(|(field, parent)| of(field, parent)).transpose()?;
                within.into_iter().chain([named_like(self.name, &named.name, self.name_length())]).collect()
            }
            _ => return Err(Failure::Unsupported(format!("{} cannot be asked for in this way", self.path))),
        })
    }

    /// The longest name, in characters, where it is known.
    pub(crate) fn name_length(&self) -> Option<u32> {
        self.fields.iter().find(|(theirs, ..)| *theirs == self.name).and_then(|(.., length)| *length)
    }

    /// What can be done with it by its table alone: read, and all its fields written at any time, but not moved.
    pub(crate) fn description(&self) -> KindDescription {
        let mut reads = Selections::EVERYTHING | Selections::IDS | Selections::SEARCH | Selections::NAMED;
        reads.set(Selections::OF_PARENT, self.company.is_some());
        reads.set(Selections::CHANGED_SINCE, self.changed.is_some());
        let fields = self.fields.iter().filter(|(theirs, ..)| *theirs != self.name);
        KindDescription {
            kind: self.kind,
            reads,
            writes: Operations::CREATE | Operations::UPDATE | Operations::DEACTIVATE | Operations::REACTIVATE,
            fields: fields.map(|(_, ours, length)| writable(ours, *length)).collect(),
            name_length: self.name_length(),
            stamp: None,
            changes_at_once: 100,
            ids_at_once: MOST,
            page_size: MOST,
            calls_per_change: 1,
            checks_before: false,
        }
    }
}

/// The condition for a name in whichever form it is kept: as written, composed or decomposed, or with a part that is
/// kept as it is, in the case of the name, in capitals or in small letters. What it finds has to be compared.
pub(crate) fn named_like<'a>(field: &'a str, name: &str, length: Option<u32>) -> Condition<'a> {
    let is = |form: String| Condition::new("eq", field, Operand::Own(form));
    let has = |part: String| Condition::new("contains", field, Operand::Own(part));
    let mut any: Vec<Condition<'a>> = names::forms(name).into_iter().map(is).collect();
    let part = names::part(name, length);
    if part.len() >= SHORTEST {
        let mut parts = vec![part.to_owned(), part.to_uppercase(), part.to_lowercase()];
        parts.sort_unstable();
        parts.dedup();
        any.extend(parts.into_iter().map(has));
    }
    Condition::any(any)
}

/// Letters that a part of a name needs: fewer are in too many names.
const SHORTEST: usize = 3;

/// The description of a field, to say more of it.
pub(crate) fn field<'d>(description: &'d mut KindDescription, name: &str) -> Option<&'d mut FieldDescription> {
    description.fields.iter_mut().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::COMPANIES;
    use crate::locations::LOCATIONS;
    use crosswalk_sdk::Named;

    #[test]
    fn a_selection_becomes_conditions() {
        let named =
            |parent: Option<&str>| Selection::Named(Named { parent: parent.map(str::to_owned), name: "X".to_owned() });
        let text = |text: &str| text.to_owned();
        for (entity, selection, expected) in [
            (&LOCATIONS, Selection::Everything, r#"[{"op":"gte","field":"id","value":0}]"#),
            (&LOCATIONS, Selection::OfParent(text("0")), r#"[{"op":"eq","field":"companyID","value":0}]"#),
            (&LOCATIONS, Selection::Ids(vec![text("7"), text("x")]), r#"[{"op":"in","field":"id","value":[7]}]"#),
            (
                &LOCATIONS,
                named(Some("5")),
                r#"[{"op":"eq","field":"companyID","value":5},{"op":"or","items":[{"op":"eq","field":"name","value":"X"}]}]"#,
            ),
            (&COMPANIES, named(Some("5")), r#"[{"op":"or","items":[{"op":"eq","field":"companyName","value":"X"}]}]"#),
            (&COMPANIES, Selection::Search(text("x")), r#"[{"op":"contains","field":"companyName","value":"x"}]"#),
        ] {
            let filter = entity.filter(&selection).unwrap();
            assert_eq!(crosswalk_sdk::json::write(&filter), expected);
        }
        let named = Selection::Named(Named { parent: None, name: "Cafe\u{301} Noir".to_owned() });
        assert_eq!(
            crosswalk_sdk::json::write(&COMPANIES.filter(&named).unwrap()),
            "[{\"op\":\"or\",\"items\":[{\"op\":\"eq\",\"field\":\"companyName\",\"value\":\"Cafe\u{301} Noir\"},\
             {\"op\":\"eq\",\"field\":\"companyName\",\"value\":\"Café Noir\"},{\"op\":\"contains\",\"field\":\"companyName\",\"value\":\"NOIR\"},\
             {\"op\":\"contains\",\"field\":\"companyName\",\"value\":\"Noir\"},{\"op\":\"contains\",\"field\":\"companyName\",\"value\":\"noir\"}]}]"
        );
        for (entity, selection, case) in [
            (&COMPANIES, Selection::OfParent(text("5")), "unsupported"),
            (&LOCATIONS, Selection::ChangedSince(text("2025-01-01T00:00:00Z")), "unsupported"),
            (&LOCATIONS, Selection::Stamps(vec![text("k")]), "unsupported"),
            (&LOCATIONS, Selection::OfParent(text("five")), "not-found"),
        ] {
            assert_eq!(entity.filter(&selection).unwrap_err().case(), case, "{selection:?}");
        }
    }
}
