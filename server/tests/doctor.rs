//! `jackdaw doctor`, as an operator reads it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{env, fs, path::PathBuf, process::Command};

use testkit::{TestServer, store::Fresh};

/// What it says.
struct Said {
    healthy: bool,
    text: String,
}

impl Said {
    /// The line with these words, and whether it is good.
    fn line(&self, words: &str) -> bool {
        let line = self.text.lines().find(|line| line.contains(words));
        let line = line.unwrap_or_else(|| panic!("nothing is said of {words:?}:\n{}", self.text));
        line.starts_with("ok ")
    }

    fn silent_of(&self, words: &str) {
        assert!(!self.text.contains(words), "{}", self.text);
    }
}

/// The program itself, with these settings and no others.
async fn jackdaw(command: &'static str, settings: &[(&str, &str)]) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_jackdaw"));
    program.arg(command).env_clear();
    for name in ["PATH", "PG_BIN"] {
        program.envs(env::var_os(name).map(|value| (name, value)));
    }
    program.envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || program.output())
        .await
        .unwrap()
        .unwrap();
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .concat();
    let healthy = output.status.success();
    Said { healthy, text }
}

async fn doctor(settings: &[(&str, &str)]) -> Said {
    jackdaw("doctor", settings).await
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("jackdaw-doctor-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, inside: &str) -> String {
        self.0.join(inside).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_set_up_is_told_so() {
    let mut server = TestServer::start().await;
    server.pause().await;
    let config = &server.config;
    let listen = config.listen.to_string();
    let said = doctor(&[
        ("DATABASE_URL", config.database_url.as_deref().unwrap()),
        ("JACKDAW_DATA", config.data.to_str().unwrap()),
        ("JACKDAW_SITE", config.site.to_str().unwrap()),
        ("JACKDAW_LISTEN", &listen),
        ("JACKDAW_URL", config.url.as_str()),
    ])
    .await;
    assert!(said.healthy, "{}", said.text);
    assert!(said.line("its tables are up to date"));
    assert!(said.line("can be written"));
    assert!(said.line("no smart accounts"));
    said.silent_of("JACKDAW_PROXIES");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_new_or_does_not_answer() {
    let folder = Folder::new("database");
    let data = folder.path("data");
    let fresh = Fresh::make().await;
    let said = doctor(&[("DATABASE_URL", &fresh.url()), ("JACKDAW_DATA", &data)]).await;
    assert!(said.line("is empty; the first start makes the tables"));
    assert!(said.line("is not there yet"), "the data directory");
    assert!(!fs::exists(&data).unwrap(), "looking makes nothing");
    assert!(!fresh.dump().await.contains("migration"));
    fresh.remove().await;

    // Nobody listens there.
    let away = "postgres://jackdaw:canary-4711@127.0.0.1:1/jackdaw";
    let said = doctor(&[("DATABASE_URL", away), ("JACKDAW_DATA", &data)]).await;
    assert!(!said.healthy && !said.line("the database does not answer"));
    assert!(!said.line("DATABASE_URL"), "what to look at");
    said.silent_of("canary-4711");
    let said = doctor(&[("DATABASE_URL", "canary-4711"), ("JACKDAW_DATA", &data)]).await;
    assert!(!said.line("DATABASE_URL is not the address of a Postgres"));
    said.silent_of("canary-4711");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_database_is_looked_at_where_it_lies() {
    let folder = Folder::new("private");
    let data = folder.path("data");
    let settings = [("JACKDAW_DATA", data.as_str())];
    let said = doctor(&settings).await;
    assert!(said.line("the first start makes a private Postgres"));
    assert!(!fs::exists(&data).unwrap(), "looking makes nothing");
    let migrated = jackdaw("migrate", &settings).await;
    assert!(migrated.healthy, "{}", migrated.text);
    let said = doctor(&settings).await;
    assert!(said.line("the private Postgres answers"));
    assert!(said.line("its tables are up to date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_cannot_be_written() {
    let folder = Folder::new("data");
    fs::write(folder.path("file"), "no folder").unwrap();
    let data = folder.path("file/data");
    let said = doctor(&[("JACKDAW_DATA", &data), ("DATABASE_URL", "postgres://127.0.0.1:1/x")]).await;
    assert!(!said.healthy && !said.line("cannot be written"));
    assert!(!said.line("set JACKDAW_DATA"));
    // A key that is none is found before the start finds it.
    let data = folder.path("data");
    fs::create_dir(&data).unwrap();
    fs::write(folder.path("data/session.key"), "short").unwrap();
    let said = doctor(&[("JACKDAW_DATA", &data), ("DATABASE_URL", "postgres://127.0.0.1:1/x")]).await;
    assert!(said.line("can be written"));
    assert!(!said.line("is not 32 bytes long"));
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "the try has left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_named() {
    let folder = Folder::new("proxy");
    let data = folder.path("data");
    let settings = [
        ("JACKDAW_DATA", data.as_str()),
        ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
        ("JACKDAW_URL", "https://chat.example"),
    ];
    let said = doctor(&settings).await;
    assert!(!said.line("Set JACKDAW_PROXIES"));
    let named = [&settings[..], &[("JACKDAW_PROXIES", "127.0.0.1,::1")]].concat();
    let said = doctor(&named).await;
    assert!(said.line("X-Forwarded-For of 127.0.0.1 and ::1"));
    said.silent_of("JACKDAW_PROXIES");
}
