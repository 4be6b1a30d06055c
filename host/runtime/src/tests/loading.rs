//! Loading a plugin from a file: refusals, and use of the cache.

use super::guest::{MANIFEST, component, component_of, core, guest, plugin};
use super::*;
use crate::{OpenError, PluginError};
use std::path::Path;

const FINE: &str = "(i32.const 1024)";

async fn refused(bytes: &[u8]) -> String {
    match runtime(|_| ()).load(bytes).await {
        Ok(_) => panic!("it was loaded"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_component_that_fits_is_loaded_once() {
    let runtime = runtime(|_| ());
    let guest = guest(FINE);
    let plugin = runtime.load(&guest).await.unwrap();
    assert_eq!(plugin.manifest().id.as_str(), "hand-made");
    assert_eq!(plugin.inspected().imports, Runtime::inspect(&guest).unwrap().imports);
    assert_eq!(plugin.describe().await.unwrap().kinds, []);
    let again = runtime.load(&guest).await.unwrap();
    assert_eq!(again.digest(), plugin.digest());
    assert!(std::ptr::eq(again.manifest(), plugin.manifest()), "it was compiled again");
}

#[tokio::test]
async fn a_foreign_import_is_refused_by_name() {
    let foreign = wat::parse_str(
        r#"(component (import "vendor:other/door@1.0.0" (instance)) (import "wasi:cli/environment@0.2.3" (instance)))"#,
    )
    .unwrap();
    let message = refused(&plugin(&foreign, MANIFEST)).await;
    assert!(
        message.starts_with("the component imports `vendor:other/door@1.0.0`, which this host does not provide"),
        "{message}"
    );
}

#[tokio::test]
async fn a_component_that_does_not_fit_the_contract_is_refused() {
    let empty = wat::parse_str("(component)").unwrap();
    let message = refused(&plugin(&empty, MANIFEST)).await;
    assert!(
        message.starts_with("the component does not fit the contract 0.2.0")
            && message.contains("no export `check` found"),
        "{message}"
    );
    let broken = [plugin(&empty, MANIFEST), vec![0xff, 0x01, 0x00]].concat();
    let message = refused(&broken).await;
    assert!(message.contains("no WebAssembly component") || message.contains("cannot be compiled"), "{message}");
}

#[tokio::test]
async fn what_is_too_large_is_not_even_read() {
    let guest = guest(FINE);
    let runtime = Runtime::new(RuntimeOptions { max_component_bytes: 100, ..RuntimeOptions::default() }).unwrap();
    let message = runtime.load(&guest).await.err().unwrap().to_string();
    assert!(message.contains(&format!("the component is {} bytes and the limit is 100", guest.len())), "{message}");
}

#[tokio::test]
async fn a_file_is_held_to_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wasm");
    let guest = guest(FINE);
    std::fs::write(&file, &guest).unwrap();
    let runtime = runtime(|_| ());
    let digest = Runtime::inspect(&guest).unwrap().digest;
    runtime.load_file(&file, &digest).await.unwrap();
    std::fs::write(&file, [guest, vec![0]].concat()).unwrap();
    assert!(
        matches!(runtime.load_file(&file, &digest).await, Err(PluginError::Digest { expected, .. }) if expected == digest)
    );
    assert!(matches!(runtime.load_file(Path::new("/nowhere"), &digest).await, Err(PluginError::File { .. })));
}

/// A runtime over a cache folder, and the one compiled file in it.
async fn compiled(folder: &Path, guest: &[u8]) -> std::path::PathBuf {
    let options = RuntimeOptions { cache_dir: Some(folder.to_owned()), ..RuntimeOptions::default() };
    let runtime = Runtime::new(options).unwrap();
    let plugin = runtime.load(guest).await.unwrap();
    plugin.describe().await.unwrap();
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "cwasm")).unwrap()
}

#[tokio::test]
async fn a_component_is_compiled_once_and_a_damaged_file_never_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let guest = guest(FINE);
    let file = compiled(&cache, &guest).await;
    let first = std::fs::read(&file).unwrap();
    compiled(&cache, &guest).await;
    assert_eq!(std::fs::read(&file).unwrap(), first, "it was compiled again");
    // Machine code of another component, under this one's name; then a flipped bit.
    let other = compiled(&folder.path().join("other"), &super::guest::guest("(i32.const 1032)")).await;
    let mut flipped = first.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    for bad in [std::fs::read(other).unwrap(), flipped, b"not a cache file".to_vec(), Vec::new()] {
        std::fs::write(&file, &bad).unwrap();
        compiled(&cache, &guest).await;
        let now = std::fs::read(&file).unwrap();
        assert!(now != bad && now.len() == first.len(), "it was not compiled anew");
    }
}

#[tokio::test]
async fn a_connection_is_opened_only_when_nothing_is_missing() {
    let runtime = runtime(|_| ());
    let plugin = runtime.load(&guest(FINE)).await.unwrap();
    let open = |change: &dyn Fn(&mut ConnectionSpec)| {
        let tenant = TenantName::default();
        let connection = connection(plugin.digest(), "http://127.0.0.1:9");
        let mut spec = ConnectionSpec { tenant, connection, secrets: secrets(), ports: Arc::new(TestPorts::default()) };
        change(&mut spec);
        runtime.open(&plugin, spec).map(drop).map_err(|error: OpenError| error.to_string())
    };
    assert_eq!(open(&|_| ()), Ok(()));
    for (message, change) in [
        ("secret `key` (Key)", (&|spec: &mut ConnectionSpec| spec.secrets.clear()) as &dyn Fn(&mut ConnectionSpec)),
        ("setting `user` is 7", &|spec| drop(spec.connection.settings.insert("user".to_owned(), 7.into()))),
        ("is for plugin `other`", &|spec| spec.connection.plugin = "other".parse().unwrap()),
        ("is pinned to the component abc", &|spec| spec.connection.digest = "abc".to_owned()),
        ("endpoint `api` has base `ftp://x`", &|spec| {
            spec.connection.grants.get_mut("api").unwrap().base = Some("ftp://x".to_owned())
        }),
        ("cannot be sent", &|spec| drop(spec.secrets.insert("key".to_owned(), Secret::new("a\nb")))),
    ] {
        let error = open(change).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn the_compiler_s_own_complaint_is_passed_on() {
    // Memories of 64-bit addresses are switched off.
    let core = core(FINE, "(memory i64 1)");
    let message = refused(&plugin(&component(&core), MANIFEST)).await;
    assert!(message.starts_with("the component cannot be compiled"), "{message}");
}

const WASI: [&str; 3] = [
    "package wasi:io@0.2.6;
     interface error { resource error; }
     interface streams {
       use error.{error};
       variant stream-error { last-operation-failed(error), closed }
       resource output-stream { write: func(contents: list<u8>) -> result<_, stream-error>; } }",
    "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; }",
    "package wasi:cli@0.2.6;
     interface environment { get-arguments: func() -> list<string>; }
     interface stdout { use wasi:io/streams@0.2.6.{output-stream}; get-stdout: func() -> output-stream; }
     interface exit { exit: func(status: result); }",
];

/// A guest with these imports of WASI in its core module.
fn with_wasi(check: &str) -> Vec<u8> {
    let imports = r#"
  (import "wasi:cli/environment@0.2.6" "get-arguments" (func $arguments (param i32)))
  (import "wasi:random/random@0.2.6" "get-random-u64" (func $random (result i64)))
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.6" "[method]output-stream.write" (func $write (param i32 i32 i32 i32)))
  (import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))
  (memory"#;
    let core = core(check, "").replacen("(memory", imports, 1);
    let world = "import wasi:cli/environment@0.2.6; import wasi:random/random@0.2.6; import wasi:cli/stdout@0.2.6; import wasi:cli/exit@0.2.6;";
    plugin(&component_of(&core, &WASI, world), MANIFEST)
}

#[tokio::test]
async fn wasi_is_there_and_leads_nowhere() {
    let runtime = runtime(|_| ());
    // Arguments are empty, a random number is not 0, and what is printed is taken.
    let starting = with_wasi(
        "(call $arguments (i32.const 3000)) (if (i32.load (i32.const 3004)) (then unreachable))
         (if (i64.eqz (call $random)) (then unreachable))
         (call $write (call $stdout) (i32.const 2048) (i32.const 4) (i32.const 3100))
         (if (i32.load8_u (i32.const 3100)) (then unreachable))
         (i32.const 1024)",
    );
    let (connector, _) = opened(&runtime, &starting).await;
    assert_eq!(check(&connector).await, Ok(String::new()));
    let (connector, _) = opened(&runtime, &with_wasi("(call $exit (i32.const 0)) (i32.const 1024)")).await;
    let message = check(&connector).await.unwrap_err();
    assert!(message.contains("wasi:cli/exit@0.2.6#exit"), "{message}");
}
