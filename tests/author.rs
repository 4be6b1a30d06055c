//! The author's page (`plugins/README.md`) holds: its connector is taken from the page,
//! passes its own test, and is built and installed with the commands it names.

use crate::harness::{TestApp, program::Program};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The code block that follows a file's name.
fn block<'p>(page: &'p str, file: &str) -> &'p str {
    let page = page.split_once("## To write one").expect("the part for authors").1;
    let from = page.find(&format!("`{file}`")).unwrap_or_else(|| panic!("the page has no {file}"));
    let code = page[from..].split("\n```").nth(1).expect("a block");
    code.split_once('\n').expect("a language").1
}

#[tokio::test]
async fn the_connector_of_the_authors_page_is_tested_built_and_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project");
    let page = std::fs::read_to_string(root.join("plugins/README.md")).expect("the page");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target folder").to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["Cargo.toml", "plugin.toml", "src/lib.rs", "tests/acme.rs"] {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let sdk = root.join("plugins/sdk").display().to_string();
        std::fs::write(&path, block(&page, file).replace("\"SDK\"", &format!("\"{sdk}\""))).expect("a file");
    }
    // The versions that are there already.
    std::fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("a lock file");
    let tested = Command::new("cargo")
        .args(["test", "--offline", "--quiet", "--target-dir"])
        .arg(target.join("author"))
        .current_dir(folder.path())
        .output()
        .expect("cargo");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));

    let file = folder.path().join("acme-rmm.wasm");
    let line =
        format!("plugin build {} --target-dir {} --out {}", folder.path().display(), target.display(), file.display());
    Program::empty().run(&line).ends(0);
    let app = TestApp::start().await;
    let added = app.engine.plugin_add(&file).await.expect("it fits the contract");
    assert_eq!(added.plugin.manifest.title, "Acme RMM");
    assert_eq!(added.plugin.description.expect("a description").kinds.len(), 1);
}
