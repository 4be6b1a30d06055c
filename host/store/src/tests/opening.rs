//! Opening: a file that is not a sound database of ours is reported, and left as it is.

use super::*;
use rusqlite::Connection as Db;
use std::io::{Seek, SeekFrom, Write};

/// Opens the database of a folder, and expects a refusal that leaves the file as it was.
fn refused(folder: &Path) -> StoreError {
    let before = std::fs::read(folder.join("db")).unwrap();
    let error = open(folder).unwrap_err();
    assert_eq!(std::fs::read(folder.join("db")).unwrap(), before, "the file was changed: {error}");
    let text = error.to_string();
    assert!(text.contains("nothing was changed") && text.contains("db"), "{text}");
    error
}

/// A closed database with some rows in it.
async fn closed() -> tempfile::TempDir {
    let bed = Bed::new().await;
    let records: Vec<_> = (0..500).map(|id| record(&id.to_string(), Some("a"))).collect();
    bed.tenant.records_put(&rmm(), Kind::Asset, &records, T0).await.unwrap();
    bed.store.close().await;
    bed.folder
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = closed().await;
    let db = Db::open(folder.path().join("db")).unwrap();
    let newest: i64 = db.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0)).unwrap();
    db.execute(
        "INSERT INTO refinery_schema_history SELECT 99, 'later', applied_on, '1' FROM refinery_schema_history LIMIT 1",
        [],
    )
    .unwrap();
    drop(db);
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Newer { found: 99, known, .. } if known == newest), "{error}");
}

#[tokio::test]
async fn a_database_of_another_build_is_refused() {
    let folder = closed().await;
    let db = Db::open(folder.path().join("db")).unwrap();
    db.execute("UPDATE refinery_schema_history SET checksum = '1'", []).unwrap();
    drop(db);
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Diverged { version: 1, .. }), "{error}");
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Db::open(folder.path().join("db")).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("db"), "this is a letter to my mother, not a database").unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");

    for (what, at) in [("the header", 20), ("the table of tables", 100)] {
        let folder = closed().await;
        let mut file = std::fs::File::options().write(true).open(folder.path().join("db")).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[0xAB; 400]).unwrap();
        drop(file);
        let error = refused(folder.path());
        assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error}");
    }

    let folder = closed().await;
    let file = std::fs::File::options().write(true).open(folder.path().join("db")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2 / 8192 * 8192).unwrap();
    drop(file);
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "cut short: {error}");
}

#[tokio::test]
async fn damage_found_later_is_told_as_such() {
    let folder = closed().await;
    let path = folder.path().join("db");
    let root: u32 = Db::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'records'", [], |row| row.get(0))
        .unwrap();
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(u64::from(root - 1) * 8192)).unwrap();
    file.write_all(&[0xAB; 8192]).unwrap();
    drop(file);
    let tenant = open(folder.path()).unwrap().tenant(&TenantName::default()).await.unwrap();
    let error = tenant.records_by_ids(&rmm(), Kind::Asset, &["1".into()]).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_database_that_is_being_migrated_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(folder.path().join("db")).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("try again"), "{error}");
    db.execute_batch("ROLLBACK").unwrap();
    open(folder.path()).unwrap();
}

#[tokio::test]
async fn a_database_another_process_writes_to_can_be_opened() {
    let bed = Bed::new().await;
    let db = Db::open(bed.folder.path().join("db")).unwrap();
    db.execute_batch("BEGIN IMMEDIATE; UPDATE tenants SET added_at = 0").unwrap();
    assert_eq!(bed.second().await.connection_list().await.unwrap().len(), 2);
}

#[test]
fn two_processes_may_make_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (path, key) = (path.clone(), KeySource::File(folder.path().join("key")));
            std::thread::spawn(move || Store::open(&path, &key).map(drop))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path()).unwrap();
    for file in ["db", "db-wal"] {
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(&error, StoreError::File { .. }) && error.to_string().contains("nowhere"), "{error}");
}
