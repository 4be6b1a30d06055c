//! One entity's rows, in id order, with the indexes queries use and the JSON they are answered with.
//!
//! A row keeps only the fields it has values for, and the JSON it was last answered with: a walk with the same
//! `IncludeFields` copies bytes. Ids only grow, so a create is a push and a page is a slice.
//! Leaves alone: what may be written (`rules`) and what a query means (`query`).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::schema::{Entity, Field, Kind, Udf};
use crate::clock::{TimeStyle, iso};
use crate::json::{Obj, array, int, text};

/// What the value of a protected user-defined field reads as.
const HIDDEN: &str = "*****";

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Int(i64),
    Number(f64),
    Flag(bool),
    /// Unix milliseconds.
    Time(i64),
    Text(Box<str>),
}

/// A row: its id, the fields that have a value by ascending position, and the user-defined ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) id: i64,
    cells: Vec<(u16, Cell)>,
    pub(super) udfs: Vec<Option<Box<str>>>,
    ready: Option<(u32, Box<[u8]>)>,
}

/// What an index finds rows by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Int(i64),
    /// Lower case: queries ignore it.
    Text(Box<str>),
}

/// Which columns a reply has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) fields: Vec<u16>,
    pub(super) udfs: Vec<usize>,
    /// Whether the member with user-defined fields is left out.
    pub(super) bare: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) entity: &'static Entity,
    pub(super) udfs: Vec<&'static Udf>,
    /// Which user-defined fields are protected: their values are not told.
    pub(super) protected: Vec<bool>,
    pub(super) rows: Vec<Row>,
    next_id: i64,
    positions: HashMap<String, u16>,
    /// By field, then by user-defined field.
    indexes: Vec<Option<HashMap<Key, Vec<i64>>>>,
    shapes: Vec<Shape>,
    /// See the fault `day-offset`: milliseconds.
    pub(super) day_offset: i64,
}

impl Cell {
    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Cell::Int(n) => Some(Key::Int(*n)),
            Cell::Text(t) => Some(Key::text(t)),
            Cell::Number(_) | Cell::Flag(_) | Cell::Time(_) => None,
        }
    }

    pub(super) fn text(value: &str) -> Cell {
        Cell::Text(value.into())
    }
}

impl Key {
    pub(super) fn text(text: &str) -> Key {
        Key::Text(if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }.into_boxed_str())
    }
}

impl Row {
    pub(super) fn get(&self, field: u16) -> Option<&Cell> {
        self.cells.binary_search_by_key(&field, |(f, _)| *f).ok().map(|i| &self.cells[i].1)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = (u16, &Cell)> {
        self.cells.iter().map(|(f, c)| (*f, c))
    }

    /// Sets or clears a field. Indexes are the table's business: see [`Table::update`].
    pub(super) fn set(&mut self, field: u16, cell: Option<Cell>) {
        self.ready = None;
        match (self.cells.binary_search_by_key(&field, |(f, _)| *f), cell) {
            (Ok(i), Some(cell)) => self.cells[i].1 = cell,
            (Ok(i), None) => {
                self.cells.remove(i);
            }
            (Err(i), Some(cell)) => self.cells.insert(i, (field, cell)),
            (Err(_), None) => {}
        }
    }

    pub(super) fn set_udf(&mut self, udf: usize, value: Option<Box<str>>) {
        self.ready = None;
        if let Some(slot) = self.udfs.get_mut(udf) {
            *slot = value;
        }
    }
}

impl Table {
    pub(super) fn new(entity: &'static Entity, missing_udfs: &[String]) -> Table {
        let udfs: Vec<&Udf> = entity.udfs.iter().filter(|u| !missing_udfs.iter().any(|m| m == u.0)).collect();
        let names = entity.fields.iter().map(|f| f.name).chain(udfs.iter().map(|u| u.0));
        let indexes = names.map(|name| entity.indexed.contains(&name).then(HashMap::new)).collect();
        let positions =
            entity.fields.iter().enumerate().map(|(i, f)| (f.name.to_ascii_lowercase(), i as u16)).collect();
        let all =
            Shape { fields: (0..entity.fields.len() as u16).collect(), udfs: (0..udfs.len()).collect(), bare: false };
        Table {
            protected: vec![false; udfs.len()],
            entity,
            udfs,
            rows: Vec::new(),
            next_id: entity.first_id,
            positions,
            indexes,
            shapes: vec![all],
            day_offset: 0,
        }
    }

    /// The position of a field, its name in any case.
    pub(super) fn position(&self, name: &str) -> Option<u16> {
        self.positions.get(name).copied().or_else(|| self.positions.get(&name.to_ascii_lowercase()).copied())
    }

    /// The position of a field this program knows there is.
    pub(super) fn known(&self, name: &str) -> u16 {
        self.position(name).unwrap_or(u16::MAX)
    }

    pub(super) fn field(&self, position: u16) -> &'static Field {
        &self.entity.fields[usize::from(position)]
    }

    pub(super) fn udf_position(&self, name: &str) -> Option<usize> {
        self.udfs.iter().position(|u| u.0.eq_ignore_ascii_case(name))
    }

    pub(super) fn at(&self, id: i64) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |r| r.id).ok()
    }

    pub(super) fn get(&self, id: i64) -> Option<&Row> {
        self.at(id).map(|i| &self.rows[i])
    }

    /// A row's integer field, found by name.
    pub(super) fn int(&self, row: &Row, name: &str) -> Option<i64> {
        match row.get(self.known(name)) {
            Some(Cell::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// Whether a flag of a row is set.
    pub(super) fn flag(&self, row: &Row, name: &str) -> bool {
        matches!(row.get(self.known(name)), Some(Cell::Flag(true)))
    }

    /// A row's text field, found by name.
    pub(super) fn text<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        match row.get(self.known(name)) {
            Some(Cell::Text(t)) => t,
            _ => "",
        }
    }

    /// A row with nothing in it.
    pub(super) fn blank(&self) -> Row {
        Row { udfs: vec![None; self.udfs.len()], ..Row::default() }
    }

    /// Adds a row under the next id.
    pub(super) fn insert(&mut self, row: Row) -> i64 {
        let id = self.next_id;
        self.insert_as(id, row)
    }

    /// Adds a row under an id that is higher than all others (or, once, the company 0).
    pub(super) fn insert_as(&mut self, id: i64, mut row: Row) -> i64 {
        row.id = id;
        row.ready = None;
        self.next_id = self.next_id.max(id + 1);
        self.index(&row, true);
        match self.rows.last() {
            Some(last) if last.id >= id => {
                let at = self.rows.partition_point(|r| r.id < id);
                self.rows.insert(at, row);
            }
            _ => self.rows.push(row),
        }
        id
    }

    /// Changes a row, keeping the indexes true. False when there is none.
    pub(super) fn update(&mut self, id: i64, change: impl FnOnce(&mut Row)) -> bool {
        let Some(at) = self.at(id) else { return false };
        let mut row = std::mem::take(&mut self.rows[at]);
        let before = Row { id: row.id, cells: row.cells.clone(), udfs: row.udfs.clone(), ready: None };
        change(&mut row);
        for slot in 0..self.indexes.len() {
            let (old, new) = (self.key_of(&before, slot), self.key_of(&row, slot));
            if old != new {
                self.index_slot(slot, old, id, false);
                self.index_slot(slot, new, id, true);
            }
        }
        self.rows[at] = row;
        true
    }

    pub(super) fn delete(&mut self, id: i64) -> bool {
        let Some(at) = self.at(id) else { return false };
        let row = self.rows.remove(at);
        self.index(&row, false);
        true
    }

    fn key_of(&self, row: &Row, slot: usize) -> Option<Key> {
        self.indexes[slot].as_ref()?;
        let fields = self.entity.fields.len();
        if slot < fields { row.get(slot as u16)?.key() } else { row.udfs.get(slot - fields)?.as_deref().map(Key::text) }
    }

    fn index(&mut self, row: &Row, add: bool) {
        for slot in 0..self.indexes.len() {
            let key = self.key_of(row, slot);
            self.index_slot(slot, key, row.id, add);
        }
    }

    fn index_slot(&mut self, slot: usize, key: Option<Key>, id: i64, add: bool) {
        let (Some(index), Some(key)) = (&mut self.indexes[slot], key) else { return };
        let ids = index.entry(key).or_default();
        match (ids.binary_search(&id), add) {
            (Err(at), true) => ids.insert(at, id),
            (Ok(at), false) => {
                ids.remove(at);
            }
            _ => {}
        }
    }

    /// The ids an index has for a key; nothing when the field (or, after the fields, user-defined field) has no index.
    pub(super) fn indexed(&self, slot: usize, key: &Key) -> Option<&[i64]> {
        Some(self.indexes.get(slot)?.as_ref()?.get(key).map_or(&[], Vec::as_slice))
    }

    /// Protects user-defined fields by name.
    pub(super) fn protect(&mut self, names: &[String]) {
        for name in names {
            if let Some(at) = self.udf_position(name) {
                self.protected[at] = true;
            }
        }
    }

    /// Days come, and are read, as midnight of a zone so many milliseconds ahead of UTC.
    pub(super) fn set_day_offset(&mut self, offset: i64) {
        self.day_offset = offset;
        self.rows.iter_mut().for_each(|row| row.ready = None);
    }

    /// A number for a shape, the same for the same columns.
    pub(super) fn shape(&mut self, shape: Shape) -> u32 {
        match self.shapes.iter().position(|s| *s == shape) {
            Some(at) => at as u32,
            None => {
                self.shapes.push(shape);
                self.shapes.len() as u32 - 1
            }
        }
    }

    /// The shape that a page of these rows is written in: user-defined fields are absent where no row of it has one.
    pub(super) fn shape_of(&mut self, rows: &[usize], shape: u32) -> u32 {
        let some = |row: &usize| self.rows[*row].udfs.iter().any(Option::is_some);
        if self.udfs.is_empty() || rows.iter().any(some) {
            return shape;
        }
        let bare = Shape { bare: true, ..self.shapes[shape as usize].clone() };
        self.shape(bare)
    }

    /// Writes the row at this position in the shape of that number; 0 is every column.
    pub(super) fn write(&mut self, at: usize, shape: u32, out: &mut Vec<u8>) {
        let row = &self.rows[at];
        if let Some((ready, bytes)) = &row.ready
            && *ready == shape
        {
            out.extend_from_slice(bytes);
            return;
        }
        let start = out.len();
        self.render(row, &self.shapes[shape as usize], out);
        self.rows[at].ready = Some((shape, out[start..].into()));
    }

    fn render(&self, row: &Row, shape: &Shape, out: &mut Vec<u8>) {
        let mut o = Obj::new(out);
        let mut cells = row.cells.iter().peekable();
        for &position in &shape.fields {
            let field = self.field(position);
            if position == 0 {
                o.int(field.name, row.id);
                continue;
            }
            while cells.next_if(|(p, _)| *p < position).is_some() {}
            match cells.next_if(|(p, _)| *p == position) {
                Some((_, Cell::Time(ms))) if field.kind == Kind::Day && self.day_offset != 0 => {
                    o.text(field.name, &iso(ms - self.day_offset, TimeStyle::Millis));
                }
                Some((_, cell)) => write_cell(field.kind, cell, o.key(field.name)),
                None => {
                    o.null(field.name);
                }
            }
        }
        if shape.bare {
            o.end();
            return;
        }
        array(o.key("userDefinedFields"), &shape.udfs, |out, &udf| {
            let mut o = Obj::new(out);
            let value = row.udfs[udf].as_deref();
            o.text("name", self.udfs[udf].0);
            o.text_or_null("value", if self.protected[udf] { value.map(|_| HIDDEN) } else { value });
            o.end();
        });
        o.end();
    }

    /// The row for assertions: only what it has, user-defined fields under their names in `udf`.
    pub(super) fn sparse(&self, row: &Row) -> Value {
        let mut out = serde_json::Map::new();
        out.insert("id".to_owned(), json!(row.id));
        for (position, cell) in row.cells() {
            let field = self.field(position);
            out.insert(field.name.to_owned(), cell_value(field.kind, cell));
        }
        let udfs = self.udfs.iter().zip(&row.udfs);
        let set = udfs.filter_map(|(u, v)| Some((u.0.to_owned(), Value::from(v.as_deref()?))));
        out.insert("udf".to_owned(), Value::Object(set.collect()));
        Value::Object(out)
    }
}

fn style(kind: Kind) -> TimeStyle {
    if kind == Kind::Day { TimeStyle::Bare } else { TimeStyle::Millis }
}

fn write_cell(kind: Kind, cell: &Cell, out: &mut Vec<u8>) {
    match cell {
        Cell::Int(n) => int(out, *n),
        Cell::Number(n) => out.extend_from_slice(Value::from(*n).to_string().as_bytes()),
        Cell::Flag(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Cell::Time(ms) => text(out, &iso(*ms, style(kind))),
        Cell::Text(t) => text(out, t),
    }
}

pub(super) fn cell_value(kind: Kind, cell: &Cell) -> Value {
    match cell {
        Cell::Int(n) => json!(n),
        Cell::Number(n) => json!(n),
        Cell::Flag(b) => json!(b),
        Cell::Time(ms) => json!(iso(*ms, style(kind))),
        Cell::Text(t) => json!(t),
    }
}
