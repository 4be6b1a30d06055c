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
mod tests;
