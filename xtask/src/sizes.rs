//! `cargo xtask sizes`: what a person's browser has to load, as the server sends it, and what it may be at most.

use crate::{
    build::{self, Assets, Parts, Profile},
    exec::Daemon,
    http,
    place::Places,
    say, signals, tools,
};
use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::Signal;
use std::{
    collections::BTreeSet,
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

/// What may be sent at most, in bytes.
const LANDING: u64 = 14_000;
const FIRST_VIEW: u64 = 165_000;
const ENGINE: u64 = 350_000;

/// Builds what a browser loads from a release, has it served, and prints the table of docs/performance.md. The server that serves it
/// is the development's: it sends the same bytes, and is built in a fraction of the time.
pub fn run(places: &Places, page_only: bool) -> Result<()> {
    let tools = tools::ensure(places)?;
    let parts = Parts {
        worker: !page_only,
        ..Parts::BROWSER
    };
    build::browser(places, &tools, Profile::Release, parts)?;
    build::server(places, Profile::Development)?;
    let site = places.site(true);
    let assets = Assets::read(&site)?;
    let data = std::env::temp_dir().join(format!("jackdaw-sizes-{}", std::process::id()));
    fs::create_dir_all(&data)?;
    let pages = say::step("Asking the server for its pages", || {
        let port = http::free_port(3900)?;
        let mut command = Command::new(places.server(false));
        command
            .env("JACKDAW_LISTEN", format!("127.0.0.1:{port}"))
            .env("JACKDAW_URL", format!("http://localhost:{port}"));
        command
            .env("JACKDAW_SITE", &site)
            .env("JACKDAW_DATA", &data)
            .env("PG_BIN", &tools.pg_bin)
            .env_remove("DATABASE_URL");
        let mut server = Daemon::start("the server", &command, Signal::SIGTERM, Some(&data.join("log")))?;
        wait(&mut server, port, &data.join("log"))?;
        Ok((page(port, "/", &site)?, page(port, "/app", &site)?))
    });
    let _ = fs::remove_dir_all(&data);
    let (landing, core) = pages?;
    // What is there whoever comes, and the part that each view needs.
    let view = |part: &str| -> Result<Vec<File>> {
        let url = assets
            .parts
            .get(part)
            .with_context(|| format!("there is no part {part}"))?;
        let mut files = core.clone();
        files.push(file(&site, url)?);
        Ok(files)
    };
    let engine = [file(&site, &assets.worker_js)?, file(&site, &assets.worker_wasm)?];
    println!("| what | file | raw, KB | sent (brotli), KB |\n|---|---|---:|---:|");
    let held = [
        table("Landing, `/`", &landing) <= LANDING,
        table("First view of `/app`, a newcomer", &view(build::GATE)?) <= FIRST_VIEW,
        table("First view of `/app`, a member", &view(build::FRAME)?) <= FIRST_VIEW,
        engine[1].sent <= ENGINE,
    ];
    table("Engine, when an account is opened", &engine);
    let later = assets
        .parts
        .iter()
        .filter(|(name, _)| ![build::GATE, build::FRAME].contains(&name.as_str()));
    for (name, url) in later {
        table(&format!("Part `{name}`, when it is first shown"), &[file(&site, url)?]);
    }
    ensure!(
        !held.contains(&false),
        "more is sent than may be: at most {LANDING} bytes for `/`, {FIRST_VIEW} for the first view of `/app`, {ENGINE} for the engine's wasm"
    );
    Ok(())
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
