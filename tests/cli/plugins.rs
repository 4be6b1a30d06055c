//! What is no plugin is refused by name, before it can do anything.

use crate::harness::component;
use crate::harness::program::Program;

const MANIFEST: &str = "id = \"x\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\ntitle = \"X\"\n";

/// A component of nothing but these imports and this contract version.
fn shell(contract: &str, manifest: &str, import: &str) -> Vec<u8> {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let text = format!(
        "(component {import} (@custom \"crosswalk:contract\" \"{}\") (@custom \"crosswalk:manifest\" \"{}\"))",
        quoted(contract),
        quoted(manifest)
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn a_file_that_is_no_plugin_is_refused_and_says_what_it_is() {
    let program = Program::empty();
    let foreign = "(import \"vendor:other/door@1.0.0\" (instance))";
    let unknown = format!("{MANIFEST}colour = \"red\"\n");
    let pattern = format!("{MANIFEST}[endpoints.api]\nhosts = \"https://*.example\"\n");
    for (name, bytes, words) in [
        ("text.wasm", b"hello".to_vec(), &["this is no WebAssembly component", "crosswalk plugin build"] as &[&str]),
        (
            "core.wasm",
            wat::parse_str("(module)").unwrap(),
            &["this is a core WebAssembly module, not a component", "crosswalk plugin build"],
        ),
        ("later.wasm", shell("0.9.0", MANIFEST, ""), &["is written for contract 0.9.0 and this host speaks 0.2.0"]),
        (
            "foreign.wasm",
            shell("0.2.0", MANIFEST, foreign),
            &["the component imports `vendor:other/door@1.0.0`, which this host does not provide"],
        ),
        ("unknown.wasm", shell("0.2.0", &unknown, ""), &["the manifest cannot be read", "unknown field `colour`"]),
        (
            "pattern.wasm",
            shell("0.2.0", &pattern, ""),
            &["the manifest is wrong at `endpoints.api.hosts`", "`https://*.example` is no pattern"],
        ),
        ("hollow.wasm", shell("0.2.0", MANIFEST, ""), &["does not fit the contract 0.2.0: no export `"]),
    ] {
        let file = program.write(name, bytes);
        let said = program.run(&format!("plugin add {}", file.display())).refused(1, words);
        assert!(said.err.contains(name), "the hint names the file: {}", said.whole());
    }
    program.run("plugin add no/such/file.wasm").refused(1, &["cannot use no/such/file.wasm"]);
    program.run("plugin inspect nowhere").refused(1, &["there is no plugin `nowhere`", "crosswalk plugin list"]);
    program
        .run("connection add c --plugin nowhere")
        .refused(1, &["there is no plugin `nowhere`", "crosswalk plugin add"]);
    let listed = program.run("plugin list").ends(0);
    assert_eq!(listed.out, "no plugin is installed: `crosswalk plugin add FILE` installs one\n");
}

#[test]
fn a_source_folder_with_a_wrong_manifest_is_refused_before_anything_is_compiled() {
    let program = Program::empty();
    let folder = program.folder().join("source");
    std::fs::create_dir(&folder).unwrap();
    for (more, words) in [
        ("colour = \"red\"", &["unknown field `colour`", "line 5"] as &[&str]),
        (
            "[endpoints.api]\nreads = [{ path = \"search\", form = \"query\" }]",
            &["`endpoints.api.reads", "a path starts with `/`"],
        ),
        (
            "[endpoints.api]\nhosts = \"https://*.example\"",
            &["`endpoints.api.hosts`", "`*` stands for part of a label"],
        ),
        ("[buckets.b]\npaths = \"/a//b\"\ncalls = 1", &["`buckets.b.paths`", "a segment is empty"]),
        ("[troubleshooting]\nangry = \"x\"", &["`troubleshooting.angry`", "use one of denied"]),
    ] {
        std::fs::write(folder.join("plugin.toml"), format!("{MANIFEST}{more}\n")).unwrap();
        program
            .run(&format!("plugin build {}", folder.display()))
            .refused(1, &[&["plugin.toml is refused"], words].concat());
    }
    program.run("plugin build no/such/folder").ends(1);
}

#[test]
fn an_installed_plugin_is_listed_and_one_that_was_changed_is_not_run() {
    let program = Program::with_plugins();
    let table = program.run("plugin list").ends(0).out;
    for words in ["PLUGIN", "CONTRACT", "autotask", "pulseway-rmm", "misbehaving", "LOOKS UP BY", "customer", "stamp"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let list = program.run("plugin list --json").ends(0).json();
    assert_eq!(list.as_array().unwrap().len(), 3);
    let inspected = program.run("plugin inspect autotask").ends(0).out;
    for words in ["It wants to reach", "integration-code", "owner-resource-id", "AT ONCE", "10000 calls in 3600 s"] {
        assert!(inspected.contains(words), "{words}: {inspected}");
    }
    // The same file again is known; what stands in its place under its name is not run.
    let again = program.run(&format!("plugin add {} --json", component("guests").display())).ends(0).json();
    assert_eq!(again["known"], true);
    let digest = again["plugin"]["digest"].as_str().unwrap();
    let kept = program.folder().join("plugins").join(format!("{digest}.wasm"));
    std::fs::copy(component("autotask"), kept).unwrap();
    program.run("plugin inspect misbehaving").refused(1, &["is pinned", "crosswalk plugin add"]);
    // Added once more, it is mended.
    program.run(&format!("plugin add {}", component("guests").display())).ends(0);
    program.run("plugin inspect misbehaving").ends(0);
}
