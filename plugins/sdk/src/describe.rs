//! Shorthands for the description of fields.

use crate::{FieldDescription, Writable};

fn field(name: &str, writable: Writable, length: Option<u32>) -> FieldDescription {
    FieldDescription { name: name.to_owned(), readable: true, writable, length, values: Vec::new() }
}

/// A field that is read and cannot be written.
pub fn read_only(name: &str) -> FieldDescription {
    field(name, Writable::Never, None)
}

/// A field that can be written at any time; `length` in characters, for texts that have a limit.
pub fn writable(name: &str, length: Option<u32>) -> FieldDescription {
    field(name, Writable::Always, length)
}

/// A field that is fixed once the item is there.
pub fn on_create(name: &str, length: Option<u32>) -> FieldDescription {
    field(name, Writable::OnCreate, length)
}
