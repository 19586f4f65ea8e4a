//! A small map, sorted by its keys.

/// For tens or hundreds of entries: a hash table is compiled anew for every pair of types, and each weighs more than it wins here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf<K, V>(Vec<(K, V)>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Shelf<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// What stands under this key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// Puts a value under a key. Gives whether the key is new.
    pub fn insert(&mut self, key: K, value: V) -> bool {
        match self.place(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => {
                self.0.insert(place, (key, value));
                return true;
            }
        }
        false
    }

    /// Takes away what stands under this key.
    pub fn remove(&mut self, key: &K) {
        if let Ok(place) = self.place(key) {
            self.0.remove(place);
        }
    }

    /// All of it, by key.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// Takes everything out.
    pub fn take(&mut self) -> Vec<(K, V)> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Shelf;

    #[test]
    fn what_is_put_under_a_key_is_found_until_it_is_taken_away() {
        let mut shelf = Shelf::default();
        assert!(shelf.insert(2, "b") && shelf.insert(1, "a"));
        assert!(!shelf.insert(2, "c"));
        assert_eq!(
            (shelf.get(&1), shelf.get(&2), shelf.get(&3)),
            (Some(&"a"), Some(&"c"), None)
        );
        shelf.remove(&1);
        assert_eq!(shelf.get(&1), None);
        assert_eq!(shelf.take(), [(2, "c")]);
    }
}
