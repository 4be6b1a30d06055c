//! What this connector can do: read. What the vendor does not tell is not named.

use crate::client::PAGE;
use crosswalk_sdk::describe::read_only;
use crosswalk_sdk::{Description, Kind, KindDescription, Operations, Selections};

/// Everything.
pub(crate) fn description() -> Description {
    let everything = Selections::EVERYTHING;
    Description {
        kinds: vec![
            kind(Kind::Customer, everything | Selections::IDS, &[]),
            kind(Kind::Product, everything, &["code"]),
            kind(Kind::Usage, everything, &["product", "quantity", "actual", "period", "effective"]),
            kind(
                Kind::Alert,
                everything | Selections::CHANGED_SINCE | Selections::OF_PARENT,
                &["priority", "raised", "message", "condition"],
            ),
        ],
    }
}

fn kind(kind: Kind, reads: Selections, fields: &[&str]) -> KindDescription {
    KindDescription {
        kind,
        reads,
        writes: Operations::empty(),
        fields: fields.iter().copied().map(read_only).collect(),
        name_length: None,
        stamp: None,
        changes_at_once: 1,
        ids_at_once: 50,
        page_size: PAGE,
        calls_per_change: 0,
        checks_before: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::inconsistencies;

    #[test]
    fn the_description_holds_together() {
        assert_eq!(inconsistencies(&description()), Vec::<String>::new());
    }
}
