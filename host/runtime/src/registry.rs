//! A map whose values live only as long as something uses them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Shared values by key, held weakly.
pub(super) struct Registry<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl<K, V> Default for Registry<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, V> Registry<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).and_then(Weak::upgrade)
    }

    pub(super) fn get_or(&self, key: &K, make: impl FnOnce() -> V) -> Arc<V> {
        self.get(key).unwrap_or_else(|| self.put(key.clone(), Arc::new(make())))
    }

    /// Inserts a value unless a live one is present; returns the one in the map.
    pub(super) fn put(&self, key: K, value: Arc<V>) -> Arc<V> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = all.get(&key).and_then(Weak::upgrade) {
            return there;
        }
        all.retain(|_, weak| weak.strong_count() > 0);
        all.insert(key, Arc::downgrade(&value));
        value
    }
}
