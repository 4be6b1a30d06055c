//! The decision table: what follows when a key of a source record is found in the target.
//!
//! The table is data, so that every row can be read and has a test. Hard keys decide, soft ones propose. Rows ignore a
//! record's history: declined, excluded and retired records never reach them. No row takes a record of another account,
//! even if its source record is gone or its stamp names this one: linking it would move or retire another customer's
//! record.

/// Whether a key names one machine or customer, or only speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    /// A stamp, a number, a serial number, a known id, a site's name within its account.
    Hard,
    /// A name, a web domain, a postal address, a lone network address.
    Soft,
}

/// How many records of the source that are there have the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    One,
    Several,
}

/// Who has the key in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// No record of it.
    Nobody,
    /// One, linked to nothing.
    Free,
    /// One, linked to a source record that is gone.
    OfGone,
    /// One, linked to another source record that is there.
    OfPresent,
    /// One that is linked to nothing and belongs to another account.
    FreeElsewhere,
    /// One that belongs to another account and is linked to a source record that is gone.
    OfGoneElsewhere,
    /// Several.
    Several,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// Nothing: the next key is tried, and in the end it is new.
    NextKey,
    /// It is this record.
    Link,
    /// It is this record, with all that is known of its link.
    Relink,
    /// A person says yes or no.
    Propose,
    /// A person chooses; nothing is created meanwhile.
    Ask,
}

/// Every case there is, once.
pub(super) const TABLE: [(Grade, Here, There, Follows); 28] = {
    use Follows::{Ask, Link, NextKey, Propose, Relink};
    use Grade::{Hard, Soft};
    use Here::{One, Several as Twins};
    use There::{Free, FreeElsewhere, Nobody, OfGone, OfGoneElsewhere, OfPresent, Several};
    [
        (Hard, One, Nobody, NextKey),
        (Hard, One, Free, Link),
        (Hard, One, OfGone, Relink),
        (Hard, One, OfPresent, Ask),
        (Hard, One, FreeElsewhere, Ask),
        (Hard, One, OfGoneElsewhere, Ask),
        (Hard, One, Several, Ask),
        (Hard, Twins, Nobody, Ask),
        (Hard, Twins, Free, Ask),
        (Hard, Twins, OfGone, Ask),
        (Hard, Twins, OfPresent, Ask),
        (Hard, Twins, FreeElsewhere, Ask),
        (Hard, Twins, OfGoneElsewhere, Ask),
        (Hard, Twins, Several, Ask),
        (Soft, One, Nobody, NextKey),
        (Soft, One, Free, Propose),
        (Soft, One, OfGone, Propose),
        (Soft, One, OfPresent, NextKey),
        (Soft, One, FreeElsewhere, NextKey),
        (Soft, One, OfGoneElsewhere, NextKey),
        (Soft, One, Several, Ask),
        (Soft, Twins, Nobody, NextKey),
        (Soft, Twins, Free, Ask),
        (Soft, Twins, OfGone, Ask),
        (Soft, Twins, OfPresent, NextKey),
        (Soft, Twins, FreeElsewhere, NextKey),
        (Soft, Twins, OfGoneElsewhere, NextKey),
        (Soft, Twins, Several, Ask),
    ]
};

/// Looks a case up.
pub(super) fn follows(grade: Grade, here: Here, there: There) -> Follows {
    let row = TABLE.iter().find(|row| (row.0, row.1, row.2) == (grade, here, there));
    row.map_or(Follows::Ask, |row| row.3)
}
