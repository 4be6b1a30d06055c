//! Claims: one lease at a time, released by itself, and no write under an old one.

use super::*;
use crosswalk_model::Event;
use std::fs::File;

fn of_main() -> Claim {
    Claim::Sync(main_sync())
}

fn nightly() -> Claim {
    Claim::Job { connection: psa(), job: "nightly".to_owned() }
}

fn refused(taken: Result<Lease, StoreError>) -> String {
    let error = taken.unwrap_err();
    assert!(matches!(error, StoreError::Held { .. }), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_claim_is_taken_once() {
    let bed = Bed::new().await;
    let (one, two) = (&bed.tenant, bed.second().await);
    for (claim, words) in [
        (of_main(), "another process is working on the sync `main`"),
        (nightly(), "another process is doing the job `nightly` of `psa`"),
    ] {
        let lease = one.claim_take(&claim).await.unwrap();
        assert_eq!(lease.claim(), &claim);
        assert_eq!(refused(one.claim_take(&claim).await), words);
        assert_eq!(refused(two.claim_take(&claim).await), words);
        assert!(one.claim_is_held(&claim).await.unwrap() && two.claim_is_held(&claim).await.unwrap());
    }
}

#[tokio::test]
async fn a_claim_is_free_when_its_lease_is_dropped() {
    let bed = Bed::new().await;
    let two = bed.second().await;
    assert!(!two.claim_is_held(&of_main()).await.unwrap());
    let lease = bed.tenant.claim_take(&of_main()).await.unwrap();
    drop(lease);
    assert!(!two.claim_is_held(&of_main()).await.unwrap());
    drop(two.claim_take(&of_main()).await.unwrap());
}

#[tokio::test]
async fn each_lease_has_a_higher_epoch() {
    let bed = Bed::new().await;
    let two = bed.second().await;
    for epoch in [1, 3] {
        assert_eq!(bed.tenant.claim_take(&of_main()).await.unwrap().epoch(), epoch);
        let lease = two.claim_take(&of_main()).await.unwrap();
        refused(bed.tenant.claim_take(&of_main()).await);
        assert_eq!(lease.epoch(), epoch + 1, "a refusal counts nothing");
    }
    assert_eq!(two.claim_take(&nightly()).await.unwrap().epoch(), 1, "each claim counts by itself");
    // A sync that is removed and added again goes on with the epochs of the old one.
    bed.tenant.sync_remove(&main_sync()).await.unwrap();
    bed.tenant.sync_insert(&sync("main")).await.unwrap();
    assert_eq!(two.claim_take(&of_main()).await.unwrap().epoch(), 5);
}

#[tokio::test]
async fn other_claims_and_other_tenants_are_not_affected() {
    let bed = Bed::new().await;
    let other = tenant(&bed.store, "other").await;
    let _lease = bed.tenant.claim_take(&of_main()).await.unwrap();
    let second = Claim::Sync(SyncName::new("second").unwrap());
    let job = Claim::Job { connection: rmm(), job: "nightly".to_owned() };
    let _leases = (
        bed.tenant.claim_take(&second).await.unwrap(),
        bed.tenant.claim_take(&nightly()).await.unwrap(),
        bed.tenant.claim_take(&job).await.unwrap(),
        other.claim_take(&of_main()).await.unwrap(),
    );
}

/// An older program locks these files and knows no epochs.
#[tokio::test]
async fn the_file_lock_of_another_process_is_seen() {
    let bed = Bed::new().await;
    for (claim, name) in [(of_main(), "default.main.lock"), (nightly(), "default.psa.nightly.job")] {
        drop(bed.tenant.claim_take(&claim).await.unwrap());
        let file = File::options().write(true).open(bed.folder.path().join("claims").join(name)).unwrap();
        file.try_lock().unwrap();
        assert!(bed.tenant.claim_is_held(&claim).await.unwrap());
        refused(bed.tenant.claim_take(&claim).await);
        file.unlock().unwrap();
        let _lease = bed.tenant.claim_take(&claim).await.unwrap();
        assert!(matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)), "{name}");
    }
}

#[tokio::test]
async fn a_question_does_not_hold_the_claim() {
    let bed = Bed::new().await;
    drop(bed.tenant.claim_take(&of_main()).await.unwrap());
    let asked = File::open(bed.folder.path().join("claims").join("default.main.lock")).unwrap();
    asked.try_lock_shared().unwrap();
    assert!(!bed.tenant.claim_is_held(&of_main()).await.unwrap());
}

#[tokio::test]
async fn a_claim_that_cannot_be_locked_is_neither_free_nor_taken() {
    let bed = Bed::new().await;
    std::fs::write(bed.folder.path().join("claims"), "no folder").unwrap();
    assert!(matches!(bed.tenant.claim_is_held(&of_main()).await, Err(StoreError::File { .. })));
    assert!(matches!(bed.tenant.claim_take(&of_main()).await, Err(StoreError::File { .. })));
}

#[tokio::test]
async fn a_claim_whose_taker_went_away_is_held_until_its_epoch_is_counted() {
    let bed = Bed::new().await;
    let (db, key) = (bed.folder.path().join("db"), KeySource::File(bed.folder.path().join("key")));
    let patient = Store::open_patiently(&db, &key, Duration::from_secs(60)).unwrap();
    let patient = patient.tenant(bed.tenant.name()).await.unwrap();
    let blocker = rusqlite::Connection::open(&db).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let gone = tokio::time::timeout(Duration::from_millis(50), patient.claim_take(&of_main())).await;
    assert!(gone.is_err(), "the database is busy");
    refused(bed.tenant.claim_take(&of_main()).await);
    blocker.execute_batch("COMMIT").unwrap();
    let lease = loop {
        match bed.tenant.claim_take(&of_main()).await {
            Err(StoreError::Held { .. }) => tokio::task::yield_now().await,
            taken => break taken.unwrap(),
        }
    };
    assert_eq!(lease.epoch(), 2);
    lease.store().links_put(&main_sync(), &[linked("1", "t1")]).await.unwrap();
}

#[tokio::test]
async fn a_write_under_a_lost_lease_is_refused() {
    let bed = Bed::new().await;
    let lease = bed.tenant.claim_take(&of_main()).await.unwrap();
    lease.store().links_put(&main_sync(), &[linked("1", "t1")]).await.unwrap();
    // A file system that forgets locks: a second lease is taken though the first is still in use.
    std::fs::remove_dir_all(bed.folder.path().join("claims")).unwrap();
    let newer = bed.second().await.claim_take(&of_main()).await.unwrap();

    let lost = |result: Result<(), StoreError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Lost { .. }), "{error}");
        assert!(error.to_string().contains("working on the sync `main`"), "{error}");
    };
    lost(lease.store().links_put(&main_sync(), &[linked("2", "t2")]).await);
    let entry = JournalEntry { event: Event::Paused, ..JournalEntry::at(T0) };
    lost(lease.store().noting(None, &[entry]).unwrap().sync_pause(&main_sync(), true).await.map(drop));
    lost(lease.store().entry_put(&rmm(), "s", "k", "v", None).await.map(drop));
    assert_eq!(lease.store().links_all(&main_sync(), Kind::Asset).await.unwrap().len(), 1, "reads go on");
    assert!(bed.tenant.journal_list(&JournalFilter::default()).await.unwrap().is_empty());

    newer.store().links_put(&main_sync(), &[linked("2", "t2")]).await.unwrap();
    bed.tenant.links_put(&main_sync(), &[linked("3", "t3")]).await.unwrap();
}

#[tokio::test]
async fn a_claim_of_a_noting_handle_leaves_its_entries() {
    let bed = Bed::new().await;
    let entry = JournalEntry { event: Event::Paused, ..JournalEntry::at(T0) };
    let noting = bed.tenant.noting(None, &[entry]).unwrap();
    let lease = noting.claim_take(&of_main()).await.unwrap();
    lease.store().sync_pause(&main_sync(), true).await.unwrap();
    assert!(bed.tenant.journal_list(&JournalFilter::default()).await.unwrap().is_empty());
    noting.sync_pause(&main_sync(), false).await.unwrap();
    assert_eq!(bed.tenant.journal_list(&JournalFilter::default()).await.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let bed = Bed::new().await;
    drop(bed.tenant.claim_take(&of_main()).await.unwrap());
    let folder = bed.folder.path().join("claims");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("default.main.lock"))), (0o700, 0o600));
}
