//! What is no plugin is refused by name, before it can do anything.

use crate::harness::component;
use crate::harness::program::Program;
use sha2::Digest as _;

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
            &["the manifest is wrong at `endpoints.api.hosts`", "`https://*.example` is not a pattern"],
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
            .refused(1, &[&["plugin.toml is invalid"], words].concat());
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
    for words in ["It wants to reach", "integration-code", "owner-resource-id", "AT ONCE", "10,000 calls in 3,600 s"] {
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

#[test]
fn plugins_of_another_contract_or_changed_are_marked_and_the_others_are_listed() {
    let program = Program::with_plugins();
    let list = program.run("plugin list --json").ends(0).json();
    let digest_of = |id: &str| {
        let all = list.as_array().unwrap();
        let view = all.iter().find(|view| view["manifest"]["id"] == id).unwrap();
        view["digest"].as_str().unwrap().to_owned()
    };
    // What an older host installed, as its database and its folder have it.
    let older = shell("0.1.0", &MANIFEST.replace("0.2.0", "0.1.0"), "");
    let name: String = sha2::Sha256::digest(&older).iter().map(|byte| format!("{byte:02x}")).collect();
    program.write(&format!("plugins/{name}.wasm"), &older);
    let store = rusqlite::Connection::open(program.folder().join("crosswalk.db")).unwrap();
    let insert =
        "INSERT INTO plugins (id, version, digest, manifest, file, added_at) VALUES (?1, '1.0.0', ?2, ?3, ?4, 0)";
    for (id, digest) in [("aaa-older", name.as_str()), ("zzz-lost", &"0".repeat(64))] {
        let manifest = MANIFEST.replace("id = \"x\"", &format!("id = \"{id}\""));
        store.execute(insert, [id, digest, &manifest, &format!("{digest}.wasm")]).unwrap();
    }
    drop(store);
    std::fs::copy(component("autotask"), program.folder().join(format!("plugins/{}.wasm", digest_of("misbehaving"))))
        .unwrap();

    let said = program.run("plugin list").ends(4);
    for words in [
        "autotask",
        "pulseway-rmm",
        "LOOKS UP BY",
        "aaa-older 1.0.0 cannot be used: the component is written for contract 0.1.0 and this host speaks 0.2.0",
        "build it against this host's `wit/`",
        "crosswalk plugin add",
        "misbehaving 0.1.0 cannot be used: the plugin file has digest",
        "zzz-lost 1.0.0 cannot be used: the plugin file",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.whole());
    }
    let listed = program.run("plugin list --json").ends(4).json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 5);
    for view in listed {
        let id = view["manifest"]["id"].as_str().unwrap();
        let usable = ["autotask", "pulseway-rmm"].contains(&id);
        assert_eq!((view["problem"].is_null(), view["description"].is_null()), (usable, !usable), "{view}");
    }
    // Each of them alone says the same.
    program.run("plugin inspect aaa-older").refused(1, &["is written for contract 0.1.0"]);
}

#[test]
fn a_superseded_plugin_that_cannot_be_used_counts_only_while_a_connection_is_pinned_to_it() {
    let program = Program::with_plugins();
    let older = shell("0.1.0", &MANIFEST.replace("0.2.0", "0.1.0"), "");
    let digest: String = sha2::Sha256::digest(&older).iter().map(|byte| format!("{byte:02x}")).collect();
    program.write(&format!("plugins/{digest}.wasm"), &older);
    let manifest = MANIFEST.replace("id = \"x\"", "id = \"autotask\"");
    let store = rusqlite::Connection::open(program.folder().join("crosswalk.db")).unwrap();
    store
        .execute(
            "INSERT INTO plugins (id, version, digest, manifest, file, added_at) VALUES ('autotask', '0.0.1', ?1, ?2, ?3, 0)",
            [digest.as_str(), &manifest, &format!("{digest}.wasm")],
        )
        .unwrap();

    let superseded = |code: i32| {
        let listed = program.run("plugin list --json").ends(code).json();
        let of = |version: &str| {
            let mut all = listed.as_array().unwrap().iter();
            all.find(|view| view["manifest"]["id"] == "autotask" && view["manifest"]["version"] == version)
                .map(|view| view["superseded"].clone())
        };
        (of("0.0.1"), of("0.1.0"))
    };
    let said = program.run("plugin list").ends(0).out;
    assert!(said.contains("autotask 0.0.1 is superseded and cannot be used: the component is written for"), "{said}");
    assert_eq!(superseded(0), (Some(true.into()), Some(false.into())));

    // A connection of another tenant is pinned to it: then it counts.
    store
        .execute_batch(&format!(
            "INSERT INTO tenants (id, name, added_at) VALUES (77, 'other', 0);
             INSERT INTO connections (tenant, name, plugin, digest, settings, grants, buckets, revision)
             VALUES (77, 'psa', 'autotask', '{digest}', '{{}}', '{{}}', '{{}}', 1);"
        ))
        .unwrap();
    let said = program.run("plugin list").ends(4).out;
    assert!(said.contains("autotask 0.0.1 cannot be used: the component is written for"), "{said}");
    assert_eq!(superseded(4), (Some(false.into()), Some(false.into())));
    // Its own tenant sees a row without a title, and the code that the help names.
    let said = program.run("connection list --tenant other").ends(4).out;
    let row = said.lines().find(|line| line.starts_with("psa")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["psa", "autotask", "-", "0 of 0", "-", "its plugin cannot be used"], "{said}");
    let help = program.run("connection list --help").ends(0).out;
    assert!(help.contains("exit code is 4"), "{help}");
    let codes = program.run("--help").ends(0).out;
    assert!(codes.lines().any(|line| line.trim().starts_with("4 ") && line.contains("plugin")), "{codes}");
}
