//! The networks served here: from a file of the operator's (`JACKDAW_NETWORKS`, see `docs/networks.example.toml`), and the
//! built-in development chain. What is wrong with them is said in sentences, without what may be secret.

use std::{collections::HashMap, fs, net::IpAddr};

use protocol::{Address, api::Network};
use serde::Deserialize;
use services::{network, tips, tx::RpcEndpoint};
use url::{Host, Url};

use crate::{config::Config, error::StartError};

/// Wallets take no larger chain id.
const LARGEST_CHAIN_ID: u64 = 4_503_599_627_370_476;

/// What is served, and the nodes by which this server reads it.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    /// As people see them; the first is where new people start.
    pub shown: Vec<Network>,
    /// Those with an RPC of the machine's own.
    pub endpoints: HashMap<u64, RpcEndpoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    network: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    chain_id: u64,
    name: String,
    #[serde(default = "ether")]
    coin: String,
    #[serde(default = "eth")]
    symbol: String,
    #[serde(default)]
    rpc: String,
    #[serde(default)]
    public_rpc: String,
    #[serde(default)]
    explorer: String,
    confirmations: u32,
    #[serde(default)]
    tips: TipsAt,
    since: Option<u64>,
}

fn ether() -> String {
    "Ether".to_owned()
}

fn eth() -> String {
    "ETH".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TipsAt {
    Here(bool),
    Address(String),
}

impl Default for TipsAt {
    fn default() -> Self {
        Self::Here(false)
    }
}

impl Networks {
    /// Those of these settings. Without any it is Ethereum's main network, for signing in: every wallet knows it.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn of(config: &Config) -> Result<Self, StartError> {
        let mut networks = Self::default();
        if let Some(rpc) = &config.chain_rpc {
            networks.development(rpc, config.tips.as_deref())?;
        } else if config.tips.is_some() {
            return Err(wrong(
                "JACKDAW_TIPS is for the development chain: set JACKDAW_CHAIN_RPC too, or name networks in JACKDAW_NETWORKS",
            ));
        }
        if let Some(path) = &config.networks {
            let text = fs::read_to_string(path).map_err(|source| StartError::File {
                path: path.clone(),
                source,
            })?;
            networks
                .read(&text)
                .map_err(|sentence| wrong(&format!("{}: {sentence}", path.display())))?;
        }
        if networks.shown.is_empty() {
            networks.shown.push(main_network());
        }
        Ok(networks)
    }

    fn development(&mut self, rpc: &str, tips: Option<&str>) -> Result<(), StartError> {
        web_url(rpc).map_err(|what| wrong(&format!("JACKDAW_CHAIN_RPC {what}")))?;
        let tips = tips.filter(|text| !text.is_empty());
        let tips = tips
            .map(contract)
            .transpose()
            .map_err(|what| wrong(&format!("JACKDAW_TIPS {what}")))?;
        let shown = Network {
            tips,
            ..network::development(rpc)
        };
        let endpoint = RpcEndpoint {
            url: rpc.to_owned(),
            since: Some(0),
        };
        self.endpoints.insert(shown.chain_id, endpoint);
        self.shown.push(shown);
        Ok(())
    }

    /// Adds those of a file's text.
    ///
    /// # Errors
    /// One sentence for the operator.
    pub fn read(&mut self, text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|error| {
            // The line itself is not repeated: it may hold a key.
            let line = error
                .span()
                .map(|span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            let line = line.map_or_else(String::new, |line| format!("line {line}: "));
            format!("{line}{}", without_values(error.message()))
        })?;
        for entry in file.network {
            let id = entry.chain_id;
            self.add(entry).map_err(|what| format!("network {id}: {what}"))?;
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry) -> Result<(), String> {
        let id = entry.chain_id;
        if !(1..=LARGEST_CHAIN_ID).contains(&id) {
            return Err(format!("chain_id must be between 1 and {LARGEST_CHAIN_ID}"));
        }
        if self.shown.iter().any(|other| other.chain_id == id) {
            return Err("this chain_id is there twice (the development chain of JACKDAW_CHAIN_RPC counts)".to_owned());
        }
        for (field, text, most) in [
            ("name", &entry.name, 40),
            ("coin", &entry.coin, 40),
            ("symbol", &entry.symbol, 11),
        ] {
            if text.trim().is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
                return Err(format!("{field} must have 1 to {most} characters"));
            }
        }
        if !(1..=10_000).contains(&entry.confirmations) {
            return Err("confirmations must be at least 1 (and at most 10000): a tip counts its own block".to_owned());
        }
        for (field, text, private) in [
            ("rpc", &entry.rpc, true),
            ("public_rpc", &entry.public_rpc, false),
            ("explorer", &entry.explorer, false),
        ] {
            if !text.is_empty() {
                safe_url(text, private).map_err(|what| format!("{field} {what}"))?;
            }
        }
        let tips = match entry.tips {
            TipsAt::Here(here) => here.then_some(tips::CONTRACT),
            TipsAt::Address(text) => Some(contract(&text).map_err(|what| format!("tips {what}"))?),
        };
        if tips.is_some() && entry.rpc.is_empty() {
            return Err("tips need an rpc, by which this server watches them".to_owned());
        }
        self.shown.push(Network {
            chain_id: id,
            name: entry.name,
            coin: entry.coin,
            symbol: entry.symbol,
            rpc_url: entry.public_rpc,
            explorer: entry.explorer.trim_end_matches('/').to_owned(),
            confirmations: entry.confirmations,
            tips,
            development: false,
        });
        if !entry.rpc.is_empty() {
            let (url, since) = (entry.rpc, entry.since);
            self.endpoints.insert(id, RpcEndpoint { url, since });
        }
        Ok(())
    }
}

fn main_network() -> Network {
    Network {
        chain_id: 1,
        name: "Ethereum".to_owned(),
        coin: ether(),
        symbol: eth(),
        rpc_url: String::new(),
        explorer: "https://etherscan.io".to_owned(),
        confirmations: 12,
        tips: None,
        development: false,
    }
}

/// The one address at which a contract for tips is believed.
fn contract(text: &str) -> Result<Address, String> {
    match text.parse::<Address>() {
        Ok(tips::CONTRACT) => Ok(tips::CONTRACT),
        Ok(_) => Err(format!(
            "must be {}, the address that follows from the contract's code: browsers believe no other one",
            tips::CONTRACT
        )),
        Err(_) => Err("is not an address".to_owned()),
    }
}

fn web_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is not a URL".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must begin with https:// (or http:// on a network of your own)".to_owned());
    }
    Ok(url)
}

/// Plain http only where nobody else is on the way: on this machine; for the server's own questions on a private network too.
fn safe_url(text: &str, private: bool) -> Result<(), String> {
    let url = web_url(text)?;
    let near = match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost"
                || (private && (!name.contains('.') || name.ends_with(".internal") || name.ends_with(".local")))
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || (private && address.is_private()),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback() || (private && address.is_unique_local()),
        None => false,
    };
    if url.scheme() == "http" && !near {
        return Err("is plain http to another machine: use https".to_owned());
    }
    if !private && (!url.username().is_empty() || url.password().is_some()) {
        return Err("holds a user or password, and everybody can see it".to_owned());
    }
    Ok(())
}

/// What stood in a wrong place may be the key of a right one: `invalid type: string "…", expected u64`.
fn without_values(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) => format!("{}…{}", &message[..first], &message[last + 1..]),
        _ => message.to_owned(),
    }
}

fn wrong(sentence: &str) -> StartError {
    StartError::Services(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../docs/networks.example.toml");

    fn read(text: &str) -> Result<Networks, String> {
        let mut networks = Networks::default();
        networks.read(text).map(|()| networks)
    }

    fn entry(change: &str) -> String {
        let (key, _) = change.split_once(" = ").unwrap();
        let lines = [
            "chain_id = 10",
            "name = \"Ten\"",
            "rpc = \"https://node.example.org/s3cret\"",
            "confirmations = 3",
        ];
        let kept: Vec<&str> = lines
            .into_iter()
            .filter(|line| !line.starts_with(&format!("{key} ")))
            .collect();
        format!("[[network]]\n{}\n{change}\n", kept.join("\n"))
    }

    #[test]
    fn the_example_is_read_and_its_keys_stay_here() {
        let networks = read(EXAMPLE).unwrap();
        assert!(networks.shown.len() >= 2);
        let first = &networks.shown[0];
        assert_eq!(first.tips, Some(tips::CONTRACT));
        assert!(networks.endpoints.contains_key(&first.chain_id));
        let said = format!("{networks:?}");
        for endpoint in networks.endpoints.values() {
            assert!(!said.contains(&endpoint.url), "the server's own RPC is shown: {said}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (change, sentence) in [
            ("chain_id = 0", "chain_id must be between"),
            ("chain_id = 9000000000000000000", "chain_id must be between"),
            ("name = \"\"", "name must have"),
            ("symbol = \"ABCDEFGHIJKL\"", "symbol must have"),
            ("confirmations = 0", "confirmations must be at least 1"),
            ("rpc = \"ftp://node.example.org\"", "rpc must begin with https://"),
            ("rpc = \"node.example.org\"", "rpc is not a URL"),
            ("rpc = \"http://node.example.org/s3cret\"", "rpc is plain http"),
            ("public_rpc = \"http://10.0.0.7:8545\"", "public_rpc is plain http"),
            (
                "public_rpc = \"https://me:s3cret@node.example.org\"",
                "public_rpc holds a user",
            ),
            ("explorer = \"http://example.org\"", "explorer is plain http"),
            (
                "tips = \"0x0000000000000000000000000000000000000001\"",
                "tips must be 0x",
            ),
            ("tips = \"here\"", "tips is not an address"),
            ("colour = \"red\"", "colour"),
            ("rpc = https://node.example.org/s3cret", "line 5"),
            ("since = \"https://node.example.org/s3cret\"", "expected u64"),
        ] {
            let said = read(&entry(change)).unwrap_err();
            assert!(said.contains(sentence), "{change}: {said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
        let no_rpc = "[[network]]\nchain_id = 5\nname = \"Five\"\nconfirmations = 1\ntips = true\n";
        assert!(read(no_rpc).unwrap_err().contains("tips need an rpc"));
        let twice = entry("explorer = \"\"").repeat(2);
        assert!(read(&twice).unwrap_err().contains("twice"));
        assert!(read("").unwrap_err().contains("network"));
    }

    #[test]
    fn a_network_of_ones_own_may_speak_plainly() {
        for rpc in [
            "http://localhost:8545",
            "http://127.0.0.1:8545",
            "http://[::1]:8545",
            "http://node:8545",
            "http://10.1.2.3",
        ] {
            assert!(read(&entry(&format!("rpc = \"{rpc}\""))).is_ok(), "{rpc}");
        }
        let tips = format!("tips = \"{}\"", tips::CONTRACT);
        assert_eq!(read(&entry(&tips)).unwrap().shown[0].tips, Some(tips::CONTRACT));
        assert_eq!(read(&entry("tips = false")).unwrap().shown[0].tips, None);
    }
}
