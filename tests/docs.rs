//! The pages for people hold: every link leads somewhere, and every file and test that a page names is there. What a page
//! says is left to its readers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The pages of the house.
fn pages() -> Vec<PathBuf> {
    files(&root(), ".md")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// A page without its blocks of code, and the code in its lines.
fn words(page: &Path) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(page).unwrap();
    let outside: Vec<&str> = text.split("```").step_by(2).collect();
    let (mut prose, mut code) = (String::new(), Vec::new());
    for (at, part) in outside.join("").split('`').enumerate() {
        if at % 2 == 0 {
            prose.push_str(part);
        } else {
            code.push(part.to_owned());
        }
    }
    (prose, code)
}

/// The anchors of a page, one for each heading.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let outside: Vec<&str> = text.split("```").step_by(2).collect();
    let headings = outside.iter().flat_map(|part| part.lines()).filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let kept = |c: char| match c {
            ' ' => Some('-'),
            c => (c.is_alphanumeric() || c == '-' || c == '_').then_some(c),
        };
        heading.trim_start_matches('#').trim().to_lowercase().chars().filter_map(kept).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let (mut wrong, mut followed) = (Vec::new(), 0);
    for page in pages() {
        let (prose, _) = words(&page);
        for link in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            followed += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let is_there = target.exists() && (anchor.is_empty() || anchors(&target).contains(anchor));
            if !is_there {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these links lead nowhere:\n{}", wrong.join("\n"));
    assert!(followed > 30, "{followed}");
}

/// Pages about the house name its files from its top, and its tests; those of plugins name files of a plugin's folder.
#[test]
fn every_file_and_test_a_page_names_is_there() {
    let tops = ["docs/", "host/", "plugins/", "tests/", "wit/"];
    let is_path = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c));
    let is_test = |name: &str| {
        name.matches('_').count() >= 3 && name.chars().all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let sources: Vec<String> = ["host", "plugins", "tests", "wit"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), ".rs"))
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let (mut wrong, mut tests) = (Vec::new(), 0);
    for page in pages().into_iter().filter(|page| !page.starts_with(root().join("plugins"))) {
        for name in words(&page).1 {
            let is_there = if is_test(&name) {
                tests += 1;
                let function = format!("fn {name}(");
                sources.iter().any(|source| source.contains(&function))
            } else {
                let from_the_top = is_path(&name) && tops.iter().any(|top| name.starts_with(top));
                !from_the_top || root().join(&name).exists()
            };
            if !is_there {
                wrong.push(format!("{}: `{name}`", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these are named and not there:\n{}", wrong.join("\n"));
    assert!(tests > 10, "{tests}");
}
