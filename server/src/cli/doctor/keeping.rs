//! Checks of the data directory and the database.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use postgres::{Cluster, ClusterError};
use services::{
    accounts::SessionKey,
    db::{self, DbError, Looked, Schema},
    time::SystemRandomness,
};

use crate::{config::Config, database};

/// Can the data directory be written, or made?
pub fn folder(config: &Config, say: &mut impl FnMut(bool, &str)) {
    let data = config.data.display();
    let tried = std::path::absolute(&config.data).and_then(|path| {
        let there = nearest(&path).to_owned();
        try_writing(&there).map(|()| there == path)
    });
    match tried {
        Ok(true) => say(true, &format!("the data directory {data} can be written")),
        Ok(false) => say(
            true,
            &format!("the data directory {data} is not there yet; the first start makes it"),
        ),
        Err(error) => say(
            false,
            &format!(
                "the data directory {data} cannot be written ({error}): set JACKDAW_DATA to a folder that belongs to this user"
            ),
        ),
    }
    if config.data.join("session.key").exists()
        && let Err(error) = SessionKey::load_or_make(&config.data, &SystemRandomness)
    {
        say(false, &error.to_string());
    }
}

/// The folder itself, or the one it would be made in.
fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(path)
}

/// Makes a file and takes it away again.
fn try_writing(folder: &Path) -> io::Result<()> {
    let probe: PathBuf = folder.join(format!(".jackdaw-doctor-{}", std::process::id()));
    let written = File::create_new(&probe).and_then(|mut file| file.write_all(b"?").and_then(|()| file.sync_all()));
    let removed = fs::remove_file(&probe);
    written.and(removed)
}

/// Does the database answer, and whose schema does it have?
pub async fn database(config: &Config, say: &mut impl FnMut(bool, &str)) {
    let Some(url) = &config.database_url else {
        return private(config, say).await;
    };
    match database::address(url) {
        Ok(options) => report("the database", db::look(options).await, say),
        Err(error) => say(false, &error.to_string()),
    }
}

/// The private one is started for a moment, if there is one and nobody uses it.
async fn private(config: &Config, say: &mut impl FnMut(bool, &str)) {
    if !postgres::is_in(&config.data) {
        return match postgres::programs(&config.data) {
            Ok(programs) => say(
                true,
                &format!(
                    "no DATABASE_URL: the first start makes a private Postgres in the data directory, with the programs in {}",
                    programs.display()
                ),
            ),
            Err(error) => say(false, &error.to_string()),
        };
    }
    let started = match std::env::current_exe() {
        Ok(this) => Cluster::start(&config.data, &this).await,
        Err(error) => return say(false, &error.to_string()),
    };
    match started {
        Ok(cluster) => {
            report("the private Postgres", db::look(cluster.options()).await, say);
            if let Err(error) = cluster.stop().await {
                say(false, &error.to_string());
            }
        }
        Err(ClusterError::InUse { process, .. }) => say(
            true,
            &format!("the private Postgres is in use by the server that runs here (process {process})"),
        ),
        Err(error) => say(false, &error.to_string()),
    }
}

fn report(what: &str, looked: Result<Looked, DbError>, say: &mut impl FnMut(bool, &str)) {
    let Looked { postgres, schema } = match looked {
        Ok(looked) => looked,
        Err(error) => {
            let words = format!(
                "{error}. Does {what} run, and are host, port, user, password and database in DATABASE_URL right?"
            );
            return say(false, &words);
        }
    };
    let answers = format!("{what} answers (Postgres {postgres})");
    match schema {
        Schema::None => say(
            true,
            &format!("{answers} and is empty; the first start makes the tables"),
        ),
        Schema::Ours => say(true, &format!("{answers} and its tables are up to date")),
        Schema::Older(missing) => say(
            true,
            &format!(
                "{answers}; {missing} of its migrations are waiting for the next start or `jackdaw migrate`: make a backup before"
            ),
        ),
        Schema::Newer => say(
            false,
            &format!(
                "{answers}, but a newer Jackdaw has changed its tables: run that one, or restore the backup from before"
            ),
        ),
    }
}
