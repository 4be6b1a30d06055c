//! Opening a database: examines the file first, and changes nothing unless all is well.
//!
//! An existing file is first opened for reading only, to see whether it is a database, whether it is ours, and whether
//! its version is known. Only then is it opened for writing, and only a new or older one is migrated, all steps in one
//! transaction. So a database that another process uses in a long transaction can still be opened, as nothing has to be
//! written for it.

use super::error::StoreError;
use refinery::Runner;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

mod embedded {
    refinery::embed_migrations!("src/migrations");
}

/// Time to wait for a lock of another process.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Number of connections that only read.
const READERS: usize = 2;
/// Page cache of the writer, in KiB: holds the indexes of some 100,000 records.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Page cache of each reader, in KiB.
const READER_CACHE_KIB: i64 = 4 * 1024;
/// Bytes of a page, fixed when a file is made. A batch of writes takes a sixth less time than with SQLite's 4 KiB, and
/// larger pages gain nothing more.
const PAGE: i64 = 8192;
/// Number of pages at which the log is folded into the file. The longer the log, the more often a page that changes
/// again and again is copied only once.
const LOG_PAGES: i64 = 5_000;
/// Number of statements kept prepared per connection; there are about a hundred.
const STATEMENTS: usize = 160;
/// Pause before a file that another process is making is examined again.
const MIGRATE_AGAIN: Duration = Duration::from_millis(20);
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Opens the file, makes or migrates it if needed, and returns the writer and the readers.
pub(super) fn open(path: &Path, patience: Duration) -> Result<(Connection, Vec<Connection>), StoreError> {
    bring_up_to_date(path, patience, &embedded::migrations::runner())?;
    connect(path, patience).map_err(|error| StoreError::from(error).in_file(path))
}

fn bring_up_to_date(path: &Path, patience: Duration, migrations: &Runner) -> Result<(), StoreError> {
    let until = Instant::now() + patience;
    loop {
        match look(path, patience, migrations).map_err(|error| examine(error, path))? {
            Found::Current => return Ok(()),
            Found::Nothing | Found::Older => match migrate(path, patience, migrations).map_err(|e| e.in_file(path)) {
                // The switch to a write-ahead log does not wait for another process that makes it, too.
                Err(StoreError::Locked { .. }) if Instant::now() < until => std::thread::sleep(MIGRATE_AGAIN),
                made => return made,
            },
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Older,
    Current,
}

fn look(path: &Path, patience: Duration, migrations: &Runner) -> Result<Found, StoreError> {
    let mut start = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)) {
        Ok(0) => return Ok(Found::Nothing),
        Ok(_) if start != MAGIC => {
            return Err(StoreError::Damaged { path: path.to_owned(), detail: "it does not begin as one".to_owned() });
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(source) => return Err(StoreError::File { path: path.to_owned(), source }),
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(patience)?;
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if !tables.iter().any(|name| name == "refinery_schema_history") {
        return if tables.is_empty() { Ok(Found::Nothing) } else { Err(StoreError::Foreign { path: path.to_owned() }) };
    }
    let known = migrations.get_migrations();
    let newest = known.iter().map(|migration| i64::from(migration.version())).max().unwrap_or(0);
    let applied: Vec<(i64, String)> = connection
        .prepare("SELECT version, checksum FROM refinery_schema_history ORDER BY version")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let found = applied.last().map_or(0, |(version, _)| *version);
    if found > newest {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: newest });
    }
    if applied.is_empty() && tables.len() > 1 {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    for (version, checksum) in &applied {
        let same = known.iter().any(|migration| {
            i64::from(migration.version()) == *version && migration.checksum().to_string() == *checksum
        });
        if !same {
            return Err(StoreError::Diverged { path: path.to_owned(), version: *version });
        }
    }
    Ok(if found == newest { Found::Current } else { Found::Older })
}

/// Adds the result of SQLite's own check to the error of a damaged file.
fn examine(error: StoreError, path: &Path) -> StoreError {
    match error.in_file(path) {
        StoreError::Damaged { path, detail } => {
            let check = || -> rusqlite::Result<Option<String>> {
                let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).optional()
            };
            let detail = match check() {
                Ok(Some(found)) if found != "ok" => format!("{detail}; {found}"),
                _ => detail,
            };
            StoreError::Damaged { path, detail }
        }
        other => other,
    }
}

fn migrate(path: &Path, patience: Duration, migrations: &Runner) -> Result<(), StoreError> {
    make_private(path)?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // Grouped: all steps in one transaction, or none.
    match Runner::new(migrations.get_migrations()).set_grouped(true).run(&mut connection) {
        Ok(_) => Ok(()),
        // Two processes may start at once. The second one finds the work done.
        Err(_) if matches!(look(path, patience, migrations), Ok(Found::Current)) => Ok(()),
        Err(error) => Err(migration_error(error)),
    }
}

/// The library's error, unless it contains a better one of the database library.
fn migration_error(error: refinery::Error) -> StoreError {
    if let refinery::error::Kind::Connection(_, cause) = error.kind()
        && let Some(inner) = cause.downcast_ref::<rusqlite::Error>()
        && inner.sqlite_error_code().is_some_and(|code| code != rusqlite::ErrorCode::Unknown)
    {
        return StoreError::Database(super::error::copy(inner));
    }
    StoreError::Migration(Box::new(error))
}

/// Makes an absent file readable by its owner only, as it will hold customers' data.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::File { path: path.to_owned(), source }),
    }
}

fn connect(path: &Path, patience: Duration) -> rusqlite::Result<(Connection, Vec<Connection>)> {
    let writer =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&writer, patience, WRITER_CACHE_KIB)?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "foreign_keys", true)?;
    writer.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    writer.pragma_update(None, "journal_size_limit", LOG_PAGES * PAGE)?;
    let readers = (0..READERS)
        .map(|_| {
            let reader =
                Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            prepare(&reader, patience, READER_CACHE_KIB)?;
            Ok(reader)
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok((writer, readers))
}

fn prepare(connection: &Connection, patience: Duration, cache_kib: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A statement's plan depends on the statement alone, not on values, and is not prepared again for them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use refinery::Migration;

    const SOON: Duration = Duration::from_millis(100);

    fn version(number: u32, sql: &str) -> Migration {
        Migration::unapplied(&format!("V{number}__step"), sql).unwrap()
    }

    fn tables(path: &Path) -> Vec<String> {
        let db = Connection::open(path).unwrap();
        let mut select = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'refinery%' ORDER BY name")
            .unwrap();
        select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn two_source_records_on_one_target_of_an_old_database_wait_for_a_person_and_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let all = embedded::migrations::runner();
        let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 10).cloned().collect();
        bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
        let db = Connection::open(&path).unwrap();
        let link = |kind: &str, source: &str, state: &str, target: &str| {
            db.execute(
                "INSERT INTO links (tenant, sync, kind, source, target_kind, revision, state, target, made, decided_by, \
                     decided_at, reason, written) VALUES (1, 1, ?1, ?2, ?1, 3, ?3, ?4, 0, 'operator', 1, 'r', '{}')",
                [kind, source, state, target],
            )
            .unwrap();
        };
        db.execute_batch(
            "INSERT INTO tenants (id, name, added_at) VALUES (1, 'default', 1); \
             INSERT INTO connections (id, tenant, name, plugin, digest, settings, grants, buckets, revision) VALUES \
                 (1, 1, 'rmm', 'p', 'd', '{}', '{}', '{}', 1), (2, 1, 'psa', 'p', 'd', '{}', '{}', '{}', 1); \
             INSERT INTO syncs (id, tenant, name, source, target, rules, revision) VALUES (1, 1, 's', 1, 2, '{}', 1); \
             INSERT INTO records (tenant, connection, kind, id, digest, seen_at, name, fields) VALUES \
                 (1, 2, 'customer', 't1', x'00', 1, 'Umbrella', '{}');",
        )
        .unwrap();
        for (kind, source, state, target) in [
            ("customer", "a", "linked", "t1"),
            ("customer", "b", "linked", "t1"),
            ("customer", "c", "linked", "t2"),
            ("customer", "d", "broken", "t1"),
            ("location", "e", "linked", "t3"),
            ("location", "f", "linked", "t3"),
        ] {
            link(kind, source, state, target);
        }
        drop(db);
        bring_up_to_date(&path, SOON, &all).unwrap();
        let db = Connection::open(&path).unwrap();
        let texts = |sql: &str| -> Vec<String> {
            let mut select = db.prepare(sql).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let states = texts("SELECT source || ' ' || state || ' ' || coalesce(target, '-') FROM links ORDER BY source");
        let expected = ["a conflict -", "b conflict -", "c linked t2", "d broken t1", "e linked t3", "f linked t3"];
        assert_eq!(states, expected);
        let reasons = texts("SELECT DISTINCT reason || candidates FROM links WHERE state = 'conflict'");
        let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
        assert!(reason.contains("to which another was linked as well") && reason.contains("Umbrella"), "{reason}");
        assert_eq!(texts("SELECT source || ' ' || target FROM journal ORDER BY source"), ["a t1", "b t1"]);
    }

    #[test]
    fn a_database_of_version_7_keeps_all_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let all = embedded::migrations::runner();
        let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() <= 7).cloned().collect();
        bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
        let rows = || -> Vec<(String, i64)> {
            let db = Connection::open(&path).unwrap();
            let count = |table: String| {
                let rows = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
                (table, rows)
            };
            tables(&path).into_iter().filter(|table| !table.starts_with("sqlite")).map(count).collect()
        };
        Connection::open(&path).unwrap().execute_batch(include_str!("tests/version_7.sql")).unwrap();
        let old = rows();
        assert!(old.iter().all(|(_, rows)| *rows > 0), "each table holds something: {old:?}");
        bring_up_to_date(&path, SOON, &all).unwrap();
        let new = rows();
        for one in &old {
            // Calls count for an account now: those of at most one window are forgotten.
            assert!(new.contains(one) || one.0 == "budget", "{one:?} became {new:?}");
        }
        let db = Connection::open(&path).unwrap();
        let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        assert!(!db.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
        // What the steps made of it: a whole read stays whole, a kind that was written is beyond its first run.
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(one("SELECT group_concat(walked, ' ') FROM reads"), "1 0");
        assert_eq!(one("SELECT group_concat(kind, ' ') FROM first_runs"), "customer");
        assert_eq!(one("SELECT grants ->> '$.api.reads[0].form' FROM connections WHERE id = 1"), "query");
        assert_eq!(one("SELECT number || ' ' || bytes FROM stored"), "1 15");
    }

    #[test]
    fn a_migration_that_fails_half_way_leaves_the_old_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let first = version(1, "CREATE TABLE a (x)");
        let old = Runner::new(std::slice::from_ref(&first));
        bring_up_to_date(&path, SOON, &old).unwrap();

        let second = version(2, "CREATE TABLE b (x)");
        let broken = version(3, "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)");
        let new = Runner::new(&[first.clone(), second.clone(), broken]);
        let error = bring_up_to_date(&path, SOON, &new).unwrap_err();
        assert!(matches!(error, StoreError::Migration(_)), "{error}");
        assert_eq!(tables(&path), ["a"]);
        bring_up_to_date(&path, SOON, &old).unwrap();

        let good = Runner::new(&[first, second]);
        bring_up_to_date(&path, SOON, &good).unwrap();
        assert_eq!(tables(&path), ["a", "b"]);
        let error = bring_up_to_date(&path, SOON, &old).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    }

    #[test]
    fn reads_that_were_granted_before_they_had_a_form_are_searches() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let all = embedded::migrations::runner();
        let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 13).cloned().collect();
        bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
        let grants = r#"{"api":{"base":"https://x.example","hosts":null,"reads":["/a/*/query","/b"]},"web":{"base":null,"hosts":"https://y.example","reads":[]}}"#;
        Connection::open(&path)
            .unwrap()
            .execute_batch(&format!(
                "INSERT INTO tenants (id, name, added_at) VALUES (1, 'default', 0); \
                 INSERT INTO connections (tenant, name, plugin, digest, settings, grants, buckets, revision) VALUES \
                 (1, 'psa', 'p', 'd', '{{}}', '{grants}', '{{}}', 1), (1, 'rmm', 'p', 'd', '{{}}', '{{}}', '{{}}', 1);"
            ))
            .unwrap();
        bring_up_to_date(&path, SOON, &all).unwrap();
        let read = |name: &str| -> crosswalk_model::Grants {
            let db = Connection::open(&path).unwrap();
            let text: String =
                db.query_row("SELECT grants FROM connections WHERE name = ?1", [name], |row| row.get(0)).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let psa = read("psa");
        let told: Vec<String> = psa["api"].reads.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["/a/*/query (search)", "/b (search)"]);
        assert_eq!(
            (psa["api"].base.as_deref(), psa["web"].hosts.as_deref()),
            (Some("https://x.example"), Some("https://y.example"))
        );
        assert!(read("rmm").is_empty());
    }
}
