//! `cargo xtask sizes`: what a person's browser has to load, as the server sends it, and what it may be at most.

use crate::{
    build::{self, Assets, Parts, Profile},
    exec::Daemon,
    http,
    place::Places,
    say, signals,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::Signal;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// One file that is loaded.
#[derive(Clone)]
struct File {
    url: String,
    raw: u64,
    sent: u64,
}

/// What may be sent at most, in bytes: `web/limits.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    views: BTreeMap<String, u64>,
    page: BTreeMap<String, u64>,
    parts: BTreeMap<String, u64>,
}

/// What is sent, in bytes, by the same names.
type Sent = BTreeMap<String, u64>;

/// Builds what a browser loads from a release and does the rest.
pub fn run(places: &Places, page_only: bool) -> Result<()> {
    let tools = tools::ensure(places)?;
    let parts = Parts {
        worker: !page_only,
        ..Parts::BROWSER
    };
    build::browser(places, &tools, Profile::Release, parts)?;
    build::server(places, Profile::Development)?;
    check(places, &tools)
}

/// Has what is built served, prints the table of docs/performance.md, and fails where more is sent than may be. The server is the
/// development's: it sends the same bytes, and is built in a fraction of the time.
pub fn check(places: &Places, tools: &Tools) -> Result<()> {
    let text = fs::read_to_string(places.root.join("web/limits.toml")).context("web/limits.toml is missing")?;
    let limits: Limits = toml::from_str(&text).context("web/limits.toml cannot be read")?;
    let site = places.site(true);
    let assets = Assets::read(&site)?;
    let (landing, core) = say::step("Asking the server for its pages", || served(places, tools, &site))?;
    println!("| what | file | raw, KB | sent (brotli), KB |\n|---|---|---:|---:|");
    let mut views = Sent::from([("landing".to_owned(), table("Landing, `/`", &landing))]);
    for (view, part) in [("newcomer", "gate"), ("member", "talk")] {
        let mut files = core.clone();
        let needed = assets.parts.get(part);
        for url in needed.with_context(|| format!("there is no part {part}"))? {
            files.push(file(&site, url)?);
        }
        let title = format!("First view of `/app`, a {view}");
        views.insert(view.to_owned(), table(&title, &files));
    }
    let engine = [file(&site, &assets.worker_js)?, file(&site, &assets.worker_wasm)?];
    table("Engine, when an account is opened", &engine);
    views.insert("engine".to_owned(), engine[1].sent);
    let mut own = Sent::new();
    let mut shared = BTreeSet::new();
    for (name, urls) in &assets.parts {
        let (last, before) = urls.split_last().with_context(|| format!("the part {name} is empty"))?;
        shared.extend(before);
        let title = format!("Part `{name}`, when it is first shown");
        own.insert(name.clone(), table(&title, &[file(&site, last)?]));
    }
    let shared = shared
        .into_iter()
        .map(|url| file(&site, url))
        .collect::<Result<Vec<_>>>()?;
    let page = Sent::from([
        ("core".to_owned(), file(&site, &assets.page_wasm)?.sent),
        ("shared".to_owned(), table("What parts share", &shared)),
    ]);
    let broken = [
        broken("view", &views, &limits.views),
        broken("page", &page, &limits.page),
        broken("part", &own, &limits.parts),
    ]
    .concat();
    ensure!(
        broken.is_empty(),
        "not what web/limits.toml says:\n    {}",
        broken.join("\n    ")
    );
    Ok(())
}

/// What is above its limit, has none, or is not there.
fn broken(kind: &str, sent: &Sent, limits: &BTreeMap<String, u64>) -> Vec<String> {
    let above = sent.iter().filter_map(|(name, bytes)| match limits.get(name) {
        None => Some(format!("{kind} {name}: {bytes} bytes, and no limit")),
        Some(most) => (bytes > most).then(|| format!("{kind} {name}: {bytes} bytes, at most {most}")),
    });
    let gone = limits.keys().filter(|name| !sent.contains_key(*name));
    above
        .chain(gone.map(|name| format!("{kind} {name}: there is none, but a limit")))
        .collect()
}

/// `/` and `/app`, with every file that they name.
fn served(places: &Places, tools: &Tools, site: &Path) -> Result<(Vec<File>, Vec<File>)> {
    let data = std::env::temp_dir().join(format!("jackdaw-sizes-{}", std::process::id()));
    fs::create_dir_all(&data)?;
    let pages = || {
        let port = http::free_port(3900)?;
        let mut command = Command::new(places.server(false));
        command
            .env("JACKDAW_LISTEN", format!("127.0.0.1:{port}"))
            .env("JACKDAW_URL", format!("http://localhost:{port}"));
        command
            .env("JACKDAW_SITE", site)
            .env("JACKDAW_DATA", &data)
            .env("PG_BIN", &tools.pg_bin)
            .env_remove("DATABASE_URL");
        let mut server = Daemon::start("the server", &command, Signal::SIGTERM, Some(&data.join("log")))?;
        wait(&mut server, port, &data.join("log"))?;
        Ok((page(port, "/", site)?, page(port, "/app", site)?))
    };
    let pages = pages();
    let _ = fs::remove_dir_all(&data);
    pages
}

fn wait(server: &mut Daemon, port: u16, log: &Path) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !http::get(port, "/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
        if signals::stopping() || server.ended().is_some() || Instant::now() > deadline {
            bail!(
                "the server does not start: {}",
                fs::read_to_string(log).unwrap_or_default()
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A page and every file of the site that it names.
fn page(port: u16, path: &str, site: &Path) -> Result<Vec<File>> {
    let raw = http::get(port, path, &[])?;
    if raw.status != 200 {
        bail!("{path} answers {}", raw.status);
    }
    let sent = http::get(port, path, &[("Accept-Encoding", "br")])?;
    let mut files = vec![File {
        url: path.to_owned(),
        raw: raw.body.len() as u64,
        sent: sent.body.len() as u64,
    }];
    let html = String::from_utf8_lossy(&raw.body).into_owned();
    let named: BTreeSet<&str> = urls(&html).into_iter().collect();
    for url in named {
        if site.join(&url[1..]).is_file() {
            files.push(file(site, url)?);
        }
    }
    Ok(files)
}

/// Everything between quotes that begins like a path.
fn urls(html: &str) -> Vec<&str> {
    let words = html.split(['"', '\'', '(', ')', ' ']);
    words
        .filter(|word| word.len() > 1 && word.starts_with('/') && !word.starts_with("//"))
        .collect()
}

fn file(site: &Path, url: &str) -> Result<File> {
    let size = |name: &str| fs::metadata(site.join(name)).map(|known| known.len());
    let raw = size(&url[1..]).with_context(|| format!("{url} is not in the site"))?;
    Ok(File {
        url: url.to_owned(),
        raw,
        sent: size(&format!("{}.br", &url[1..])).unwrap_or(raw),
    })
}

/// Prints the files and what they are in all. Gives how much is sent.
fn table(title: &str, files: &[File]) -> u64 {
    let kilobytes = |bytes: u64| format!("{}.{}", bytes / 1000, bytes % 1000 / 100);
    for file in files {
        println!(
            "| {title} | `{}` | {} | {} |",
            unhashed(&file.url),
            kilobytes(file.raw),
            kilobytes(file.sent)
        );
    }
    let (raw, sent) = files
        .iter()
        .fold((0, 0), |(raw, sent), file| (raw + file.raw, sent + file.sent));
    if files.len() > 1 {
        println!(
            "| **{title}** | **in all** | **{}** | **{}** |",
            kilobytes(raw),
            kilobytes(sent)
        );
    }
    sent
}

/// `/pkg/page-0123456789abcdef.js` as `/pkg/page-….js`, so that the table changes only when sizes do.
fn unhashed(url: &str) -> String {
    match url.rsplit_once('-') {
        Some((name, rest)) if rest.len() > 16 && rest.as_bytes()[16] == b'.' => format!("{name}-…{}", &rest[16..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_has_no_limit_or_is_gone_is_named() {
        let named = |all: &[(&str, u64)]| all.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
        let limits = named(&[("gate", 10), ("talk", 20)]);
        assert_eq!(
            broken("part", &named(&[("gate", 10), ("talk", 1)]), &limits),
            Vec::<String>::new()
        );
        assert_eq!(
            broken("part", &named(&[("gate", 11), ("tips", 1)]), &limits),
            [
                "part gate: 11 bytes, at most 10",
                "part tips: 1 bytes, and no limit",
                "part talk: there is none, but a limit"
            ]
        );
    }

    #[test]
    fn the_committed_limits_are_read() {
        let limits: Limits = toml::from_str(include_str!("../../web/limits.toml")).unwrap();
        for view in ["landing", "newcomer", "member", "engine"] {
            assert!(limits.views.contains_key(view), "{view}");
        }
        assert!(toml::from_str::<Limits>("[views]\n[page]\n[parts]\n[more]\n").is_err());
    }

    #[test]
    fn what_a_page_names_is_found() {
        let html = r#"<link href="/pkg/style-1.css"><script>import init from '/pkg/page.js'</script><a href="//x">"#;
        assert_eq!(urls(html), ["/pkg/style-1.css", "/pkg/page.js"]);
    }

    #[test]
    fn hashes_are_left_out_of_the_table() {
        assert_eq!(unhashed("/pkg/page-0123456789abcdef.js"), "/pkg/page-….js");
        assert_eq!(unhashed("/app"), "/app");
    }
}
