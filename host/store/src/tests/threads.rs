//! The writer groups work without mixing fates, and closing loses nothing.

use super::*;

/// Holds the writer until something is sent, so that what is asked meanwhile is one group.
async fn hold(tenant: &TenantStore) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (started, begun) = tokio::sync::oneshot::channel();
    let tenant = tenant.clone();
    let task = tokio::spawn(async move {
        let held = tenant.write(move |_| {
            let _ = started.send(());
            let _ = wait.recv();
            Ok(())
        });
        held.await.unwrap();
    });
    begun.await.unwrap();
    (release, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_fails_undoes_nothing_of_its_neighbours() {
    let bed = Bed::new().await;
    let (release, held) = hold(&bed.tenant).await;
    let mut tasks = Vec::new();
    for at in 0..20 {
        let tenant = bed.tenant.clone();
        tasks.push(tokio::spawn(async move {
            // Every third writes a row and then fails.
            let work = move |db: &rusqlite::Connection| {
                db.execute("INSERT INTO tenants (name, added_at) VALUES (?1, 0)", [format!("t{at:02}")])?;
                if at % 3 == 0 { Err(StoreError::not_found("reason", at)) } else { Ok(at) }
            };
            if at % 2 == 0 { tenant.write(work).await } else { tenant.write_lightly(work).await }
        }));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    release.send(()).unwrap();
    held.await.unwrap();
    for (at, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(done) => assert!(done == at && at % 3 != 0),
            Err(error) => assert!(at % 3 == 0 && error.to_string().contains(&format!("`{at}`")), "{error}"),
        }
    }
    let expected: Vec<String> = (0..20).filter(|at| at % 3 != 0).map(|at| format!("t{at:02}")).collect();
    let tenants = bed.store.tenant_list().await.unwrap();
    let tenants: Vec<&str> = tenants.iter().map(TenantName::as_str).filter(|name| name.starts_with('t')).collect();
    assert_eq!(tenants, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_another_process_locks_out_is_told_so() {
    let bed = Bed::new().await;
    let other = rusqlite::Connection::open(bed.folder.path().join("db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let name = TenantName::new("acme").unwrap();
    let sync = main_sync();
    let (one, two) =
        tokio::join!(bed.store.tenant_insert(&name, T0), bed.tenant.run_begin(&sync, Mode::Plan, None, T0));
    assert!(matches!(one, Err(StoreError::Locked { .. })), "{one:?}");
    assert!(matches!(two, Err(StoreError::Locked { .. })), "{two:?}");
    assert_eq!(bed.store.tenant_list().await.unwrap().len(), 1, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    bed.store.tenant_insert(&name, T0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_is_queued_and_folds_the_log_in() {
    let bed = Bed::new().await;
    let (release, held) = hold(&bed.tenant).await;
    let name = TenantName::new("acme").unwrap();
    let queued = tokio::spawn({
        let (store, name) = (bed.store.clone(), name.clone());
        async move { store.tenant_insert(&name, T0).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let closing = tokio::spawn({
        let store = bed.store.clone();
        async move { store.close().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!closing.is_finished());
    release.send(()).unwrap();
    closing.await.unwrap();
    held.await.unwrap();
    queued.await.unwrap().unwrap();
    bed.store.close().await;
    assert!(matches!(bed.store.tenant_list().await, Err(StoreError::Closed)));
    assert!(matches!(bed.tenant.run_begin(&main_sync(), Mode::Plan, None, T0).await, Err(StoreError::Closed)));
    let left: Vec<_> = std::fs::read_dir(bed.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["db"]);
    assert_eq!(open(bed.folder.path()).unwrap().tenant_list().await.unwrap()[0], name);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let bed = Bed::new().await;
    let written = bed.tenant.read(|db| Ok(db.execute("DELETE FROM tenants", [])?)).await;
    assert!(matches!(written, Err(StoreError::Database(_))), "{written:?}");
    assert_eq!(bed.store.tenant_list().await.unwrap().len(), 1);
}
