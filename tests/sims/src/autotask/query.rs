//! The query language: read, checked against the entity, and asked of rows.
//!
//! Comparisons are SQL's: a field without a value meets no comparison, `noteq` and `notIn` included; texts compare
//! without regard to case unless the switch says otherwise.
//! Leaves alone: which rows are looked at and in what order, which is `select`'s.

use std::cmp::Ordering;

use serde_json::Value;

use super::schema::Kind;
use super::table::{Cell, Key, Row, Shape, Table};
use crate::clock::parse_iso;

/// The most rows a page has, terms an `or` has, and values an `in` has.
pub(super) const MOST: usize = 500;

/// A query that was read.
#[derive(Debug)]
pub(super) struct Query {
    /// All of these must hold.
    pub(super) tests: Vec<Test>,
    pub(super) page_size: usize,
    pub(super) shape: u32,
}

/// A condition.
#[derive(Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    On { slot: Slot, op: Op, to: Vec<Scalar> },
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Field(u16),
    Udf(usize),
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    NotEq,
    Gt,
    Gte,
    Lt,
    Lte,
    BeginsWith,
    EndsWith,
    Contains,
    Exist,
    NotExist,
    In,
    NotIn,
}

/// A constant of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Int(i64),
    Number(f64),
    Flag(bool),
    Time(i64),
    Text {
        raw: Box<str>,
        lower: Box<str>,
    },
    /// A constant of a type this field never has: nothing equals it.
    Never,
}

/// Where the vendor's behaviour is not settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    pub(super) case_sensitive: bool,
    pub(super) string_ids_match: bool,
}

impl Op {
    fn named(name: &str) -> Option<Op> {
        const ALL: &[(&str, Op)] = &[
            ("eq", Op::Eq),
            ("noteq", Op::NotEq),
            ("gt", Op::Gt),
            ("gte", Op::Gte),
            ("lt", Op::Lt),
            ("lte", Op::Lte),
            ("beginsWith", Op::BeginsWith),
            ("endsWith", Op::EndsWith),
            ("contains", Op::Contains),
            ("exist", Op::Exist),
            ("notExist", Op::NotExist),
            ("in", Op::In),
            ("notIn", Op::NotIn),
        ];
        ALL.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, op)| *op)
    }
}

/// A member of an object, its name in any case.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let object = object.as_object()?;
    object.get(name).or_else(|| object.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// Reads a query against an entity.
pub(super) fn parse(body: &Value, table: &mut Table, habits: Habits) -> Result<Query, String> {
    if !body.is_object() {
        return Err("The query is not a JSON object.".to_owned());
    }
    let filter = member(body, "filter").and_then(Value::as_array).filter(|f| !f.is_empty());
    let filter = filter.ok_or("The filter is missing: at least one condition is needed.")?;
    let mut reader = Reader { table, habits, udfs: 0, ors: 0 };
    let tests = filter.iter().map(|f| reader.test(f)).collect::<Result<Vec<_>, _>>()?;
    if reader.udfs > 1 {
        return Err("Only one user-defined field can be queried at a time.".to_owned());
    }
    if reader.ors > MOST {
        return Err("Queries are limited to 500 or fewer 'OR' conditions.".to_owned());
    }
    let page_size = match member(body, "MaxRecords") {
        None | Some(Value::Null) => MOST,
        Some(n) => match n.as_u64() {
            Some(n @ 1..=500) => n as usize,
            _ => return Err("MaxRecords must be between 1 and 500.".to_owned()),
        },
    };
    let shape = shape(member(body, "IncludeFields"), table)?;
    Ok(Query { tests, page_size, shape })
}

fn shape(include: Option<&Value>, table: &mut Table) -> Result<u32, String> {
    let names = match include {
        None | Some(Value::Null) => return Ok(0),
        Some(Value::Array(names)) if names.is_empty() => return Ok(0),
        Some(Value::Array(names)) => names,
        Some(_) => return Err("IncludeFields must be an array.".to_owned()),
    };
    let mut shape = Shape { fields: Vec::new(), udfs: Vec::new(), bare: false };
    for name in names {
        let name = name.as_str().ok_or("IncludeFields must be names.")?;
        if let Some(field) = table.position(name) {
            shape.fields.push(field);
        } else if let Some(udf) = table.udf_position(name) {
            shape.udfs.push(udf);
        } else if name.eq_ignore_ascii_case("userDefinedFields") {
            shape.udfs = (0..table.udfs.len()).collect();
        } else {
            return Err(format!("Unable to find {name} in the {} Entity.", table.entity.singular));
        }
    }
    shape.fields.sort_unstable();
    shape.fields.dedup();
    shape.udfs.sort_unstable();
    shape.udfs.dedup();
    Ok(table.shape(shape))
}

struct Reader<'a> {
    table: &'a Table,
    habits: Habits,
    udfs: usize,
    ors: usize,
}

impl Reader<'_> {
    fn test(&mut self, json: &Value) -> Result<Test, String> {
        let op_name = member(json, "op").and_then(Value::as_str).ok_or("A filter condition has no op.")?;
        let grouper = op_name.to_ascii_lowercase();
        if grouper == "and" || grouper == "or" {
            let items = member(json, "items").and_then(Value::as_array).filter(|i| !i.is_empty());
            let items = items.ok_or_else(|| format!("The grouping '{op_name}' has no items."))?;
            if grouper == "or" {
                self.ors += items.len();
            }
            let tests = items.iter().map(|i| self.test(i)).collect::<Result<Vec<_>, _>>()?;
            return Ok(if grouper == "or" { Test::Or(tests) } else { Test::And(tests) });
        }
        let op = Op::named(op_name).ok_or_else(|| format!("The operator '{op_name}' is not valid."))?;
        let name = member(json, "field").and_then(Value::as_str).ok_or("A filter condition has no field.")?;
        let (slot, kind) = if member(json, "udf").and_then(Value::as_bool) == Some(true) {
            self.udfs += 1;
            let udf = self.table.udf_position(name);
            (Slot::Udf(udf.ok_or_else(|| self.unknown(name))?), Kind::Text)
        } else {
            let position = self.table.position(name).ok_or_else(|| self.unknown(name))?;
            let field = self.table.field(position);
            if !field.queryable {
                return Err(format!(
                    "The field {} of the {} Entity cannot be queried.",
                    field.name, self.table.entity.singular
                ));
            }
            (Slot::Field(position), field.kind)
        };
        let value = member(json, "value").filter(|v| !v.is_null());
        let to = self.constants(op, kind, name, value)?;
        Ok(Test::On { slot, op, to })
    }

    fn constants(&self, op: Op, kind: Kind, name: &str, value: Option<&Value>) -> Result<Vec<Scalar>, String> {
        match op {
            Op::Exist | Op::NotExist => Ok(Vec::new()),
            Op::In | Op::NotIn => {
                let values = value
                    .and_then(Value::as_array)
                    .ok_or_else(|| format!("The condition on {name} needs an array of values."))?;
                if values.len() > MOST {
                    return Err(format!("The condition on {name} has more than 500 values."));
                }
                values.iter().map(|v| self.scalar(kind, name, v)).collect()
            }
            _ => {
                let value = value.ok_or_else(|| format!("The condition on {name} has no value."))?;
                if matches!(op, Op::BeginsWith | Op::EndsWith | Op::Contains) && kind != Kind::Text {
                    return Err(format!("The field {name} is not a text: it cannot be searched within."));
                }
                Ok(vec![self.scalar(kind, name, value)?])
            }
        }
    }

    fn scalar(&self, kind: Kind, name: &str, value: &Value) -> Result<Scalar, String> {
        Ok(match (kind, value) {
            (Kind::Int | Kind::Long, Value::Number(n)) => n.as_i64().map_or(Scalar::Never, Scalar::Int),
            (Kind::Int | Kind::Long, Value::String(s)) if self.habits.string_ids_match => {
                s.parse().map_or(Scalar::Never, Scalar::Int)
            }
            (Kind::Double, Value::Number(n)) => n.as_f64().map_or(Scalar::Never, Scalar::Number),
            (Kind::Bool, Value::Bool(b)) => Scalar::Flag(*b),
            (Kind::Time | Kind::Day, Value::String(s)) => {
                let time = parse_iso(s).ok_or_else(|| format!("The value '{s}' of {name} is not a date."))?;
                Scalar::Time(time + if kind == Kind::Day { self.table.day_offset } else { 0 })
            }
            (Kind::Text, Value::String(s)) => Scalar::text(s),
            (Kind::Text, Value::Number(n)) => Scalar::text(&n.to_string()),
            (_, Value::Array(_) | Value::Object(_)) => {
                return Err(format!("The value of {name} is not a single value."));
            }
            _ => Scalar::Never,
        })
    }

    fn unknown(&self, name: &str) -> String {
        format!("Unable to find {name} in the {} Entity.", self.table.entity.singular)
    }
}

impl Scalar {
    fn text(text: &str) -> Scalar {
        Scalar::Text { raw: text.into(), lower: lower(text).into() }
    }

    /// What an index would find this by.
    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Scalar::Int(n) => Some(Key::Int(*n)),
            Scalar::Text { lower, .. } => Some(Key::Text(lower.clone())),
            _ => None,
        }
    }
}

fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

impl Test {
    /// Whether a row passes.
    pub(super) fn passes(&self, row: &Row, habits: Habits) -> bool {
        match self {
            Test::And(all) => all.iter().all(|t| t.passes(row, habits)),
            Test::Or(any) => any.iter().any(|t| t.passes(row, habits)),
            Test::On { slot: Slot::Field(0), op, to } => compare(&Cell::Int(row.id), *op, to, habits),
            Test::On { slot: Slot::Field(field), op, to } => match row.get(*field) {
                Some(cell) => compare(cell, *op, to, habits),
                None => *op == Op::NotExist,
            },
            Test::On { slot: Slot::Udf(udf), op, to } => match row.udfs.get(*udf).and_then(Option::as_deref) {
                Some(text) => compare_text(text, *op, to, habits),
                None => *op == Op::NotExist,
            },
        }
    }
}

fn compare(cell: &Cell, op: Op, to: &[Scalar], habits: Habits) -> bool {
    if let Cell::Text(text) = cell {
        return compare_text(text, op, to, habits);
    }
    let ordering = |scalar: &Scalar| match (cell, scalar) {
        (Cell::Int(a), Scalar::Int(b)) => Some(a.cmp(b)),
        (Cell::Time(a), Scalar::Time(b)) => Some(a.cmp(b)),
        (Cell::Flag(a), Scalar::Flag(b)) => Some(a.cmp(b)),
        (Cell::Number(a), Scalar::Number(b)) => a.partial_cmp(b),
        _ => None,
    };
    decide(op, to, ordering)
}

fn compare_text(text: &str, op: Op, to: &[Scalar], habits: Habits) -> bool {
    let within = |test: fn(&str, &str) -> bool| match to.first() {
        Some(Scalar::Text { raw, .. }) if habits.case_sensitive => test(text, raw),
        Some(Scalar::Text { lower: needle, .. }) => test(&lower(text), needle),
        _ => false,
    };
    match op {
        Op::BeginsWith => within(|t, n| t.starts_with(n)),
        Op::EndsWith => within(|t, n| t.ends_with(n)),
        Op::Contains => within(|t, n| t.contains(n)),
        _ => decide(op, to, |scalar| match scalar {
            Scalar::Text { raw, .. } if habits.case_sensitive => Some(text.cmp(raw)),
            Scalar::Text { lower: other, .. }
                if text.is_ascii() && text.len() == other.len() && text.eq_ignore_ascii_case(other) =>
            {
                Some(Ordering::Equal)
            }
            Scalar::Text { lower: other, .. } => Some(lower(text).as_str().cmp(other)),
            _ => None,
        }),
    }
}

fn decide(op: Op, to: &[Scalar], ordering: impl Fn(&Scalar) -> Option<Ordering>) -> bool {
    let is = |wanted: fn(Ordering) -> bool| to.first().and_then(&ordering).is_some_and(wanted);
    match op {
        Op::Exist => true,
        Op::NotExist => false,
        Op::Eq => is(Ordering::is_eq),
        Op::NotEq => !is(Ordering::is_eq),
        Op::Gt => is(Ordering::is_gt),
        Op::Gte => is(Ordering::is_ge),
        Op::Lt => is(Ordering::is_lt),
        Op::Lte => is(Ordering::is_le),
        Op::In => to.iter().any(|s| ordering(s).is_some_and(Ordering::is_eq)),
        Op::NotIn => !to.iter().any(|s| ordering(s).is_some_and(Ordering::is_eq)),
        Op::BeginsWith | Op::EndsWith | Op::Contains => false,
    }
}
