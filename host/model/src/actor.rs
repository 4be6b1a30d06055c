//! Who does something: the person or the part of the program on whose behalf a verb runs.
//!
//! What an actor may do is decided elsewhere. Which rule decided a link is its `Decider`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Who does something. The text form is `local:anna`, `user:7`, `token:3`, `webhook:psa`, `schedule` or `host`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Actor {
    /// A user of the machine, by name. Whoever can open the data folder may do everything.
    Local(String),
    /// A user of the installation, by id.
    User(String),
    /// An API token, by id.
    Token(String),
    /// A vendor's message to a connection, by its name.
    Webhook(String),
    /// The schedule.
    Schedule,
    /// The program by itself.
    #[default]
    Host,
}

impl Actor {
    /// The kind of actor and its name or id, which is empty for those that need none.
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Actor::Local(name) => ("local", name),
            Actor::User(id) => ("user", id),
            Actor::Token(id) => ("token", id),
            Actor::Webhook(connection) => ("webhook", connection),
            Actor::Schedule => ("schedule", ""),
            Actor::Host => ("host", ""),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (kind, "") => f.pad(kind),
            (kind, name) => f.pad(&format!("{kind}:{name}")),
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let named = |(kind, name): (&str, &str)| match kind {
            _ if name.is_empty() => None,
            "local" => Some(Actor::Local(name.to_owned())),
            "user" => Some(Actor::User(name.to_owned())),
            "token" => Some(Actor::Token(name.to_owned())),
            "webhook" => Some(Actor::Webhook(name.to_owned())),
            _ => None,
        };
        match (text, text.split_once(':').and_then(named)) {
            ("schedule", _) => Ok(Actor::Schedule),
            ("host", _) => Ok(Actor::Host),
            (_, Some(actor)) => Ok(actor),
            (_, None) => Err(format!(
                "`{text}` is not an actor: use local:NAME, user:ID, token:ID, webhook:CONNECTION, schedule or host"
            )),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_actor_reads_back_from_its_text() {
        let name = "anna:rossi".to_owned();
        for actor in [
            Actor::Local(name.clone()),
            Actor::User(name.clone()),
            Actor::Token(name.clone()),
            Actor::Webhook(name),
            Actor::Schedule,
            Actor::Host,
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        for bad in ["", "local", "local:", "anna", "schedule:x", "host:", "rule:trust"] {
            assert!(bad.parse::<Actor>().is_err(), "{bad}");
        }
    }
}
