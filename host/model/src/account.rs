//! The account that a connection answers as, and the comparison of two answers.
//!
//! Pure: asking the vendor, and what follows from another answer, is in `engine/accounts`.

use super::Timestamp;
use serde::Serialize;
use std::fmt;

/// An account at a vendor, as its connector reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The account's name; empty if the vendor reports none.
    pub name: String,
    /// The account's id, if it has one. Unlike the name it never changes.
    pub id: Option<String>,
}

impl Account {
    /// Whether the vendor reported a name or an id.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.id.is_some() || !self.name.is_empty()
    }

    /// Whether both are one account: by their ids if both have one, else by their names. Names are compared by their
    /// letters and digits, because a login writes `contosomsp` where the vendor shows `Contoso MSP`.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        if let (Some(own), Some(other)) = (&self.id, &other.id) {
            return own == other;
        }
        let folded = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let own = folded(&self.name);
        !own.is_empty() && own == folded(&other.name)
    }

    /// Merges a newer report of the same account. What it omits stays known.
    #[must_use]
    pub fn told_again(self, now: Self) -> Self {
        Self { id: now.id.or(self.id), name: if now.name.is_empty() { self.name } else { now.name } }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), &self.id) {
            ("", None) => f.write_str("an account without name and id"),
            ("", Some(id)) => write!(f, "account {id}"),
            (name, None) => f.write_str(name),
            (name, Some(id)) => write!(f, "{name} ({id})"),
        }
    }
}

/// What is known of a connection's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownAccount {
    /// The account that links and decisions are about.
    pub account: Account,
    /// Time since which it is this account.
    pub since: Timestamp,
    /// Time at which a person declared, after links were made, that another answer is the same account.
    pub said_at: Option<Timestamp>,
    /// The revision of the connection when the vendor was asked last.
    pub revision: i64,
    /// Time at which the vendor was asked last.
    pub asked_at: Timestamp,
    /// The account of the last answer, if it is another one. Every sync of the connection is then held.
    pub other: Option<Account>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, id: Option<&str>) -> Account {
        Account { name: name.to_owned(), id: id.map(str::to_owned) }
    }

    #[test]
    fn ids_decide_where_both_are_told_and_names_elsewhere() {
        for (one, other, same) in [
            (("Contoso", Some("1")), ("Contoso Group", Some("1")), true),
            (("Contoso", Some("1")), ("Contoso", Some("2")), false),
            (("Contoso", None), ("contoso ", None), true),
            (("Contoso MSP", None), ("contosomsp", None), true),
            (("Contoso", None), ("Fabrikam", None), false),
            (("Contoso", None), ("Contoso", Some("1")), true),
            (("Contoso", Some("1")), ("", None), false),
            (("", None), ("", None), false),
        ] {
            let (one, other) = (account(one.0, one.1), account(other.0, other.1));
            assert_eq!(one.is(&other), same, "{one} and {other}");
            assert_eq!(other.is(&one), same, "{other} and {one}");
        }
    }

    #[test]
    fn an_id_that_is_told_no_more_stays_known() {
        let known = account("Contoso", Some("1")).told_again(account("Contoso Group", None));
        assert_eq!(known, account("Contoso Group", Some("1")));
    }
}
