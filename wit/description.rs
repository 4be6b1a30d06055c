//! What must hold of a connector's description: part of the contract, one list of rules.
//!
//! Compiled into the host, which asks at `plugin add` and at every `describe`, and into the Rust
//! SDK, whose tests ask the same. It knows neither side's types: each fills in [`Kind`].

/// The shortest stamp, in characters: `cw:` and 16 hexadecimal digits. A shorter one names more
/// than one record of a fleet, and what is looked up by it is not what was written.
pub(super) const STAMP: u32 = 19;
/// The most changes of a write.
pub(super) const CHANGES: u32 = 1_000;
/// The most items of a page.
pub(super) const PAGE: u32 = 5_000;
/// The longest name of a field, in bytes.
pub(super) const FIELD_NAME: usize = 200;

/// What every item has beside its fields. A field of this name would be taken for it.
const OWN: [&str; 2] = ["name", "parent"];

/// What is described of one kind.
#[derive(Debug, Default, Clone)]
pub(super) struct Kind<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// It can be created.
    pub(super) creates: bool,
    /// The number of operations a write does.
    pub(super) operations: u32,
    /// A read answers `stamps`.
    pub(super) stamps: bool,
    /// A read answers `named`.
    pub(super) named: bool,
    /// The longest name.
    pub(super) name_length: Option<u32>,
    /// The stamp's place: its name and length.
    pub(super) stamp: Option<(&'a str, u32)>,
    /// The most changes of a write.
    pub(super) changes_at_once: u32,
    /// The most ids of a read.
    pub(super) ids_at_once: u32,
    /// The items of a page.
    pub(super) page_size: u32,
    /// The calls of a change.
    pub(super) calls_per_change: u32,
    /// Its fields.
    pub(super) fields: Vec<Field<'a>>,
}

/// What is described of one field.
#[derive(Debug, Default, Clone)]
pub(super) struct Field<'a> {
    /// Its name: one of the catalogue, or of an extra attribute.
    pub(super) name: &'a str,
    /// The longest text.
    pub(super) length: Option<u32>,
    /// The only texts that can be written.
    pub(super) values: &'a [String],
}

/// What does not hold together, in sentences; none when all does.
pub(super) fn inconsistencies(kinds: &[Kind<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        if kinds[..at].iter().any(|other| other.name == kind.name) {
            found.push(format!("{}: the kind is there twice", kind.name));
            continue;
        }
        found.extend(of_kind(kind).into_iter().map(|what| format!("{}: {what}", kind.name)));
    }
    found
}

fn of_kind(kind: &Kind<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if kind.creates && !kind.stamps && !kind.named {
        found.push("what it creates cannot be looked up: declare `stamps` or `named`".to_owned());
    }
    match kind.stamp {
        None if kind.stamps => found.push("reading by `stamps` needs a stamp's place".to_owned()),
        Some(("", _)) => found.push("the stamp's place has no name".to_owned()),
        Some((place, length)) if length < STAMP => found.push(format!(
            "the stamp's place `{place}` holds {length} characters, and a stamp that names one record has {STAMP}: declare none"
        )),
        _ => {}
    }
    for (what, number, least, most) in [
        ("changes-at-once", kind.changes_at_once, 1, CHANGES),
        ("ids-at-once", kind.ids_at_once, 1, u32::MAX),
        ("page-size", kind.page_size, 1, PAGE),
        ("calls-per-change", kind.calls_per_change, kind.operations.min(1), u32::MAX),
        ("name-length", kind.name_length.unwrap_or(1), 1, u32::MAX),
    ] {
        if number < least {
            found.push(format!("`{what}` is {number}, at least {least} is needed"));
        } else if number > most {
            found.push(format!("`{what}` is {number}, at most {most} is possible"));
        }
    }
    for (at, field) in kind.fields.iter().enumerate() {
        let name = field.name;
        if name.is_empty() || name.len() > FIELD_NAME || name.chars().any(char::is_control) {
            found.push(format!("the name of field {} cannot be one", at + 1));
            continue;
        }
        if OWN.contains(&name) {
            found.push(format!("the field {name} cannot be described: every item has a {name} of its own"));
        }
        if kind.fields[..at].iter().any(|other| other.name == name) {
            found.push(format!("the field {name} is there twice"));
        }
        if field.length == Some(0) {
            found.push(format!("the field {name} has no room"));
        }
        let room = field.length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if let Some(value) = field.values.iter().find(|value| value.chars().count() > room) {
            found.push(format!("the field {name} has no room for its value `{value}`"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Field, Kind, inconsistencies};

    fn sound() -> Kind<'static> {
        Kind {
            name: "asset",
            creates: true,
            operations: 2,
            stamps: true,
            stamp: Some(("key", 50)),
            changes_at_once: 1,
            ids_at_once: 1,
            page_size: 1,
            calls_per_change: 1,
            fields: vec![
                Field { name: "serial-number", length: Some(10), ..Field::default() },
                Field { name: "Vendor's own", ..Field::default() },
            ],
            ..Kind::default()
        }
    }

    #[test]
    fn a_sound_description_is_let_be() {
        assert_eq!(inconsistencies(&[sound(), Kind { name: "customer", ..sound() }]), [""; 0]);
        let read_only =
            Kind { creates: false, operations: 0, stamps: false, stamp: None, calls_per_change: 0, ..sound() };
        assert_eq!(inconsistencies(&[read_only]), [""; 0]);
        assert_eq!(inconsistencies(&[Kind { stamp: Some(("key", 19)), ..sound() }]), [""; 0]);
    }

    #[test]
    fn each_thing_that_does_not_hold_together_is_said() {
        let values = ["long value".to_owned()];
        let field = |field: Field<'static>| Kind { fields: vec![field], ..sound() };
        let twice = Field { name: "cpu", ..Field::default() };
        for (kind, said) in [
            (Kind { stamps: false, ..sound() }, "what it creates cannot be looked up: declare `stamps` or `named`"),
            (Kind { stamp: None, ..sound() }, "reading by `stamps` needs a stamp's place"),
            (Kind { stamp: Some(("", 50)), ..sound() }, "the stamp's place has no name"),
            (
                Kind { stamp: Some(("key", 4)), ..sound() },
                "the stamp's place `key` holds 4 characters, and a stamp that names one record has 19: declare none",
            ),
            (Kind { changes_at_once: 0, ..sound() }, "`changes-at-once` is 0, at least 1 is needed"),
            (Kind { changes_at_once: 1_001, ..sound() }, "`changes-at-once` is 1001, at most 1000 is possible"),
            (Kind { ids_at_once: 0, ..sound() }, "`ids-at-once` is 0, at least 1 is needed"),
            (Kind { page_size: 0, ..sound() }, "`page-size` is 0, at least 1 is needed"),
            (Kind { page_size: 5_001, ..sound() }, "`page-size` is 5001, at most 5000 is possible"),
            (Kind { calls_per_change: 0, ..sound() }, "`calls-per-change` is 0, at least 1 is needed"),
            (Kind { name_length: Some(0), ..sound() }, "`name-length` is 0, at least 1 is needed"),
            (field(Field::default()), "the name of field 1 cannot be one"),
            (field(Field { name: "cpu", length: Some(0), ..Field::default() }), "the field cpu has no room"),
            (Kind { fields: vec![twice.clone(), twice], ..sound() }, "the field cpu is there twice"),
            (
                field(Field { name: "parent", ..Field::default() }),
                "the field parent cannot be described: every item has a parent of its own",
            ),
        ] {
            assert_eq!(inconsistencies(&[kind]), [format!("asset: {said}")]);
        }
        let tight = Kind { fields: vec![Field { name: "cpu", length: Some(4), values: &values }], ..sound() };
        assert_eq!(inconsistencies(&[tight]), ["asset: the field cpu has no room for its value `long value`"]);
        assert_eq!(inconsistencies(&[sound(), sound()]), ["asset: the kind is there twice"]);
    }
}
