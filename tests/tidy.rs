//! Tests that read the source: the table of rooms, headers, and words that must not stand
//! where they would be the beginning of a special case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which rooms of the host a room may use. A room that is not here may use nothing.
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["app", "builder", "cli", "clock", "config", "engine", "error", "model", "runtime", "store"]),
    ("app", &["builder", "cli", "clock", "config", "engine", "error", "model", "runtime", "store"]),
    ("config", &["cli", "model"]),
    ("cli", &["builder", "engine", "error", "model"]),
    ("engine", &["clock", "error", "model", "runtime", "store"]),
    ("builder", &["model"]),
    ("runtime", &["model"]),
    ("store", &["model"]),
    ("model", &[]),
    ("error", &["model", "store"]),
    ("clock", &["model"]),
];

/// What only one room may name.
const OWNED: &[(&str, &str)] = &[
    ("wasmtime", "runtime"),
    ("rusqlite", "store"),
    ("refinery", "store"),
    ("reqwest", "runtime"),
    ("clap", "cli"),
    ("comfy_table", "cli"),
    ("indicatif", "cli"),
    ("rpassword", "cli"),
    ("wit_component", "builder"),
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

fn room_of(source: &Path, file: &Path) -> String {
    let first = file.strip_prefix(source).unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn rooms_use_only_the_doors_the_table_gives_them() {
    let source = root().join("host/src");
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ROOMS.iter().map(|(room, uses)| (*room, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in files(&source, ".rs") {
        let room = room_of(&source, &file);
        let inside = file.strip_prefix(&source).unwrap();
        let tests = inside.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs");
        if room == "lib" || tests {
            continue;
        }
        let Some(uses) = allowed.get(room.as_str()) else {
            wrong.push(format!("{}: the room `{room}` is not in the table", file.display()));
            continue;
        };
        seen.insert(room.clone());
        for line in code(&file) {
            for (_, after) in line.match_indices("crate::").map(|(at, word)| (at, &line[at + word.len()..])) {
                let used: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !used.is_empty() && used != room && !uses.contains(used.as_str()) {
                    wrong.push(format!("{}: `{room}` uses `{used}`: {}", file.display(), line.trim()));
                }
            }
            for (krate, owner) in OWNED {
                let named = line.contains(&format!("{krate}::")) || line.contains(&format!("use {krate}"));
                if named && room != *owner && !(room == "main" || room == "app") {
                    wrong.push(format!("{}: only `{owner}` names {krate}: {}", file.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (room, _) in ROOMS {
        assert!(seen.contains(*room), "the table names a room that is not there: {room}");
    }
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
    let source = root().join("host/src");
    let way_out = source.join("cli/terminal.rs");
    let mut wrong = Vec::new();
    for file in files(&source, ".rs").into_iter().filter(|file| *file != way_out) {
        let inside = file.strip_prefix(&source).unwrap();
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
    assert!(wrong.is_empty(), "only cli/terminal.rs prints and prompts:\n{}", wrong.join("\n"));
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
    for file in files(&root().join("host/src"), ".rs") {
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
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "Makefile",
        "README.md",
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
