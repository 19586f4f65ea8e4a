//! Rate limits: token buckets, bounded in number, that hold a keyed hash of a network and no address.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// How many buckets one limit remembers. Beyond that, full ones are forgotten first.
const REMEMBERED: usize = 50_000;

/// A burst, and a steady rate after it.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many requests may come at once.
    pub burst: f64,
    /// How many tokens come back per second.
    pub per_second: f64,
}

/// One token bucket.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn full(rate: Rate, now: Instant) -> Self {
        Self {
            tokens: rate.burst,
            at: now,
        }
    }

    /// Takes one token, if there is one.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    fn refill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate.per_second).min(rate.burst);
        self.at = now;
    }
}

/// A token bucket for each key.
#[derive(Debug)]
pub struct Buckets {
    rate: Rate,
    keys: RandomState,
    filled: Mutex<HashMap<u64, Bucket>>,
}

impl Buckets {
    /// Without any request counted.
    pub fn new(burst: f64, per_second: f64) -> Self {
        Self {
            rate: Rate { burst, per_second },
            keys: RandomState::new(),
            filled: Mutex::default(),
        }
    }

    /// Takes one of `who`'s tokens; false: too many.
    pub fn take(&self, who: impl Hash, now: Instant) -> bool {
        let key = self.keys.hash_one(who);
        let mut buckets = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&key) {
            let rate = self.rate;
            buckets.retain(|_, bucket| {
                bucket.refill(rate, now);
                bucket.tokens < rate.burst
            });
            if buckets.len() >= REMEMBERED {
                // With more networks than buckets a limit by network cannot hold; memory stays bounded.
                buckets.clear();
            }
        }
        buckets
            .entry(key)
            .or_insert_with(|| Bucket::full(self.rate, now))
            .take(self.rate, now)
    }
}

/// The rate limits of the HTTP side.
#[derive(Debug)]
pub struct Limits {
    /// Anything, per network.
    pub anything: Buckets,
    /// Challenges and sign-ins, per network.
    pub sign_in: Buckets,
    /// Server functions, per session.
    pub api: Buckets,
    /// New sockets, per session.
    pub sockets: Buckets,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            anything: Buckets::new(2_000.0, 200.0),
            sign_in: Buckets::new(60.0, 1.0),
            api: Buckets::new(120.0, 5.0),
            sockets: Buckets::new(60.0, 2.0),
        }
    }
}

/// The network an address belongs to, as far as limits are concerned: /24 and /48.
pub fn network(address: IpAddr) -> [u8; 6] {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            [4, 0, 0, a, b, c]
        }
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            std::array::from_fn(|place| octets[place])
        }
    }
}

/// Who asks: the peer, or what a believed proxy says about it. Proxies write behind what came to them: on the same line, or on one
/// of their own (RFC 9110, section 5.3, makes one list of them). So the last entry of all the lines that is not itself a proxy
/// counts, because everything before it is the client's own writing.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[IpAddr],
) -> IpAddr {
    let is_proxy = |address: &IpAddr| {
        proxies
            .iter()
            .any(|proxy| proxy.to_canonical() == address.to_canonical())
    };
    if !is_proxy(&peer) {
        return peer;
    }
    forwarded_for
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map_while(|entry| entry_address(entry.trim()))
        .find(|address| !is_proxy(address))
        .unwrap_or(peer)
}

/// One entry: an address, which some proxies write with a port.
fn entry_address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    entry.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = Buckets::new(2.0, 1.0);
        let start = Instant::now();
        assert!(buckets.take("a", start));
        assert!(buckets.take("a", start));
        assert!(!buckets.take("a", start));
        assert!(buckets.take("b", start), "others are not held up");
        assert!(buckets.take("a", start + Duration::from_secs(1)));
        assert!(!buckets.take("a", start + Duration::from_secs(1)));
    }

    #[test]
    fn memory_is_bounded() {
        let buckets = Buckets::new(2.0, 1.0);
        let now = Instant::now();
        for who in 0..(REMEMBERED + 10) {
            buckets.take(who, now);
        }
        assert!(buckets.filled.lock().unwrap().len() <= REMEMBERED);
    }

    #[test]
    fn forwarded_for_counts_only_from_a_known_proxy() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let stranger: IpAddr = "192.0.2.7".parse().unwrap();
        let client: IpAddr = "203.0.113.9".parse().unwrap();
        let from = |peer, lines: &[&str]| client_address(peer, lines.iter().copied(), &[proxy]);
        assert_eq!(from(stranger, &["203.0.113.9"]), stranger);
        assert_eq!(
            from(proxy, &["198.51.100.1, 203.0.113.9"]),
            client,
            "not what the client wrote itself"
        );
        assert_eq!(from(proxy, &["203.0.113.9, 10.0.0.1"]), client);
        assert_eq!(from(proxy, &["203.0.113.9:40112"]), client, "with a port");
        assert_eq!(from(proxy, &["nonsense"]), proxy);
        assert_eq!(from(proxy, &[]), proxy);
    }

    #[test]
    fn a_proxy_that_writes_a_line_of_its_own_is_believed_and_the_line_before_is_not() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let client: IpAddr = "203.0.113.9".parse().unwrap();
        let from = |lines: &[&str]| client_address(proxy, lines.iter().copied(), &[proxy]);
        assert_eq!(from(&["198.51.100.1", "203.0.113.9"]), client);
        assert_eq!(from(&["198.51.100.1, 198.51.100.2", "203.0.113.9, 10.0.0.1"]), client);
        assert_eq!(from(&["203.0.113.9", "10.0.0.1"]), client, "two proxies, a line each");
        assert_eq!(from(&["", "203.0.113.9"]), client);
        assert_eq!(
            from(&["203.0.113.9", "nonsense"]),
            proxy,
            "nothing before nonsense is believed"
        );
    }

    #[test]
    fn neighbours_share_a_network() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("192.0.2.1"), network("192.0.2.200"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:ffff::1"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
    }
}
