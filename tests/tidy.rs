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
    ("cli", &["builder", "engine", "model"]),
];

/// Which rooms the files of the program itself may use.
const PROGRAM: &[(&str, &[&str])] = &[
    ("main", &["app", "cli", "config"]),
    ("app", &["cli", "clock", "config", "engine", "error", "runtime", "store"]),
    ("config", &["cli", "model"]),
];

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
