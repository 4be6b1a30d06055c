//! What a message advises to do, as a command line.
//!
//! The command line's own test holds every command of this file against its parser.

use crosswalk_model::verb::{Call, CallArg, Verb};

/// Writes the command: `crosswalk link set main asset 12 TARGET`. A value that is the person's to choose stands in
/// capitals.
#[must_use]
pub fn command(call: &Call) -> String {
    let mut line = format!("crosswalk {}", call.verb.as_str().replace('-', " "));
    let places = places(call.verb);
    for name in places {
        match call.args.get(*name) {
            Some(CallArg::One(value)) => word(&mut line, value),
            Some(CallArg::Several(values)) => values.iter().for_each(|value| word(&mut line, value)),
            Some(CallArg::Flag(_) | CallArg::Chosen(())) => word(&mut line, &name.to_uppercase()),
            None if optional(call, name) => {}
            None => word(&mut line, &name.to_uppercase()),
        }
    }
    for (name, value) in call.args.iter().filter(|(name, _)| !places.contains(&name.as_str())) {
        match value {
            CallArg::Flag(_) => option(&mut line, name),
            CallArg::Chosen(()) => {
                option(&mut line, name);
                word(&mut line, &name.to_uppercase());
            }
            CallArg::One(value) => {
                option(&mut line, name);
                word(&mut line, value);
            }
            CallArg::Several(values) => {
                for value in values {
                    option(&mut line, name);
                    word(&mut line, value);
                }
            }
        }
    }
    line
}

/// The arguments that a verb takes by their place, in order. All others are options of their name.
fn places(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::Apply | Verb::Approve => &["plan"],
        Verb::AlertPoll | Verb::CustomerExport | Verb::CustomerList | Verb::LinkExport | Verb::LinkList => &["sync"],
        Verb::FindingList | Verb::Journal | Verb::Plan | Verb::ProductList | Verb::Run | Verb::Runs => &["sync"],
        Verb::UncertainList | Verb::UsageList => &["sync"],
        Verb::AssetRefresh => &["sync", "asset"],
        Verb::ConnectionAdd | Verb::ConnectionCheck | Verb::ConnectionRelease | Verb::ConnectionSet => &["name"],
        Verb::SyncAdd | Verb::SyncSet | Verb::SyncShow | Verb::TenantAdd => &["name"],
        Verb::ConnectionGrant => &["name", "endpoint"],
        Verb::CustomerContracts | Verb::CustomerMap | Verb::UsageHistory => &["sync", "customer"],
        Verb::UsageApprove => &["sync", "customer"],
        Verb::CustomerFind | Verb::ProductFind => &["sync", "text"],
        Verb::LinkCreate | Verb::LinkExclude | Verb::LinkForget => &["sync", "kind", "source"],
        Verb::LinkReverse => &["sync", "target", "decision"],
        Verb::LinkSet => &["sync", "kind", "source", "target"],
        Verb::PluginAdd => &["file"],
        Verb::PluginBuild => &["dir"],
        Verb::PluginInspect => &["plugin"],
        Verb::ProductMap => &["sync", "product"],
        Verb::RunFollow | Verb::RunStop | Verb::RunUndo => &["run"],
        Verb::UncertainSettle => &["change"],
        Verb::UsageAdjust => &["sync", "customer", "product"],
        Verb::UsageTake => &["sync", "customer", "product", "target"],
        Verb::Why => &["sync", "kind", "record"],
        Verb::ConnectionList | Verb::PluginList | Verb::Prune | Verb::SyncList | Verb::TenantList => &[],
    }
}

/// Reports whether an argument with a place can be left out.
fn optional(call: &Call, name: &str) -> bool {
    match call.verb {
        Verb::Journal | Verb::Runs | Verb::UncertainList => true,
        // A plan that is named stands in for the sync.
        Verb::Plan => call.args.contains_key("show"),
        Verb::FindingList => call.args.contains_key("plan"),
        Verb::UsageApprove => name == "customer",
        _ => false,
    }
}

fn option(line: &mut String, name: &str) {
    line.push_str(" --");
    line.push_str(name);
}

/// Appends a value, in quotes if a shell would take it apart.
fn word(line: &mut String, value: &str) {
    line.push(' ');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,/:@+=%".contains(letter);
    if !value.is_empty() && value.chars().all(plain) {
        line.push_str(value);
    } else {
        line.push('\'');
        line.push_str(&value.replace('\'', r"'\''"));
        line.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_its_places_then_its_options() {
        let set = Call::of(Verb::LinkSet).with("sync", "main").with("kind", "asset").with("source", "a b's");
        assert_eq!(command(&set), r"crosswalk link set main asset 'a b'\''s' TARGET");
        let apply = Call::of(Verb::Apply).with("plan", 12).each("release", ["creates", "zero"]).flag("yes");
        assert_eq!(command(&apply), "crosswalk apply 12 --release creates --release zero --yes");
        assert_eq!(command(&Call::of(Verb::Plan).with("show", 7)), "crosswalk plan --show 7");
        let map = Call::of(Verb::CustomerMap).with("sync", "main").with("customer", 1).choose("contract");
        assert_eq!(command(&map), "crosswalk customer map main 1 --contract CONTRACT");
    }
}
