use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use server::{Config, Patience, Running, http::limits::Limits};
use url::Url;

use crate::{Visitor, proxy::Wire, store::Fresh};

/// How long a test waits for something that must come.
const SOON: Duration = Duration::from_secs(20);

/// The real server, in this process.
#[derive(Debug)]
pub struct TestServer {
    running: Option<Running>,
    /// The server's settings.
    pub config: Config,
    /// How long it waits for sockets.
    pub patience: Patience,
    /// The server's own database.
    pub database: Fresh,
    /// The only way in which the server reaches it.
    pub wire: Wire,
    folder: PathBuf,
}

impl TestServer {
    /// Starts one with the usual settings.
    pub async fn start() -> Self {
        Self::start_with(|_, _| ()).await
    }

    /// Starts one with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config, &mut Patience)) -> Self {
        let database = Fresh::make().await;
        let folder = std::env::temp_dir().join(database.name());
        let site = folder.join("site");
        make_site(&site);
        let listen = free_port().await;
        let (wire, database_url) = database.through_a_wire(&folder.join("wire"));
        let mut config = Config {
            database_url: Some(database_url),
            data: folder.join("data"),
            url: Url::parse(&format!("http://localhost:{}", listen.port())).unwrap(),
            listen,
            site,
            chain_rpc: None,
            tips: None,
            networks: None,
            proxies: Vec::new(),
            dev: false,
        };
        let mut patience = Patience::default();
        change(&mut config, &mut patience);
        let mut server = Self {
            running: None,
            config,
            patience,
            database,
            wire,
            folder,
        };
        server.resume().await;
        server
    }

    /// Another server of the same site: the same database, keys and public address, another port.
    pub async fn beside(&self) -> Self {
        Self::start_with(|config, _| {
            config.database_url.clone_from(&self.config.database_url);
            config.data.clone_from(&self.config.data);
            config.url.clone_from(&self.config.url);
        })
        .await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.config.listen
    }

    /// Its origin, as a browser writes it.
    pub fn origin(&self) -> String {
        self.config.origin()
    }

    /// The domain installations sign with.
    pub fn domain(&self) -> String {
        self.config.domain()
    }

    /// The chain on which people sign in: the development chain if there is one, else Ethereum's main network.
    pub fn chain_id(&self) -> u64 {
        self.config
            .chain_rpc
            .as_ref()
            .map_or(1, |_| services::network::DEVELOPMENT)
    }

    /// The running server.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }

    /// Somebody's browser, without cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.address(), self.origin())
    }

    /// Says that it is to end, and does not wait.
    pub fn begin_to_end(&self) {
        self.running().server().shutdown().begin();
    }

    /// Ends it, as a signal would; its database stays.
    pub async fn pause(&mut self) {
        self.running.take().expect("the server runs").stop().await;
    }

    /// Starts it again, at the same place over the same database.
    pub async fn resume(&mut self) {
        let running = server::start(self.config.clone(), Limits::default(), self.patience).await;
        self.running = Some(running.expect("the server starts"));
    }

    /// Ends it and removes what it kept.
    pub async fn stop(mut self) {
        if self.running.is_some() {
            self.pause().await;
        }
        self.database.remove().await;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Waits until something holds; fails the test if it does not soon.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(SOON, waiting).await.is_ok(),
        "did not come: {what}"
    );
}

async fn free_port() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// The least that the server takes for a built page.
fn make_site(folder: &std::path::Path) {
    fs::create_dir_all(folder.join("pkg")).unwrap();
    let manifest = r#"{"page_js":"/pkg/page-1.js","page_wasm":"/pkg/page_bg-1.wasm","worker_js":"/pkg/worker-1.js","worker_wasm":"/pkg/worker_bg-1.wasm","style":"/pkg/style-1.css"}"#;
    fs::write(folder.join("assets.json"), manifest).unwrap();
    fs::write(folder.join("pkg/page-1.js"), "export default function(){}").unwrap();
    fs::write(folder.join("pkg/worker-1.js"), "onmessage=()=>{}").unwrap();
    fs::write(folder.join("pkg/worker-1.js.br"), b"not really brotli").unwrap();
    fs::write(folder.join("pkg/style-1.css"), "body{}").unwrap();
    fs::write(
        folder.join("favicon.svg"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    )
    .unwrap();
}
