//! What an operator decides: flags or environment variables, each with a default that works on one machine.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use url::Url;

/// The settings of one server.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The Postgres to use. Without it a private one is started in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Where the private Postgres and this server's secrets live.
    #[arg(long, env = "JACKDAW_DATA", default_value = "./data")]
    pub data: PathBuf,

    /// The address people type: scheme, host and port, nothing behind it.
    #[arg(long, env = "JACKDAW_URL", default_value = "http://localhost:3000", value_parser = parse_origin)]
    pub url: Url,

    /// Where to listen. Behind a proxy that speaks https this stays a local address.
    #[arg(long, env = "JACKDAW_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// The folder with the built page (`assets.json`, `pkg/`, public files).
    #[arg(long, env = "JACKDAW_SITE", default_value = "target/site")]
    pub site: PathBuf,

    /// The development chain's JSON-RPC. With it, chain 31337 is served and test coins are given out.
    #[arg(long, env = "JACKDAW_CHAIN_RPC")]
    pub chain_rpc: Option<String>,

    /// Where the contract for tips stands on the development chain. It has one address everywhere; any other one is refused.
    #[arg(long, env = "JACKDAW_TIPS")]
    pub tips: Option<String>,

    /// A file with the networks served here; `docs/networks.example.toml` shows one.
    #[arg(long, env = "JACKDAW_NETWORKS")]
    pub networks: Option<PathBuf>,

    /// Proxies whose `X-Forwarded-For` is believed, as addresses with commas between. Nobody else's is. Behind a proxy that is not
    /// named here everybody counts as that proxy.
    #[arg(long, env = "JACKDAW_PROXIES", value_delimiter = ',')]
    pub proxies: Vec<IpAddr>,

    /// Development: pages reload themselves when the server has been built anew.
    #[arg(long, env = "JACKDAW_DEV", default_value_t = false, action = clap::ArgAction::Set, value_parser = parse_switch, default_missing_value = "1", num_args = 0..=1)]
    pub dev: bool,
}

impl Config {
    /// The origin as browsers write it into `Origin`: `https://example.org`, `http://localhost:3000`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The domain in sign-in texts: host, and port if it is not the default.
    pub fn domain(&self) -> String {
        let host = self.url.host_str().unwrap_or("localhost");
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// People come by https, which this server does not speak itself, and no proxy is named that could.
    pub fn lacks_proxy(&self) -> bool {
        self.secure() && self.proxies.is_empty()
    }

    /// People reach this server by https (through a proxy): cookies are `__Host-` and `Secure`, and HSTS is sent.
    pub fn secure(&self) -> bool {
        self.url.scheme() == "https"
    }
}

/// An origin and nothing more, so that a stray path never ends up in a sign-in text.
fn parse_origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !bare {
        return Err("expected https://host or http://host:port, without a path".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a public address has no user or password".to_owned());
    }
    Ok(url)
}

/// `1`, `true` and `yes` are on; empty, `0`, `false` and `no` are off.
fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "" | "0" | "false" | "no" => Ok(false),
        _ => Err("expected 1 or 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_an_origin() {
        assert!(parse_origin("http://localhost:3000").is_ok());
        assert!(parse_origin("https://chat.example/").is_ok());
        for wrong in [
            "chat.example",
            "ftp://chat.example",
            "https://chat.example/x",
            "https://a:b@chat.example",
            "https://chat.example?x",
        ] {
            assert!(parse_origin(wrong).is_err(), "{wrong}");
        }
    }
}
