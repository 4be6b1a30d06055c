//! The help is whole in Italian, and its catalogue holds nothing else.

use super::*;
use crate::misuse::expects;
use clap::{CommandFactory, Parser};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The catalogue, and the sources that name its entries.
const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../say/it/help.ftl"));
const SOURCES: [&str; 2] = [include_str!("../help.rs"), include_str!("../misuse.rs")];

fn tree() -> Command {
    crate::Args::command()
}

/// Visits each command of a tree with its path.
fn walk<'c>(command: &'c Command, path: &mut Vec<&'c str>, visit: &mut impl FnMut(&'c Command, &[&'c str])) {
    visit(command, path);
    for sub in command.get_subcommands() {
        path.push(sub.get_name());
        walk(sub, path, visit);
        path.pop();
    }
}

/// The entries that the tree needs, by the English text that each stands for. `None`: an entry is missing.
fn needed(tree: &Command) -> Vec<(Option<String>, String, String)> {
    let mut needed = Vec::new();
    let exact = |id: String| crosswalk_say::help(&id, &[], Lang::It).is_some().then_some(id);
    walk(tree, &mut Vec::new(), &mut |command, path| {
        let id = [&["help"], path].concat().join("-");
        let mut need = |found: Option<String>, place: String, english: String| needed.push((found, place, english));
        for (id, text) in [
            (id.clone(), command.get_about()),
            (format!("{id}--long"), command.get_long_about()),
            (format!("{id}--after"), command.get_after_help()),
        ] {
            if let Some(text) = text {
                need(exact(id.clone()), id, text.to_string());
            }
        }
        for arg in command.get_arguments() {
            let name = format!("arg-{}", slug(arg.get_id().as_str()));
            let place = format!("{id}-{name}");
            let found = nearest("help", path, &name, Lang::It);
            if let Some(long) = arg.get_long_help() {
                need(found.clone().and_then(|id| exact(format!("{id}--long"))), place.clone(), long.to_string());
            }
            need(found, place.clone(), arg.get_help().unwrap_or_default().to_string());
            for value in arg.get_possible_values() {
                if let Some(help) = value.get_help() {
                    let name = format!("{name}-value-{}", value.get_name());
                    need(nearest("help", path, &name, Lang::It), format!("{id}-{name}"), help.to_string());
                }
            }
            if let Some(heading) = arg.get_help_heading() {
                let id = format!("help-heading-{}", slug(heading));
                need(exact(id.clone()), id, heading.to_owned());
            }
            if !arg.get_action().takes_values() {
                continue;
            }
            for part in arg.get_value_names().unwrap_or_default().iter().flat_map(|name| parts(name)) {
                let id = format!("help-name-{}", slug(part));
                // `N`, `HH`, `MM` and `ID` are the same.
                if part.starts_with(|letter: char| letter.is_ascii_uppercase()) && (part.len() > 2 || part == "DD") {
                    need(exact(id.clone()), id, part.to_owned());
                }
            }
            let free = [TypeId::of::<String>(), TypeId::of::<PathBuf>()];
            let parsed = arg.get_value_parser().type_id();
            let is_free = free.iter().any(|free| parsed == *free) || !arg.get_possible_values().is_empty();
            // The name of a secret is text with a rule.
            if !is_free || arg.get_id() == "asked" {
                let found = expects(path, arg.get_id().as_str(), Lang::It);
                need(found, format!("what {place} expects"), String::new());
            }
        }
    });
    needed
}

#[test]
fn each_text_has_its_italian_and_the_catalogue_holds_no_other() {
    let tree = tree();
    let needed = needed(&tree);
    let missing: Vec<_> = needed.iter().filter(|(found, ..)| found.is_none()).collect();
    assert!(missing.is_empty(), "{missing:#?}");

    let quoted = SOURCES.iter().flat_map(|source| source.split('"')).map(str::to_owned);
    let used: BTreeSet<String> = needed.into_iter().filter_map(|(found, ..)| found).chain(quoted).collect();
    let ids = FILE.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let ids: Vec<&str> = ids.filter_map(|line| line.split(" =").next()).collect();
    let unused: Vec<_> = ids.iter().filter(|id| !used.contains(**id)).collect();
    assert!(unused.is_empty(), "{unused:#?}");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an entry stands twice");
}

#[test]
fn an_entry_that_several_commands_share_stands_for_one_english_text() {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, _, english) in needed(&tree()) {
        texts.entry(id.unwrap_or_default()).or_default().insert(english);
    }
    texts.retain(|_, english| english.len() > 1);
    assert!(texts.is_empty(), "{texts:#?}");
}

#[test]
fn no_line_of_the_english_help_is_in_the_italian_one() {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Commands in examples stay; what stands apart behind them does not.
    let is_command = |part: &str| ["crosswalk ", "--", "* "].iter().any(|start| part.starts_with(start));
    let needed = needed(&tree());
    let fragments = needed.iter().flat_map(|(_, _, text)| text.lines()).flat_map(|line| line.split("  ")).map(flat);
    let english: BTreeSet<String> = fragments
        .filter(|part| part.split(' ').count() > 3 && !is_command(part))
        .chain(
            ["Usage:", "Options", "Commands:", "Arguments:", "Print ", "[default", "possible values"].map(String::from),
        )
        .collect();
    let italian = translated(tree(), Lang::It);
    let mut seen = 0;
    walk(&italian, &mut Vec::new(), &mut |command, path| {
        let mut command = command.clone();
        for help in [command.render_long_help(), command.render_help()] {
            let help = flat(&help.to_string());
            let left: Vec<_> = english.iter().filter(|line| help.contains(line.as_str())).collect();
            assert!(left.is_empty(), "{path:?}: {left:?} in\n{help}");
        }
        seen += 1;
    });
    assert!(seen > 70, "{seen} commands");
}

#[test]
fn examples_and_tables_are_those_of_english() {
    let first = |line: &str| line.split("  ").next().unwrap_or_default().split(['"', '\'']).next().map(str::to_owned);
    let kept = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| {
            line.starts_with(|letter: char| letter.is_ascii_digit())
                || ["crosswalk ", "CROSSWALK", "--", "* ", "LC_ALL"].iter().any(|start| line.starts_with(start))
                || line.contains("-days = ")
        });
        lines.filter(|line| line.contains("  ") || line.starts_with("crosswalk ")).filter_map(first).collect::<Vec<_>>()
    };
    for (id, _, english) in needed(&tree()) {
        let id = id.filter(|id| id.ends_with("--after"));
        if let Some(italian) = id.as_ref().and_then(|id| crosswalk_say::help(id, &[], Lang::It)) {
            let english: Vec<String> = kept(&english).iter().map(|line| Texts(Lang::It).value_name(line)).collect();
            assert_eq!(kept(&italian), english, "{id:?}");
        }
    }
}

#[test]
fn a_list_of_words_is_that_of_the_model() {
    use crosswalk_model::{Action, Kind, LinkState};
    let listed = |id: &str, words: Vec<&str>| {
        let text = crosswalk_say::help(id, &[], Lang::It).unwrap();
        let listed: Vec<&str> = text.split([' ', ',']).collect();
        let missing: Vec<_> = words.into_iter().filter(|word| !listed.contains(word)).collect();
        assert!(missing.is_empty(), "{id}: {missing:?}");
    };
    listed("misuse-expects-kind", Kind::ALL.map(Kind::as_str).to_vec());
    listed("misuse-expects-states", LinkState::ALL.map(LinkState::as_str).to_vec());
    listed("misuse-expects-action", Action::ALL.map(Action::as_str).to_vec());
}

#[test]
fn the_headings_stand_in_the_order_of_english() {
    let italian = translated(tree(), Lang::It);
    let mut set = italian.find_subcommand("link").unwrap().find_subcommand("set").unwrap().clone();
    let help = set.render_help().to_string();
    let lines: Vec<&str> = help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
    assert_eq!(lines, ["Argomenti:", "Opzioni:", "Opzioni di ogni comando:", "Esempio:"], "{help}");
    assert!(help.contains("\nUso: crosswalk link set [OPZIONI] <SYNC> <TIPO> <ORIGINE> <DESTINAZIONE>\n"), "{help}");
    let places: Vec<_> = ["  <SYNC>", "  <TIPO>", "  <ORIGINE>"].iter().map(|name| help.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{help}");
}

#[test]
fn the_language_is_that_of_the_flag_or_else_of_the_environment() {
    let italian = |name: &str| (name == "LANG").then(|| "it_IT.UTF-8".to_owned());
    let of = |line: &str| language(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), italian);
    assert_eq!(of("crosswalk plan"), Lang::It);
    assert_eq!(of("crosswalk --lang en plan"), Lang::En);
    assert_eq!(of("crosswalk plan --lang=pseudo"), Lang::Pseudo);
    assert_eq!(of("crosswalk plan --lang xx"), Lang::It);
    assert_eq!(of("crosswalk run -- --lang en"), Lang::It);
}

#[test]
fn english_is_as_clap_has_it() {
    let words = ["crosswalk", "link", "set", "--help"];
    let plain = crate::Args::try_parse_from(words).unwrap_err().to_string();
    let words = words.map(OsString::from);
    let refused = crate::Args::of_words(&words, Lang::En).err().unwrap();
    assert_eq!((refused.text, refused.code), (plain, 0));
}

#[test]
fn usage_errors_are_italian() {
    for (line, expected) in [
        ("plan --bad", "errore: argomento `--bad` non previsto\n"),
        ("plna", "errore: il comando `plna` non esiste\n\n  suggerimento: esiste qualcosa di simile: `plan`"),
        (
            "link set main",
            "errore: mancano questi argomenti obbligatori:\n  <TIPO>\n  <ORIGINE>\n  <DESTINAZIONE>\n\nUso: ",
        ),
        (
            "link list main --kind printer",
            "errore: valore `printer` non valido per `--kind <TIPO>`: scrivere customer,",
        ),
        ("customer list main --state x", "per `--state <STATO>`: scrivere mapped,"),
        ("link list main --state x", "per `--state <STATO>`: scrivere unmapped,"),
        ("apply x", "errore: valore `x` non valido per `<PIANO>`: scrivere il numero di un piano\n"),
        (
            "link reverse main 1 no",
            "errore: valore `no` non valido per `<DECISIONE>`\n  [valori possibili: create, exclude, forget]",
        ),
        ("apply 1 --kind", "errore: `--kind <TIPO>` richiede un valore\n"),
        ("plan main --json --json", "errore: l'argomento `--json` si può indicare una volta sola"),
        ("plan main --show 1", "errore: l'argomento `[SYNC]` non si può usare con `--show <PIANO>`"),
        ("tenant list x", "errore: "),
        ("run main undo 7", "errore: "),
        ("plan -x", "per passare `-x` come valore, scrivere `-- -x`"),
        ("link accept main --score 2", "per `--score <PUNTEGGIO>`: scrivere un numero da 0 a 1, come 0.9"),
        ("--lang xx plan main", "errore: valore `xx` non valido per `--lang <LINGUA>`\n  [valori possibili: en, it]\n"),
    ] {
        let words: Vec<OsString> = std::iter::once("crosswalk").chain(line.split(' ')).map(OsString::from).collect();
        let refused = crate::Args::of_words(&words, Lang::It).err().unwrap();
        assert!(refused.text.contains(expected), "{line}: {}", refused.text);
        assert!(refused.text.ends_with("\n\nPer maggiori informazioni: `--help`.\n"), "{line}: {}", refused.text);
        assert!(!refused.text.contains("Usage") && !refused.text.contains("error:"), "{line}: {}", refused.text);
        assert_eq!(refused.code, 2, "{line}");
    }
}
