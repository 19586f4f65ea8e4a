//! Tips on the development chain: deployed once, and again only when its code has changed or the chain is another one.
//!
//! It goes through the deterministic deployer that every anvil begins with, so that its address follows from its code: the same on every
//! chain, and the one that clients know (`CREATE2`, EIP-1014).

use crate::{
    http,
    place::{self, Places},
    say, signals,
};
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Arachnid's deployer: its input is a salt and creation code, its answer the address.
const DEPLOYER: &str = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
/// The salt: zero.
const SALT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What we remember of a deployment, in the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The hash of the chain's first block.
    genesis: String,
    /// Our hash of the creation code.
    code: String,
    /// Our hash of what stood at the address afterwards.
    deployed: String,
    address: String,
}

/// Why it has to be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    New,
    Reset,
    Changed,
}

/// Makes sure that it is there; answers with its address.
pub fn ensure(places: &Places, port: u16, data: &Path) -> Result<String> {
    let (path, code) = (data.join("contracts.json"), code(places)?);
    let genesis = text(&http::rpc(port, "eth_getBlockByNumber", &json!(["0x0", false]))?["hash"])?;
    // A file that cannot be read is as good as none.
    let known: Option<Record> = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let there = match &known {
        Some(known) => deployed(port, &known.address)?,
        None => None,
    };
    let because = why(
        known.as_ref(),
        &genesis,
        &place::hash(code.as_bytes()),
        there.as_deref(),
    );
    let because = match (known, because) {
        (Some(known), None) => return Ok(known.address),
        (_, because) => because.unwrap_or(Because::New),
    };
    let address = say::step(because.sentence(), || deploy(port, &code))?;
    let record = Record {
        deployed: deployed(port, &address)?.context("the contract is not where it was deployed")?,
        code: place::hash(code.as_bytes()),
        genesis,
        address,
    };
    place::write(&path, &serde_json::to_vec_pretty(&record)?)?;
    say::note(&format!("Tips is at {}", record.address));
    Ok(record.address)
}

/// Two fresh chains can begin with the same block, and a chain that was killed may have lost its last seconds: the address is looked at too.
fn why(known: Option<&Record>, genesis: &str, code: &str, there: Option<&str>) -> Option<Because> {
    match known {
        None => Some(Because::New),
        Some(known) if known.genesis != genesis || there != Some(&known.deployed) => Some(Because::Reset),
        Some(known) if known.code != code => Some(Because::Changed),
        Some(_) => None,
    }
}

impl Because {
    fn sentence(self) -> &'static str {
        match self {
            Self::New => "Deploying the contract for tips to the development chain",
            Self::Reset => {
                "The development chain has been reset, its tips are gone: deploying the contract for tips again"
            }
            Self::Changed => "The contract for tips has changed: deploying it to the development chain again",
        }
    }
}

fn code(places: &Places) -> Result<String> {
    let path = places.root.join("contracts/abi/Tips.json");
    let artifact: Value = serde_json::from_slice(&fs::read(&path).context("contracts/abi/Tips.json is missing")?)?;
    text(&artifact["bytecode"]).context("contracts/abi/Tips.json has no bytecode")
}

/// Our hash of the code at an address, if there is any.
fn deployed(port: u16, address: &str) -> Result<Option<String>> {
    let code = text(&http::rpc(port, "eth_getCode", &json!([address, "latest"]))?)?;
    Ok((code != "0x").then(|| place::hash(code.as_bytes())))
}

/// Where it stands on every chain: the end of the hash of 0xff, deployer, salt and the creation code's hash. The chain does the hashing.
fn place_of(port: u16, code: &str) -> Result<String> {
    let hash = |bytes: &str| text(&http::rpc(port, "web3_sha3", &json!([bytes]))?);
    let code = hash(code)?;
    let digest = hash(&format!("0xff{}{SALT}{}", bare(DEPLOYER), bare(&code)))?;
    Ok(format!("0x{}", &digest[digest.len() - 40..]))
}

fn bare(hex: &str) -> &str {
    hex.trim_start_matches("0x")
}

/// Sends it from the chain's first account, which is unlocked, and waits until it is there.
fn deploy(port: u16, code: &str) -> Result<String> {
    let address = place_of(port, code)?;
    if deployed(port, &address)?.is_some() {
        return Ok(address);
    }
    let accounts = http::rpc(port, "eth_accounts", &json!([]))?;
    let input = format!("0x{SALT}{}", bare(code));
    let transaction = json!([{ "from": accounts[0], "to": DEPLOYER, "data": input }]);
    let hash = http::rpc(port, "eth_sendTransaction", &transaction).context("the chain does not take the contract")?;
    // The next block would come by itself, within two seconds.
    let _ = http::rpc(port, "evm_mine", &json!([]));
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let receipt = http::rpc(port, "eth_getTransactionReceipt", &json!([hash]))?;
        if receipt["status"] == "0x1" {
            return Ok(address);
        }
        if !receipt.is_null() {
            bail!("the chain refuses the contract: {receipt}");
        }
        if signals::stopping() {
            bail!("stopped");
        }
        if Instant::now() > deadline {
            bail!("the development chain makes no blocks: the contract is not deployed after half a minute");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .with_context(|| format!("the chain answers {value}"))?
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_deployed_again_only_for_a_reason() {
        let record = Record {
            genesis: "g".into(),
            code: "c".into(),
            deployed: "d".into(),
            address: "0x1".into(),
        };
        let known = Some(&record);
        assert_eq!(why(None, "g", "c", None), Some(Because::New));
        assert_eq!(why(known, "g", "c", Some("d")), None);
        assert_eq!(why(known, "other", "c", Some("d")), Some(Because::Reset));
        assert_eq!(why(known, "g", "c", None), Some(Because::Reset));
        assert_eq!(why(known, "g", "c", Some("somebody else")), Some(Because::Reset));
        assert_eq!(why(known, "g", "other", Some("d")), Some(Because::Changed));
    }

    #[test]
    fn a_chain_that_begins_anew_gets_it_again() {
        let places = Places::find().unwrap();
        let tools = crate::tools::ensure(&places).unwrap();
        let data = std::env::temp_dir().join(format!("jackdaw-xtask-tips-{}", std::process::id()));
        let start = || {
            let port = http::free_port(18_545).unwrap();
            crate::chain::Chain::start(&tools, &data.join("chain"), port).unwrap()
        };
        let remembered = || fs::read(data.join("contracts.json")).unwrap();
        let mut chain = start();
        let address = ensure(&places, chain.port, &data).unwrap();
        let known = fs::read_to_string(places.root.join("crates/chain/src/tips.rs")).unwrap();
        assert!(
            known
                .to_lowercase()
                .contains(&format!("const contract: address = address!(\"{address}\")")),
            "clients look for it at {address}"
        );
        assert_eq!(ensure(&places, chain.port, &data).unwrap(), address);
        let first = remembered();
        chain.stop();

        let mut chain = start();
        assert_eq!(ensure(&places, chain.port, &data).unwrap(), address);
        assert_eq!(
            remembered(),
            first,
            "the chain's state was kept, and so was the contract"
        );
        chain.stop();

        fs::remove_file(data.join("chain/state.json")).unwrap();
        let chain = start();
        assert_eq!(deployed(chain.port, &address).unwrap(), None);
        let again = ensure(&places, chain.port, &data).unwrap();
        assert!(deployed(chain.port, &again).unwrap().is_some());
        drop(chain);
        fs::remove_dir_all(&data).unwrap();
    }
}
