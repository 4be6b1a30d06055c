//! Every command that a message can advise exists: each verb, as the catalogues write it, parses.

use super::Args;
use clap::{CommandFactory, Parser};
use crosswalk_model::{Call, Verb};
use crosswalk_say::command;

/// Plausible calls of a verb: with what the engine and the command line pass.
fn calls(verb: Verb) -> Vec<Call> {
    let call = || Call::of(verb);
    let of_sync = || call().with("sync", "main");
    let of_customer = || of_sync().with("customer", "17");
    let of_record = || of_sync().with("kind", "asset").with("source", "4711");
    match verb {
        Verb::AlertPoll => vec![of_sync(), of_sync().flag("plan")],
        Verb::CustomerExport | Verb::LinkExport | Verb::ProductList | Verb::Run => vec![of_sync()],
        Verb::Apply => vec![
            call().with("plan", 7),
            call().with("plan", 7).each("release", ["creates", "zero"]).flag("yes"),
            call().with("plan", 7).flag("approved"),
            call().with("plan", 7).with("customer", "a b").with("kind", "asset").with("release", "all"),
        ],
        Verb::Approve => vec![call().with("plan", 7), call().with("plan", 7).with("change", "3,5-9").flag("yes")],
        Verb::AssetRefresh => vec![of_sync().with("asset", "4711")],
        Verb::ConnectionAdd => vec![call().with("name", "rmm").with("plugin", "some-rmm")],
        Verb::ConnectionCheck => {
            vec![call().with("name", "rmm"), call().with("name", "rmm").flag("same").with("reason", "a new login")]
        }
        Verb::ConnectionRelease => vec![call().with("name", "rmm")],
        Verb::ConnectionSet => vec![call().with("name", "rmm").with("set", "zone=eu")],
        Verb::ConnectionGrant => vec![call().with("name", "rmm").with("endpoint", "api")],
        Verb::ConnectionList | Verb::PluginList | Verb::SyncList | Verb::TenantList => vec![call()],
        Verb::CustomerContracts | Verb::UsageHistory => vec![of_customer()],
        Verb::CustomerFind | Verb::ProductFind => vec![of_sync().with("text", "Contoso Ltd")],
        Verb::CustomerList => vec![of_sync(), of_sync().each("state", ["proposed", "conflict", "unmapped"])],
        Verb::CustomerMap => vec![of_customer().with("to", "29"), of_customer().with("contract", "31")],
        Verb::FindingList => vec![of_sync(), call().with("plan", 7), of_sync().with("kind", "asset")],
        Verb::Journal => vec![call(), of_sync().with("run", 7)],
        Verb::LinkCreate | Verb::LinkExclude | Verb::LinkForget => vec![of_record()],
        Verb::LinkList => vec![of_sync(), of_sync().with("kind", "asset").each("state", ["proposed", "broken"])],
        Verb::LinkReverse => vec![of_sync().with("target", "29").with("decision", "create")],
        Verb::LinkSet => vec![of_record().with("target", "29")],
        Verb::Plan => vec![
            of_sync(),
            of_sync().flag("list"),
            call().with("show", 7).flag("held"),
            call().with("show", 7).flag("all"),
        ],
        Verb::PluginAdd => vec![call().with("file", "rmm.wasm")],
        Verb::PluginBuild => vec![call().with("dir", "connectors/rmm")],
        Verb::PluginInspect => vec![call().with("plugin", "some-rmm")],
        Verb::ProductMap => vec![of_sync().with("product", "CIXA").with("to", "29")],
        Verb::Prune => vec![call(), call().flag("clock-is-right")],
        Verb::RunFollow | Verb::RunStop | Verb::RunUndo => vec![call().with("run", 7)],
        Verb::Runs | Verb::UncertainList => vec![call(), of_sync()],
        Verb::SyncAdd => vec![call().with("name", "main").with("from", "rmm").with("to", "psa")],
        Verb::SyncSet => vec![call().with("name", "main").with("kinds", "customer,asset").with("every", 60)],
        Verb::SyncShow | Verb::TenantAdd => vec![call().with("name", "main")],
        Verb::UncertainSettle => vec![call().with("change", "7.3").with("written", "29").with("reason", "seen")],
        Verb::UsageAdjust => vec![of_customer().with("product", "CIXA").with("quantity", 3)],
        Verb::UsageApprove => vec![of_customer(), of_sync().flag("all")],
        Verb::UsageList => vec![of_sync(), of_sync().with("customer", "17")],
        Verb::UsageTake => vec![of_customer().with("product", "CIXA").with("target", "29")],
        Verb::Why => vec![of_sync().with("kind", "asset").with("record", "PC 7")],
    }
}

/// The words of a command line, as a shell takes them apart.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// The calls of a source text that are written as one chain: the verb, and its arguments with the method that sets each.
fn chains(text: &str) -> Vec<(Verb, Vec<(&str, &str)>)> {
    let verb = |name: &str| Verb::ALL.into_iter().find(|verb| format!("{verb:?}") == name);
    let starts = text.split("Call::of(Verb::").skip(1);
    let chains = starts.filter_map(|rest| {
        let (name, mut rest) = rest.split_once(')')?;
        let mut args = Vec::new();
        while let Some((method, inside)) = rest.trim_start().strip_prefix('.').and_then(|rest| rest.split_once('(')) {
            let Some((arg, _)) = inside.strip_prefix('"').and_then(|inside| inside.split_once('"')) else { break };
            args.push((method, arg));
            let mut depth = 1;
            let end = inside.find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                depth == 0
            });
            rest = &inside[end? + 1..];
        }
        Some((verb(name)?, args))
    });
    chains.collect()
}

/// The Rust files of the rooms that word messages.
fn sources() -> Vec<std::path::PathBuf> {
    let host = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut files, mut folders) =
        (Vec::new(), ["engine/src", "cli/src", "store/src", "src"].map(|at| host.join(at)).to_vec());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("cli/src/advice.rs") {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn every_option_that_a_message_names_exists() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in sources() {
        for (verb, args) in chains(&std::fs::read_to_string(&path).unwrap()) {
            let mut root = Args::command();
            root.build();
            let own = verb.as_str().split('-').fold(&root, |at, word| at.find_subcommand(word).unwrap());
            for (method, arg) in args {
                // What has a place is no option.
                if !command(&Call::of(verb).choose(arg)).contains(&format!("--{arg}")) {
                    continue;
                }
                seen += 1;
                let option = own.get_arguments().find(|option| option.get_long() == Some(arg));
                let takes = option.map(|option| option.get_action().takes_values());
                if takes != Some(method != "flag") {
                    wrong.push(format!("{}: {} --{arg}", path.display(), verb.as_str()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20, "the sources are read: {seen}");
}

#[test]
fn every_command_that_a_message_can_advise_exists() {
    let mut wrong = Vec::new();
    for verb in Verb::ALL {
        for call in calls(verb) {
            let line = command(&call);
            if let Err(error) = Args::try_parse_from(words(&line)) {
                wrong.push(format!("{line}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_choice_that_is_left_to_a_person_stands_in_capitals() {
    assert_eq!(command(&Call::of(Verb::FindingList).choose("sync")), "crosswalk finding list SYNC");
    assert_eq!(command(&Call::of(Verb::FindingList).choose("plan")), "crosswalk finding list --plan PLAN");
    assert_eq!(command(&Call::of(Verb::Run)), "crosswalk run SYNC");
}
