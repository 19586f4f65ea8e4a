//! Maps and sets over a sorted vector, for a few thousand entries of which most are inserted at the end.
//!
//! A `BTreeMap` or `HashMap` is compiled anew for every pair of types, some 8 KB of code each time, and a browser waits for that code
//! (`web/README.md`). Insertion is O(n), a look-up O(log n).

use std::{iter, ops::Index, slice};

/// An iterator without a destructor, so that a loop's body may end its borrow.
type Iter<'a, K, V, T> = iter::Map<slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> T>;

/// A map in the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there is a value for this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// The value for this key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// The value, which is put there if there is none.
    pub fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let place = self.place(&key).unwrap_or_else(|place| {
            self.0.insert(place, (key, V::default()));
            place
        });
        &mut self.0[place].1
    }

    /// Puts a value, and gives the one before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Removes the entry of this key, and gives its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Removes the entries for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// All entries, in the order of their keys.
    pub fn iter(&self) -> Iter<'_, K, V, (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// All entries, in the order of their keys, with values that can be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> Iter<'_, K, V, &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Option<&(K, V)> {
        self.0.last()
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<'a, K: Ord, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V, (&'a K, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Ord, V> Index<&K> for Map<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("the key is in the map")
    }
}

/// A set in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<K>(Map<K, ()>);

impl<K> Default for Set<K> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<K: Ord> Set<K> {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether this is in it.
    pub fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// Everything in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, ())| key)
    }

    /// Whether it was not there before.
    pub fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// Whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        self.0.remove(key).is_some()
    }
}

impl<K: Ord> Extend<K> for Set<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_keeps_the_order_of_its_keys_and_the_last_value_of_each() {
        let mut map = Map::default();
        map.extend([(5, 'e'), (1, 'a'), (3, 'c'), (9, 'i')]);
        assert_eq!(map.insert(3, 'C'), Some('c'));
        assert_eq!(map.insert(4, 'd'), None);
        assert_eq!(map.remove(&9), Some('i'));
        assert_eq!(map.remove(&9), None);
        assert_eq!(map.get(&4), Some(&'d'));
        assert_eq!(map.get(&2), None);
        assert_eq!(map[&1], 'a');
        assert_eq!(map.last(), Some(&(5, 'e')));
        assert_eq!(map.len(), 4);
        assert!(map.contains_key(&5) && !map.contains_key(&6));
        map.retain(|key, _| *key != 4);
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [(1, 'a'), (3, 'C'), (5, 'e')]);
    }

    #[test]
    fn a_default_is_put_once_where_it_belongs() {
        let mut map = Map::<u8, u32>::default();
        map.insert(2, 7);
        *map.get_or_default(1) += 1;
        *map.get_or_default(1) += 1;
        *map.get_or_default(2) += 1;
        for (_, value) in map.iter_mut() {
            *value *= 10;
        }
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [20, 80]);
        map.clear();
        assert_eq!(map.last(), None);
    }

    #[test]
    fn a_set_tells_what_is_new() {
        let mut set = Set::default();
        assert!(set.is_empty());
        assert!(set.insert(2) && set.insert(1) && !set.insert(2));
        set.extend([3, 1]);
        assert!(set.contains(&3) && set.remove(&3) && !set.remove(&3));
        set.clear();
        assert!(set.is_empty());
    }
}
