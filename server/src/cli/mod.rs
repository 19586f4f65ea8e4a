//! The command line: `jackdaw` serves; `migrate` and `doctor` help the operator.

mod doctor;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{config::Config, database::Database, error::StartError, http::limits::Limits, state::Patience, telemetry};

/// A self-hosted place to talk end-to-end encrypted and to pay each other.
#[derive(Debug, Parser)]
#[command(name = "jackdaw", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers people (the default).
    Serve(Config),
    /// Brings the database up to date and ends.
    Migrate(Config),
    /// Says what is wrong with this machine's set-up, and how to mend it.
    Doctor(Config),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    // Before anything else: this process is about to become the private Postgres, and brings nothing along.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == postgres::SUBCOMMAND) {
        postgres::exec_child(arguments);
    }
    let cli = Cli::parse();
    telemetry::start();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the runtime could not start");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match command {
            Command::Serve(config) => report(serve(config).await),
            Command::Migrate(config) => report(migrate(config).await),
            Command::Doctor(config) => doctor::examine(&config).await,
        }
    })
}

async fn serve(config: Config) -> Result<(), StartError> {
    let running = crate::start(config, Limits::default(), Patience::default()).await?;
    let shutdown = running.server().shutdown().clone();
    let signals = tokio::spawn(async move { shutdown.on_signal().await });
    running.finish().await;
    signals.abort();
    Ok(())
}

async fn migrate(config: Config) -> Result<(), StartError> {
    let database = Database::open(&config).await?;
    let migrated = database.migrate().await;
    database.close().await;
    migrated?;
    tracing::info!("the database is up to date");
    Ok(())
}

fn report(result: Result<(), StartError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
