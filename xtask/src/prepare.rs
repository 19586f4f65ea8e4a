//! `cargo xtask prepare`: writes `.sqlx`, the queries checked against a real database, so that building needs none.

use crate::{
    build, exec,
    place::{Places, hash},
    say,
    test::postgres::Postgres,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// The crates with queries (architecture.md, invariant 4).
const CRATES: [&str; 2] = ["services", "postgres"];

/// Writes them into the repository.
pub fn run(places: &Places) -> Result<()> {
    let tools = tools::ensure(places)?;
    let fresh = generate(places, &tools)?;
    let folder = places.root.join(".sqlx");
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (name, text) in &fresh {
        fs::write(folder.join(name), text)?;
    }
    say::note(&format!(
        "{} queries in .sqlx; commit them with the change",
        fresh.len()
    ));
    Ok(())
}

/// Fails when what is committed is not what the sources say.
pub fn check(places: &Places, tools: &Tools) -> Result<()> {
    let fresh = generate(places, tools)?;
    let differences = differences(&read(&places.root.join(".sqlx"))?, &fresh);
    if differences.is_empty() {
        return Ok(());
    }
    for difference in &differences {
        eprintln!("    {difference}");
    }
    bail!(".sqlx is not what the queries in the sources say: run `cargo xtask prepare` and commit it")
}

/// The queries of the sources as they are now. They are written when the macros run, so the crates are compiled for it, with a setting
/// that nobody else uses: nothing that others compile is touched. What was written for the same sources is there already.
fn generate(places: &Places, tools: &Tools) -> Result<BTreeMap<String, String>> {
    let key = key(places)?;
    let kept = places.target.join("sqlx");
    let folder = kept.join(&key);
    if folder.is_dir() {
        return read(&folder);
    }
    say::step("Checking every query against a database with the migrations", || {
        let postgres = Postgres::start(&tools.pg_bin)?;
        for path in migrations(&places.root.join("crates/services/migrations"))? {
            let text = fs::read_to_string(&path)?;
            postgres
                .sql(&text)
                .with_context(|| format!("the migration {} fails", path.display()))?;
        }
        if kept.is_dir() {
            fs::remove_dir_all(&kept)?;
        }
        let fresh = kept.join("new");
        fs::create_dir_all(&fresh)?;
        let moment = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % 1_000_000_000;
        let mut command = build::cargo(places);
        command.args(["check", "--all-targets"]);
        for name in CRATES {
            command.args(["-p", name, "--config"]);
            command.arg(format!("profile.dev.package.{name}.codegen-units={moment}"));
        }
        command
            .env("DATABASE_URL", postgres.url())
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &fresh);
        exec::run(&mut command).context("the queries do not fit the database")?;
        fs::rename(&fresh, &folder)?;
        read(&folder)
    })
}

/// What the queries depend on: the crates with their migrations, and the versions of what checks them.
fn key(places: &Places) -> Result<String> {
    let listed = exec::output(
        Command::new("git")
            .current_dir(&places.root)
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
                "Cargo.lock",
                "rust-toolchain.toml",
            ])
            .args(CRATES.map(|name| format!("crates/{name}"))),
    )?;
    let mut all = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        all.extend(path.as_bytes());
        all.extend(fs::read(places.root.join(path)).unwrap_or_default());
    }
    Ok(hash(&all))
}

/// In the order they are applied. A name without `_` would silently be left out by sqlx.
fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    if let Some(path) = paths.iter().find(|path| {
        !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains('_'))
    }) {
        bail!("{} would be left out: sqlx wants NUMBER_name.sql", path.display());
    }
    Ok(paths)
}

fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with("query-") {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

fn differences(committed: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Vec<String> {
    let missing = fresh
        .keys()
        .filter(|name| !committed.contains_key(*name))
        .map(|name| format!(".sqlx/{name} is missing"));
    let dead = committed
        .keys()
        .filter(|name| !fresh.contains_key(*name))
        .map(|name| format!(".sqlx/{name} belongs to no query"));
    let old = fresh
        .iter()
        .filter(|(name, text)| committed.get(*name).is_some_and(|have| have != *text));
    missing
        .chain(dead)
        .chain(old.map(|(name, _)| format!(".sqlx/{name} is out of date")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[(&str, &str)]) -> BTreeMap<String, String> {
        names
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        let committed = files(&[("query-a", "1"), ("query-b", "1"), ("query-d", "1")]);
        let fresh = files(&[("query-a", "1"), ("query-b", "2"), ("query-c", "1")]);
        assert_eq!(
            differences(&committed, &fresh),
            [
                ".sqlx/query-c is missing",
                ".sqlx/query-d belongs to no query",
                ".sqlx/query-b is out of date"
            ]
        );
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
