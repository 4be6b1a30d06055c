//! The catalogues hold what the host says, in both languages, and nothing else.

use super::*;
use crosswalk_model::said;
use crosswalk_model::said::Arg;
use crosswalk_model::{Kind, Timestamp};
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An entry's variables and the entries it refers to.
#[derive(Debug, Default, Clone)]
struct Uses {
    variables: BTreeSet<String>,
    entries: BTreeSet<String>,
}

impl Uses {
    fn pattern(&mut self, pattern: &Pattern<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<String>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                variants.iter().for_each(|variant| self.pattern(&variant.value));
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<String>) {
        match inline {
            InlineExpression::VariableReference { id } => drop(self.variables.insert(id.name.clone())),
            InlineExpression::MessageReference { id, .. } => drop(self.entries.insert(id.name.clone())),
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
                positional.iter().for_each(|inline| self.inline(inline));
            }
            _ => {}
        }
    }
}

/// The entries of a language by code, each with the variables that it and what it refers to need.
fn entries(lang: Lang) -> BTreeMap<String, Uses> {
    let mut entries: BTreeMap<String, Uses> = BTreeMap::new();
    for file in catalogue::files(lang) {
        let resource = fluent_syntax::parser::parse((*file).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{lang}: {errors:?} in\n{}", &file[..file.len().min(200)]));
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let mut uses = Uses::default();
                uses.pattern(message.value.as_ref().unwrap_or_else(|| panic!("{}: no text", message.id.name)));
                assert!(entries.insert(message.id.name.clone(), uses).is_none(), "{lang}: `{}` twice", message.id.name);
            }
        }
    }
    let direct = entries.clone();
    for (code, uses) in &mut entries {
        let mut to_see: Vec<String> = uses.entries.iter().cloned().collect();
        while let Some(other) = to_see.pop() {
            let other =
                direct.get(&other).unwrap_or_else(|| panic!("{lang}: `{code}` refers to `{other}`, which is none"));
            uses.variables.extend(other.variables.iter().cloned());
            to_see.extend(other.entries.iter().cloned());
        }
    }
    entries
}

/// Each `said!` of the host outside its tests: the code, the names of its arguments, and the file.
fn said_in_sources() -> Vec<(String, BTreeSet<String>, String)> {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut folders = vec![host.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" && !path.to_string_lossy().contains("/tests/") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let shown = path.strip_prefix(host).unwrap().display().to_string();
                calls(text).into_iter().for_each(|(code, args)| found.push((code, args, shown.clone())));
            }
        }
    }
    found
}

/// The `said!` calls of a source text.
fn calls(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut calls = Vec::new();
    for (at, _) in text.match_indices("said!(") {
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        let inside = &text[at + "said!(".len()..];
        if line.trim_start().starts_with("//") || !inside.trim_start().starts_with('"') {
            continue;
        }
        let parts = parts(inside);
        let code = parts[0].trim().trim_matches('"').to_owned();
        let names = parts[1..].iter().map(|part| part.split('=').next().unwrap().trim().to_owned());
        calls.push((code, names.filter(|name| !name.is_empty()).collect()));
    }
    calls
}

/// The arguments of a call, as written; `inside` begins after its opening parenthesis.
fn parts(inside: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
    let mut letters = inside.chars().peekable();
    while let Some(letter) = letters.next() {
        let part = parts.last_mut().unwrap();
        if quoted {
            quoted = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
        } else {
            match letter {
                '"' => quoted = true,
                // A bracket or a comma in quotes, not a lifetime.
                '\'' if letters.peek().is_some_and(|next| "(),[]{}".contains(*next)) => {
                    letters.by_ref().take(2).for_each(drop);
                }
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => return parts,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
        }
        part.push(letter);
    }
    panic!("a call without an end: {}", &inside[..inside.len().min(80)]);
}

#[test]
fn both_languages_have_the_same_entries_with_the_same_variables() {
    let (english, italian) = (entries(Lang::En), entries(Lang::It));
    let codes = |of: &BTreeMap<String, Uses>| of.keys().cloned().collect::<BTreeSet<_>>();
    let (en, it) = (codes(&english), codes(&italian));
    assert_eq!(en.difference(&it).collect::<Vec<_>>(), Vec::<&String>::new(), "not in Italian");
    assert_eq!(it.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "not in English");
    for (code, uses) in &english {
        assert_eq!(uses.variables, italian[code].variables, "variables of `{code}`");
    }
}

#[test]
fn what_the_host_says_is_in_the_catalogue_with_its_arguments() {
    let english = entries(Lang::En);
    let mut wrong = Vec::new();
    for (code, args, file) in said_in_sources() {
        match english.get(&code) {
            None => wrong.push(format!("{file}: `{code}` is not in the catalogue")),
            Some(uses) if uses.variables != args => {
                wrong.push(format!("{file}: `{code}` is given {args:?} and needs {:?}", uses.variables));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_entry_is_used() {
    let english = entries(Lang::En);
    let said: BTreeSet<String> = said_in_sources().into_iter().map(|(code, ..)| code).collect();
    let referred: BTreeSet<&String> = english.values().flat_map(|uses| &uses.entries).collect();
    let unused: Vec<&String> =
        english.keys().filter(|code| !said.contains(*code) && !referred.contains(code)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn calls_are_found_whatever_their_arguments() {
    let text = "// said!(\"none\")\n let a = said!(\"one\");\n said!(\n \"two\", count, by = f(x, \"),\"), c = ',',\n)";
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(calls(text)[0], ("one".to_owned(), names(&[])));
    assert_eq!(calls(text).last().unwrap(), &("two".to_owned(), names(&["count", "by", "c"])));
}

#[test]
fn numbers_days_and_times_are_written_as_in_the_language() {
    for (arg, english, italian) in [
        (Arg::from(12345), "12,345", "12.345"),
        (Arg::decimal("-12345.60"), "-12,345.60", "-12.345,60"),
        (Arg::from(jiff::civil::date(2026, 11, 29)), "2026-11-29", "29 nov 2026"),
        (Arg::from(Timestamp(1_795_960_980_000)), "2026-11-29T14:03:00Z", "29 nov 2026, 14:03 UTC"),
        (Arg::list([1, 20000]), "1, 20,000", "1, 20.000"),
        (Arg::from("12345"), "12345", "12345"),
    ] {
        for (lang, text) in [(Lang::En, english), (Lang::It, italian)] {
            let shown = render(&said!("store-file", path = arg.clone()), lang);
            assert!(shown.contains(&format!(" {text}:")), "{shown}");
        }
    }
}

#[test]
fn text_and_codes_of_a_newer_program_are_shown_as_they_are() {
    assert_eq!(render(&Said::from("as before"), Lang::It), "as before");
    assert_eq!(render(&said!("of-tomorrow", count = 2), Lang::It), "of-tomorrow count=2");
    assert_eq!(render(&said!("kind"), Lang::It), "kind", "an argument is missing");
}

#[test]
fn the_pseudo_language_marks_what_comes_from_the_catalogue() {
    assert_eq!(render(&said!("kind", kind = Kind::Location), Lang::Pseudo), "⟦lócááátíóóón⟧");
    assert_eq!(render(&Said::from("bypassed"), Lang::Pseudo), "bypassed");
}

#[test]
fn the_environment_names_the_language() {
    let environment = |set: &[(&str, &str)]| {
        let set: BTreeMap<String, String> =
            set.iter().map(|(name, to)| ((*name).to_owned(), (*to).to_owned())).collect();
        Lang::of_environment(|name| set.get(name).cloned())
    };
    assert_eq!(environment(&[]), Lang::En);
    assert_eq!(environment(&[("LANG", "it_IT.UTF-8")]), Lang::It);
    assert_eq!(environment(&[("LANG", "it_IT.UTF-8"), ("LC_ALL", "C.UTF-8")]), Lang::En);
    assert_eq!(environment(&[("LC_ALL", ""), ("LC_MESSAGES", "it")]), Lang::It);
    assert_eq!(environment(&[("LANG", "de_DE")]), Lang::En);
}
