//! Tenants, plugins, connections, secrets and syncs.

use super::*;
use crosswalk_model::{PluginId, Secret};
use crosswalk_say::English;

#[tokio::test]
async fn tenants_are_added_once_and_listed() {
    let bed = Bed::new().await;
    let name = TenantName::new("acme").unwrap();
    assert!(matches!(bed.store.tenant(&name).await.unwrap_err(), StoreError::NotFound { .. }));
    bed.store.tenant_insert(&name, T0).await.unwrap();
    let error = bed.store.tenant_insert(&name, T0).await.unwrap_err();
    assert_eq!(error.said().english(), "there is a tenant `acme` already: choose another name");
    assert_eq!(bed.store.tenant_list().await.unwrap(), [name, TenantName::default()]);
}

#[tokio::test]
async fn the_newest_version_of_a_plugin_comes_first() {
    let bed = Bed::new().await;
    let row = |id: &str, version: &str, digest: &str| PluginRow {
        id: PluginId::new(id).unwrap(),
        version: version.into(),
        digest: digest.into(),
        manifest: "id = 1".into(),
        file: PathBuf::from("a.wasm"),
        added_at: T0,
    };
    for (version, digest) in [("0.9.0", "a"), ("0.10.0", "b"), ("0.10.0-rc1", "c"), ("0.2.0", "d")] {
        bed.store.plugin_insert(&row("psa", version, digest)).await.unwrap();
    }
    bed.store.plugin_insert(&row("aaa", "1.0.0", "e")).await.unwrap();
    let digests: Vec<_> = bed.store.plugin_list().await.unwrap().into_iter().map(|row| row.digest).collect();
    assert_eq!(digests, ["e", "b", "c", "a", "d"]);
    let newest = bed.store.plugin_get(&PluginId::new("psa").unwrap()).await.unwrap();
    assert_eq!(newest, Some(row("psa", "0.10.0", "b")));
    assert_eq!(bed.store.plugin_by_digest("d").await.unwrap().unwrap().version, "0.2.0");
    assert_eq!(bed.store.plugin_by_digest("z").await.unwrap(), None);
    let error = bed.store.plugin_insert(&row("psa", "2.0.0", "a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }));
}

#[tokio::test]
async fn connections_and_syncs_change_by_revision() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let mut one = tenant.connection_get(&rmm()).await.unwrap().unwrap();
    assert_eq!(one, connection("rmm"));
    one.digest = "other".into();
    assert_eq!(tenant.connection_update(&one, &BTreeMap::new()).await.unwrap(), 2);
    let error = tenant.connection_update(&one, &BTreeMap::new()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Stale { what: "connection", name } if name == "rmm"), "{error}");
    assert_eq!(tenant.connection_get(&rmm()).await.unwrap().unwrap().digest, "other");
    assert!(matches!(tenant.connection_insert(&one, &BTreeMap::new()).await.unwrap_err(), StoreError::Exists { .. }));
    assert!(matches!(
        tenant.connection_update(&connection("no"), &BTreeMap::new()).await.unwrap_err(),
        StoreError::NotFound { .. }
    ));
    let names: Vec<_> = tenant.connection_list().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, [psa(), rmm()]);

    let mut rules = tenant.sync_get(&main_sync()).await.unwrap().unwrap();
    assert_eq!(rules, sync("main"));
    rules.rules.grace_hours = 1;
    assert_eq!(tenant.sync_update(&rules).await.unwrap(), 2);
    assert!(matches!(tenant.sync_update(&rules).await.unwrap_err(), StoreError::Stale { .. }));
    assert_eq!(tenant.sync_list().await.unwrap(), [Sync { revision: 2, ..rules }]);
    assert!(matches!(tenant.sync_insert(&sync("main")).await.unwrap_err(), StoreError::Exists { .. }));
    let lost = Sync { target: ConnectionName::new("nowhere").unwrap(), ..sync("lost") };
    let error = tenant.sync_insert(&lost).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no connection `nowhere`");
}

#[tokio::test]
async fn secrets_come_back_only_with_their_key() {
    let bed = Bed::new().await;
    let key = bed.folder.path().join("key");
    assert!(!key.exists(), "no key before there is a secret");
    assert_eq!(bed.tenant.secrets(&rmm()).await.unwrap(), BTreeMap::new());
    keep(&bed.tenant, &rmm(), "password", &Secret::new("hush")).await.unwrap();
    keep(&bed.tenant, &rmm(), "password", &Secret::new("hush hush")).await.unwrap();
    keep(&bed.tenant, &rmm(), "user", &Secret::new("me")).await.unwrap();
    let expected =
        BTreeMap::from([("password".to_owned(), Secret::new("hush hush")), ("user".to_owned(), Secret::new("me"))]);
    assert_eq!(bed.tenant.secrets(&rmm()).await.unwrap(), expected);
    assert_eq!(bed.tenant.secrets(&psa()).await.unwrap(), BTreeMap::new());
    assert_eq!(bed.second().await.secrets(&rmm()).await.unwrap(), expected);
    bed.store.close().await;
    let file = std::fs::read(bed.folder.path().join("db")).unwrap();
    assert!(!file.windows(4).any(|window| window == b"hush"), "a secret is in the file in clear");

    let path = bed.folder.path().join("db");
    let other = KeySource::Value(Secret::new("07".repeat(32)));
    let error = Store::open(&path, &other).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey), "{error}");
    std::fs::rename(&key, bed.folder.path().join("aside")).unwrap();
    let error = open(bed.folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error}");
    assert!(!key.exists(), "no new key is made for old secrets");
    assert!(matches!(Store::open(&path, &KeySource::Value(Secret::new("x"))).unwrap_err(), StoreError::KeyInvalid));
    std::fs::rename(bed.folder.path().join("aside"), &key).unwrap();
    let tenant = open(bed.folder.path()).unwrap().tenant(&TenantName::default()).await.unwrap();
    assert_eq!(tenant.secrets(&rmm()).await.unwrap(), expected);
}

#[tokio::test]
async fn two_first_secrets_with_two_keys_do_not_mix() {
    let bed = Bed::new().await;
    let path = bed.folder.path().join("db");
    let other = Store::open(&path, &KeySource::Value(Secret::new("07".repeat(32)))).unwrap();
    let other = other.tenant(&TenantName::default()).await.unwrap();
    keep(&bed.tenant, &rmm(), "password", &Secret::new("hush")).await.unwrap();
    let error = keep(&other, &psa(), "password", &Secret::new("hush")).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongKey), "{error}");
    assert!(matches!(other.secrets(&rmm()).await.unwrap_err(), StoreError::WrongKey));
    assert_eq!(other.secrets(&psa()).await.unwrap(), BTreeMap::new(), "nothing was stored");
}

#[tokio::test]
async fn secrets_have_limits() {
    let bed = Bed::new().await;
    for (name, secret) in [("n".repeat(101), "x".to_owned()), ("n".to_owned(), "x".repeat(64 * 1024 + 1))] {
        let error = keep(&bed.tenant, &rmm(), &name, &Secret::new(&secret)).await.unwrap_err();
        assert!(matches!(&error, StoreError::TooLarge { what } if !what.english().contains("xxx")), "{error}");
    }
}
