//! The threads that use the database: one that writes, two that read.
//!
//! SQLite takes one writer at a time, and a commit that survives power loss waits for the disk. So all writes go
//! through one thread, and what has queued up while it waited is done in one transaction. Each piece of work has a
//! savepoint of its own, so that a failure undoes nothing of the others. One commit then covers all, and callers are
//! answered only after it.
//!
//! There are two strengths of commit. What must survive a power failure (intents, outcomes, everything a person
//! entered) waits for the disk. What the next run reads again anyway (pages, budget counts) or decides again (links by
//! rule, a run that wrote nothing) does not wait. It still survives the death of the process, and the database stays
//! whole in any case. A commit that waits includes all earlier ones, as they stand before it in one log: with an intent
//! its run and its plan are safe.

use super::error::{StoreError, copy};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Number of pieces of work that may queue for the writer, and for the readers, before callers wait.
const QUEUE: usize = 256;
/// Number of pieces of work in one transaction: enough to share the cost, few enough to answer soon.
const GROUP: usize = 64;

/// The durability of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// Survives the death of the process.
    Process,
    /// Survives power loss.
    Power,
}

/// Handles of the threads.
pub(super) struct Threads {
    writes: mpsc::Sender<Message>,
    reads: mpsc::Sender<Message>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Threads {
    /// Starts one thread per connection.
    pub(super) fn start(path: &Path, writer: Connection, readers: Vec<Connection>) -> Result<Self, StoreError> {
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(body)
                .map_err(|source| StoreError::File { path: path.to_owned(), source })
        };
        let (writes, queue) = mpsc::channel(QUEUE);
        let file = path.to_owned();
        let mut handles = vec![spawn("store-write", Box::new(move || write_all(&writer, queue, &file)))?];
        let (reads, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for reader in readers {
            let (queue, file) = (queue.clone(), path.to_owned());
            handles.push(spawn("store-read", Box::new(move || read_all(&reader, &queue, &file)))?);
        }
        Ok(Self { writes, reads, handles: Mutex::new(handles) })
    }

    /// Runs `work` in a transaction of the writer.
    pub(super) async fn write<T, F>(&self, strength: Strength, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (task, answer) = Task::asked(work);
        hand_over(&self.writes, Message::Work(strength, task), answer).await
    }

    /// Runs `work` on one snapshot of the database.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (task, answer) = Task::asked(work);
        hand_over(&self.reads, Message::Work(Strength::Process, task), answer).await
    }

    /// Finishes what is queued, and waits for the threads to end.
    pub(super) async fn close(&self) {
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        // The writer last: the last connection to close folds the log into the file.
        let _ = self.reads.send(Message::Stop).await;
        let mut handles = handles.into_iter();
        let writer = handles.next();
        join(handles.collect()).await;
        let _ = self.writes.send(Message::Stop).await;
        join(writer.into_iter().collect()).await;
    }
}

async fn join(handles: Vec<JoinHandle<()>>) {
    let joined = tokio::task::spawn_blocking(move || {
        for handle in handles {
            let _ = handle.join();
        }
    });
    let _ = joined.await;
}

async fn hand_over<T>(queue: &mpsc::Sender<Message>, message: Message, answer: Answer<T>) -> Result<T, StoreError> {
    queue.send(message).await.map_err(|_| StoreError::Closed)?;
    answer.await.map_err(|_| StoreError::Closed)?
}

type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

enum Message {
    Work(Strength, Box<dyn Work>),
    Stop,
}

/// A piece of work whose result type only its caller knows.
trait Work: Send {
    /// Runs the work. Returns whether it succeeded.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Answers the caller with its own result, or with the error by which its work was undone.
    fn answer(self: Box<Self>, undone: Option<StoreError>, path: &Path);
}

struct Task<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
{
    fn asked(work: F) -> (Box<dyn Work>, Answer<T>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work: Some(work), result: None, reply }), answer)
    }
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let result = self.work.take().map(|work| work(connection));
        let good = matches!(result, Some(Ok(_)));
        self.result = result;
        good
    }

    fn answer(self: Box<Self>, undone: Option<StoreError>, path: &Path) {
        let result = match (self.result, undone) {
            (Some(Err(error)), _) | (_, Some(error)) => Err(error.in_file(path)),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Closed),
        };
        // If the caller has gone, the work is done all the same.
        let _ = self.reply.send(result);
    }
}

fn write_all(connection: &Connection, mut queue: mpsc::Receiver<Message>, path: &Path) {
    let mut strength = Strength::Power;
    while let Some(first) = queue.blocking_recv() {
        let mut group: Vec<Box<dyn Work>> = Vec::new();
        let mut needed = Strength::Process;
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Work(asked, job) => {
                    needed = if asked == Strength::Power { asked } else { needed };
                    group.push(job);
                }
                Message::Stop => queue.close(),
            }
            if group.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let done = set_strength(connection, &mut strength, needed).and_then(|()| run_group(connection, &mut group));
        for job in group {
            job.answer(done.as_ref().err().map(|error| StoreError::Database(copy(error))), path);
        }
    }
}

fn set_strength(connection: &Connection, current: &mut Strength, needed: Strength) -> rusqlite::Result<()> {
    if *current != needed {
        connection.pragma_update(None, "synchronous", if needed == Strength::Power { "FULL" } else { "NORMAL" })?;
        *current = needed;
    }
    Ok(())
}

/// Runs a group in one transaction. On an error nothing of the group is stored.
fn run_group(connection: &Connection, group: &mut [Box<dyn Work>]) -> rusqlite::Result<()> {
    let say = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
    if group.is_empty() {
        return Ok(());
    }
    say("BEGIN IMMEDIATE")?;
    let done = (|| {
        if let [only] = group {
            return if only.run(connection) { say("COMMIT") } else { Ok(()) };
        }
        for job in group {
            say("SAVEPOINT piece")?;
            if !job.run(connection) {
                if connection.is_autocommit() {
                    // The database gave up the whole transaction, for example because the disk is full.
                    return Err(rusqlite::Error::SqliteFailure(
                        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT),
                        Some("the transaction was given up".to_owned()),
                    ));
                }
                say("ROLLBACK TO piece")?;
            }
            say("RELEASE piece")?;
        }
        say("COMMIT")
    })();
    if !connection.is_autocommit() {
        say("ROLLBACK")?;
    }
    done
}

fn read_all(connection: &Connection, queue: &Mutex<mpsc::Receiver<Message>>, path: &Path) {
    loop {
        let message = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let message = queue.blocking_recv();
            if matches!(message, Some(Message::Stop)) {
                queue.close();
            }
            message
        };
        match message {
            Some(Message::Work(_, mut job)) => {
                let done = run_read(connection, &mut *job);
                job.answer(done.err().map(StoreError::Database), path);
            }
            Some(Message::Stop) => {}
            None => return,
        }
    }
}

fn run_read(connection: &Connection, job: &mut dyn Work) -> rusqlite::Result<()> {
    let say = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
    say("BEGIN")?;
    job.run(connection);
    say("ROLLBACK")
}
