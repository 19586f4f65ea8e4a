//! The private Postgres, with real binaries: written rows outlive every death. Run as root or not.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use postgres::{Cluster, ClusterError, SUBCOMMAND, exec_child};
use sqlx::{Connection, PgConnection, PgPool};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == SUBCOMMAND) {
        exec_child(arguments);
    }
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("serve-until-killed") {
        let data: String = arguments.next().expect("the data directory");
        runtime().block_on(serve_until_killed(Path::new(&data)));
    }
    if std::env::args().any(|argument| argument == "--list") {
        println!("the_private_postgres: test");
        return;
    }
    let tell = |name: &str, outcome: Outcome| match outcome {
        Ok(()) => println!("test {name} ... ok"),
        Err(error) => {
            println!("test {name} ... FAILED\n{error}");
            std::process::exit(1);
        }
    };
    let runtime = runtime();
    tell(
        "rows_outlive_postgres_killed_and_stopped",
        runtime.block_on(rows_outlive_postgres()),
    );
    tell(
        "rows_outlive_the_server_killed",
        runtime.block_on(rows_outlive_the_server()),
    );
    tell(
        "a_second_server_is_refused",
        runtime.block_on(a_second_server_is_refused()),
    );
    tell(
        "a_closed_home_and_a_long_path_do_not_matter",
        runtime.block_on(a_closed_home_and_a_long_path()),
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn this_binary() -> PathBuf {
    std::env::current_exe().expect("this binary")
}

async fn start(data: &Path) -> Result<Cluster, ClusterError> {
    Cluster::start(data, &this_binary()).await
}

async fn write(cluster: &Cluster, number: i32) -> Outcome {
    let mut connection = PgConnection::connect_with(&cluster.options()).await?;
    sqlx::query("create table if not exists seen (number int primary key)")
        .execute(&mut connection)
        .await?;
    sqlx::query("insert into seen values ($1)")
        .bind(number)
        .execute(&mut connection)
        .await?;
    Ok(())
}

async fn count(cluster: &Cluster) -> Result<i64, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&cluster.options()).await?;
    sqlx::query_scalar("select count(*) from seen")
        .fetch_one(&mut connection)
        .await
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Result<T, String> {
    let wait = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait)
        .await
        .map_err(|_| format!("waited too long for {what}"))
}

fn kill(process: u32) {
    let number = nix::unistd::Pid::from_raw(i32::try_from(process).expect("a process id"));
    nix::sys::signal::kill(number, nix::sys::signal::Signal::SIGKILL).expect("it lives");
}

fn lives(process: u32) -> bool {
    // A killed child of a killed parent may linger as a zombie where nobody reaps.
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim().starts_with('Z'))
}

async fn rows_outlive_postgres() -> Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let cluster = start(&data).await?;
    write(&cluster, 1).await?;
    // The pool of a server finds it again by itself after a kill -9.
    let pool = PgPool::connect_with(cluster.options()).await?;
    let first = cluster.process().ok_or("it runs")?;
    kill(first);
    until("another Postgres", async || {
        cluster.process().filter(|process| *process != first)
    })
    .await?;
    let rows: i64 = until("the rows", async || {
        sqlx::query_scalar("select count(*) from seen")
            .fetch_one(&pool)
            .await
            .ok()
    })
    .await?;
    assert_eq!(rows, 1);
    write(&cluster, 2).await?;
    pool.close().await;
    let process = cluster.process().ok_or("it runs")?;
    cluster.stop().await?;
    assert!(!lives(process), "stopped means gone");

    let cluster = start(&data).await?;
    assert_eq!(count(&cluster).await?, 2);
    assert!(cluster.url().starts_with("postgres:///jackdaw?host=/"));
    cluster.stop().await?;
    Ok(())
}

async fn serve_until_killed(data: &Path) {
    let cluster = start(data).await.expect("it starts");
    write(&cluster, 1).await.expect("it writes");
    println!("{}", cluster.process().expect("it runs"));
    std::future::pending::<()>().await;
}

async fn rows_outlive_the_server() -> Outcome {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut server = tokio::process::Command::new(this_binary())
        .arg("serve-until-killed")
        .arg(&data)
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("piped")?).lines();
    let postgres: u32 = lines.next_line().await?.ok_or("it says its number")?.parse()?;
    server.kill().await?;
    // At once: it has to wait for the old one.
    let cluster = start(&data).await?;
    assert!(!lives(postgres), "the old one was told to stop");
    assert_eq!(count(&cluster).await?, 1);
    cluster.stop().await?;
    Ok(())
}

async fn a_second_server_is_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let cluster = start(&data).await?;
    let refused = start(&data).await.err().ok_or("a second server started")?;
    let words = refused.to_string();
    assert!(matches!(refused, ClusterError::InUse { .. }), "{words}");
    assert!(words.contains(&format!("(process {})", std::process::id())), "{words}");
    write(&cluster, 1).await?;
    cluster.stop().await?;
    Ok(())
}

async fn a_closed_home_and_a_long_path() -> Outcome {
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700))?;
    let data = folder
        .path()
        .join("a-rather-long-name-of-a-folder/".repeat(6))
        .join("data of %20 people");
    let cluster = start(&data).await?;
    write(&cluster, 1).await?;
    assert_eq!(count(&cluster).await?, 1);
    let mode = |name: &str| std::fs::metadata(data.join(name)).map(|data| data.permissions().mode() & 0o777);
    assert_eq!((mode("pg")?, mode("s")?, mode("postgres.log")?), (0o700, 0o700, 0o600));
    cluster.stop().await?;
    Ok(())
}
