//! Tests that read the source: the table of rooms, headers, and words that must not stand
//! where they would be the beginning of a special case.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which rooms of the host a room may build on. Each is a crate, so that the compiler holds what its manifest says.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("store", &["model"]),
    ("runtime", &["model"]),
    ("builder", &["model"]),
    ("engine", &["model", "runtime", "store"]),
    ("cli", &["builder", "engine", "model", "say"]),
    ("say", &["model"]),
];

/// Which rooms the files of the program itself may use.
const PROGRAM: &[(&str, &[&str])] = &[
    ("main", &["app", "cli", "config"]),
    ("app", &["cli", "clock", "config", "engine", "error", "model", "runtime", "store"]),
    ("config", &["cli", "model"]),
];

/// Which rooms of the engine a room of it may use. `rules` is pure: of the other crates it
/// uses plain data, and nothing that acts.
const ENGINE: &[(&str, &[&str])] = &[
    ("rules", &[]),
    ("ground", &["rules"]),
    ("run", &["ground", "rules"]),
    ("billing", &["ground", "rules", "run"]),
    ("sync", &["billing", "ground", "rules", "run"]),
    ("desk", &["billing", "ground", "rules", "run"]),
    ("work", &["ground", "rules", "run"]),
];

/// What every room of the engine may use.
const ENGINE_BASE: &[&str] = &["boxed", "clock", "error"];

/// The engine's handles: public verbs of theirs stand where their noun is, and nothing else.
const HANDLES: &[&str] = &["Engine", "Tenant"];

/// What only one room may depend on, but for tests.
const OWNED: &[(&str, &str)] = &[
    ("wasmtime", "runtime"),
    ("rusqlite", "store"),
    ("refinery", "store"),
    ("reqwest", "runtime"),
    ("clap", "cli"),
    ("comfy-table", "cli"),
    ("indicatif", "cli"),
    ("rpassword", "cli"),
    ("wit-component", "builder"),
];

/// Vendors: a host that names one has begun to treat it specially.
const VENDORS: &[&str] = &[
    "autotask",
    "pulseway",
    "kaseya",
    "vsax",
    "vsa x",
    "datto",
    "sophos",
    "connectwise",
    "halopsa",
    "ninjaone",
    "bms",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// The lines of a file that are code: no comments, and nothing from the tests on.
fn code(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(str::to_owned)
        .collect()
}

/// The sources of the host: those of its rooms, and of the program that joins them.
fn sources() -> Vec<PathBuf> {
    let rooms = ROOMS.iter().map(|(room, _)| root().join("host").join(room).join("src"));
    rooms.chain([root().join("host/src")]).collect()
}

/// What a crate of the host depends on, but for tests.
fn dependencies(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn rooms_use_only_the_doors_the_table_gives_them() {
    let host = root().join("host");
    let mut wrong = Vec::new();
    for (room, uses) in ROOMS {
        let named = dependencies(&host.join(room));
        let rooms: BTreeSet<&str> = named.iter().filter_map(|name| name.strip_prefix("crosswalk-")).collect();
        if rooms != uses.iter().copied().collect() {
            wrong.push(format!("`{room}` builds on {rooms:?}, and the table says {uses:?}"));
        }
    }
    for (krate, owner) in OWNED {
        for (room, folder) in
            ROOMS.iter().map(|(room, _)| (*room, host.join(room))).chain([("the program", host.clone())])
        {
            if dependencies(&folder).contains(*krate) != (room == *owner) {
                wrong.push(format!("`{krate}` belongs to `{owner}`, and not to `{room}`"));
            }
        }
    }
    for entry in std::fs::read_dir(&host).unwrap().map(|entry| entry.unwrap().path()) {
        let room = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.join("Cargo.toml").exists() && !ROOMS.iter().any(|(known, _)| *known == room) {
            wrong.push(format!("the room `{room}` is not in the table"));
        }
    }
    for file in files(&host.join("src"), ".rs") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "lib" {
            continue;
        }
        let Some((_, uses)) = PROGRAM.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{}: not in the table", file.display()));
            continue;
        };
        for line in code(&file) {
            for (at, word) in line.match_indices("crate::").chain(line.match_indices("crosswalk::")) {
                let after = &line[at + word.len()..];
                let used: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !used.is_empty() && used != name && !uses.contains(&used.as_str()) {
                    wrong.push(format!("{}: `{name}` uses `{used}`: {}", file.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first names after `crate::` in code, those of a group included.
fn names_after_crate(code: &str) -> Vec<String> {
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut names = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let after = &code[at + found.len()..];
        match after.strip_prefix('{') {
            None => names.push(word(after)),
            Some(group) => {
                let mut depth = 0;
                let mut first = true;
                for (at, c) in group.char_indices() {
                    if depth == 0 && first && c.is_alphabetic() {
                        names.push(word(&group[at..]));
                        first = false;
                    }
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => first = true,
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

#[test]
fn the_rooms_of_the_engine_use_only_those_below_them() {
    let source = root().join("host/engine/src");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in files(&source, ".rs") {
        let inside = file.strip_prefix(&source).unwrap().with_extension("");
        let room = inside.iter().next().unwrap().to_string_lossy().into_owned();
        if ["lib", "clock", "error", "testkit"].contains(&room.as_str()) || inside.iter().any(|part| part == "tests") {
            continue;
        }
        let Some((_, uses)) = ENGINE.iter().find(|(known, _)| *known == room) else {
            wrong.push(format!("{}: `{room}` is not in the table", file.display()));
            continue;
        };
        let code = code(&file).join("\n");
        for used in names_after_crate(&code).into_iter().filter(|used| *used != room) {
            if !uses.contains(&used.as_str()) && !ENGINE_BASE.contains(&used.as_str()) {
                wrong.push(format!("{}: `{room}` uses `{used}`", file.display()));
            }
            seen.insert((room.clone(), used));
        }
        if room == "rules"
            && ["async ", "tokio::", "TenantStore", "Connector", "Clock", "std::fs", "Timestamp::now"]
                .iter()
                .any(|not| code.contains(not))
        {
            wrong.push(format!("{}: a rule is pure", file.display()));
        }
    }
    for (room, uses) in ENGINE {
        for used in uses.iter().filter(|used| !seen.contains(&((*room).to_owned(), (**used).to_owned()))) {
            wrong.push(format!("`{room}` does not use `{used}`: the table is to say so"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A method that stands elsewhere is a use that no import shows.
#[test]
fn methods_in_the_engine_stand_in_the_file_of_their_type() {
    let source = root().join("host/engine/src");
    let all: Vec<(PathBuf, String)> =
        files(&source, ".rs").into_iter().map(|file| (file.clone(), code(&file).join("\n"))).collect();
    let named = |line: &str, words: &[&str]| -> Option<String> {
        let at = words.iter().find_map(|word| Some(line.find(word)? + word.len()))?;
        Some(line[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
    };
    let types: BTreeSet<(PathBuf, String)> = all
        .iter()
        .flat_map(|(file, code)| code.lines().map(move |line| (file, line)))
        .filter(|(_, line)| !line.starts_with(' '))
        .filter_map(|(file, line)| Some((file.clone(), named(line, &["struct ", "enum ", "union "])?)))
        .collect();
    let mut wrong = Vec::new();
    let mut blocks = 0;
    for (file, code) in &all {
        let mut handle = None;
        for line in code.lines() {
            if line.starts_with("impl") && !line.contains(" for ") {
                blocks += 1;
                let subject = line.trim_start_matches("impl").trim_start();
                let subject = if subject.starts_with('<') { subject.split_once("> ").unwrap().1 } else { subject };
                let name: String = subject.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // In the file of the type, or in a file of the folder that belongs to that file or holds it.
                let home = types.iter().filter(|(_, known)| *known == name).any(|(home, _)| {
                    home == file
                        || file.starts_with(home.with_extension(""))
                        || (home.parent() == file.parent()
                            && file.components().count() > source.components().count() + 3)
                });
                handle = (!home && HANDLES.contains(&name.as_str())).then_some(name.clone());
                if !home && handle.is_none() {
                    wrong.push(format!("{}: methods of `{name}`", file.display()));
                }
            } else if line.starts_with('}') {
                handle = None;
            } else if let Some(handle) = &handle
                && line.starts_with("    ")
                && !line.starts_with("     ")
                && line.contains("fn ")
                && !line.trim_start().starts_with("pub fn ")
                && !line.trim_start().starts_with("pub async fn ")
            {
                wrong.push(format!(
                    "{}: only public verbs of `{handle}` stand outside its file: {}",
                    file.display(),
                    line.trim()
                ));
            }
        }
    }
    assert!(blocks > 40, "{blocks}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What prints, draws or prompts, and the one file of the program that may.
#[test]
fn words_reach_a_terminal_by_one_way() {
    const WAYS: &[&str] = &[
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "dbg!(",
        "io::stdout",
        "io::stderr",
        "io::stdin",
        "DrawTarget::stderr",
        "prompt_password",
    ];
    let way_out = root().join("host/cli/src/terminal.rs");
    let mut wrong = Vec::new();
    for file in sources().iter().flat_map(|source| files(source, ".rs")).filter(|file| *file != way_out) {
        let inside = file.strip_prefix(root()).unwrap();
        if inside.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs") {
            continue;
        }
        for line in code(&file) {
            // A file may be given by standard input.
            let reads = line.contains("stdin().read_to_end");
            if WAYS.iter().any(|way| line.contains(way)) && !reads {
                wrong.push(format!("{}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "only host/cli/src/terminal.rs prints and prompts:\n{}", wrong.join("\n"));
    let there = code(&way_out);
    assert!(there.iter().any(|line| line.contains("io::stdout()")), "the way out is not where this test looks");
}

#[test]
fn every_file_opens_with_what_it_is() {
    let mut wrong = Vec::new();
    for folder in ["host", "plugins", "tests"] {
        for file in files(&root().join(folder), ".rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            if !text.lines().take(3).any(|line| line.starts_with("//!")) {
                wrong.push(file.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "these do not open with `//!`:\n{}", wrong.join("\n"));
}

#[test]
fn the_host_and_the_contract_know_no_vendor() {
    let mut wrong = Vec::new();
    let mut look = |file: PathBuf, lines: Vec<String>| {
        for line in lines {
            let lower = line.to_lowercase();
            let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != ' ').collect();
            for vendor in VENDORS {
                if words.iter().any(|word| word.contains(vendor) && (vendor.len() > 3 || *word == *vendor)) {
                    wrong.push(format!("{}: {}", file.display(), line.trim()));
                }
            }
        }
    };
    for file in files(&root().join("host"), ".rs") {
        let lines = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
        look(file, lines);
    }
    for ending in [".wit", ".toml"] {
        for file in files(&root().join("wit"), ending) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
            look(file, lines);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_of_the_house_stays_bare() {
    let mut there: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    there.sort();
    let wanted = [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "Makefile",
        "README.md",
        "SECURITY.md",
        "deny.toml",
        "docs",
        "host",
        "plugins",
        "tests",
        "wit",
    ];
    assert_eq!(there, wanted);
}

#[test]
fn every_plugin_has_a_simulator_a_manifest_and_a_page() {
    let root = root();
    for plugin in std::fs::read_dir(root.join("plugins")).unwrap().map(|entry| entry.unwrap().path()) {
        if !plugin.join("plugin.toml").exists() {
            continue;
        }
        let name = plugin.file_name().unwrap().to_string_lossy().replace('-', "_");
        assert!(plugin.join("README.md").exists(), "{name} has no README.md");
        assert!(root.join("tests/sims/src").join(&name).exists(), "{name} has no simulator in tests/sims/src");
    }
}

#[test]
fn the_catalogue_reads_and_every_reference_names_its_kind() {
    use crosswalk::model::{Kind, catalogue};
    let mut fields = 0;
    for kind in Kind::ALL {
        for (name, field) in catalogue::fields(kind) {
            fields += 1;
            let reference = field.type_ == catalogue::FieldType::Reference;
            assert_eq!(reference, field.to.is_some(), "{kind}.{name}");
            assert!(field.meaning.ends_with('.'), "{kind}.{name}: its meaning is a sentence");
        }
    }
    assert!(fields > 50, "{fields}");
}
