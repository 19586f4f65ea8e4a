//! What every answer says and every route refuses, over real connections.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::{Duration, Instant};

use server::http::routes::{self, Answer as What};
use testkit::{TestServer, request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request as a page elsewhere could cause it.
const ELSEWHERE: &[(&str, &[(&str, &str)])] = &[
    (
        "another site",
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    ),
    (
        "a sister domain",
        &[("origin", "http://sister.localhost"), ("sec-fetch-site", "same-site")],
    ),
    (
        "a sandboxed frame",
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    ),
    (
        "a frame that claims to be ours",
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
    ),
    ("nobody", &[]),
    ("nobody of our site", &[("sec-fetch-site", "same-origin")]),
    ("the address bar", &[("sec-fetch-site", "none")]),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_changes_anything() {
    let server = TestServer::start().await;
    let (address, origin) = (server.address(), server.origin());
    let table = routes::table(&server.config);
    let changing: Vec<_> = table.iter().filter(|route| route.method != "GET").collect();
    assert!(changing.len() >= 11, "server functions are in the table: {changing:?}");
    for route in &changing {
        assert_eq!(route.answer, What::Call);
        for (who, headers) in ELSEWHERE {
            let answer = request(address, route.method.as_str(), &route.path, headers, b"x").await;
            assert_eq!(answer.status, 403, "{} from {who}", route.path);
        }
        // The same origin under another port, scheme or name is another origin.
        for other in ["http://localhost:1", "https://localhost", "http://localhost"] {
            let answer = request(address, "POST", &route.path, &[("origin", other)], b"x").await;
            assert_eq!(answer.status, 403, "{} from {other}", route.path);
        }
        for site in ["same-site", "cross-site", "none"] {
            let headers = [("origin", origin.as_str()), ("sec-fetch-site", site)];
            let answer = request(address, "POST", &route.path, &headers, b"x").await;
            assert_eq!(
                answer.status, 403,
                "{} from {site}, whatever the origin says",
                route.path
            );
        }
        let ours = [
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-postcard"),
        ];
        let answer = request(address, "POST", &route.path, &ours, &[]).await;
        assert_ne!(answer.status, 403, "{} from our own page", route.path);
        assert_ne!(answer.status, 404, "{}", route.path);
    }
    // What is no route at all is refused in the same way, and so are other methods on pages.
    for path in ["/", "/app", "/ws", "/nowhere", "/api/nothing"] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = request(address, method, path, &[("origin", "https://evil.example")], b"x").await;
            assert_eq!(answer.status, 403, "{method} {path}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_functions_do_not_answer_to_get() {
    let server = TestServer::start().await;
    for route in routes::table(&server.config)
        .iter()
        .filter(|route| route.answer == What::Call)
    {
        assert_eq!(route.method, "POST", "{}", route.path);
        let answer = request(server.address(), "GET", &route.path, &[], &[]).await;
        assert_eq!(answer.status, 405, "{}", route.path);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_browsers_must_know() {
    let server = TestServer::start().await;
    let html = [("accept", "text/html")];
    for path in [
        "/",
        "/app",
        "/app/c/0x1",
        "/nowhere",
        "/livez",
        "/readyz",
        "/api/site",
        "/pkg/worker-1.js",
        "/pkg/none",
        "/favicon.svg",
        "/ws",
    ] {
        let answer = request(server.address(), "GET", path, &html, &[]).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("require-trusted-types-for 'script'"),
            "{path}: {policy}"
        );
        let makes = policy.rsplit("; trusted-types ").next().unwrap_or_default();
        let shell = path.starts_with("/app");
        assert_eq!(
            makes,
            if shell { "jackdaw-worker" } else { "'none'" },
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert_eq!(
            answer.header("strict-transport-security"),
            "",
            "{path}: plain http promises nothing"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wasm_runs_where_it_must_and_nowhere_else() {
    let server = TestServer::start().await;
    for (path, expected) in [
        ("/app", true),
        ("/pkg/worker-1.js", true),
        ("/", false),
        ("/livez", false),
        ("/nowhere", false),
    ] {
        let answer = request(server.address(), "GET", path, &[("accept", "text/html")], &[]).await;
        assert_eq!(
            answer.header("content-security-policy").contains("'wasm-unsafe-eval'"),
            expected,
            "{path}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_app_everybody_gets_the_same_bytes() {
    let server = TestServer::start().await;
    let mut visitor = server.visitor();
    let first = visitor.get("/app").await;
    assert_eq!(first.status, 200);
    visitor.set_cookie("jackdaw", "whoever");
    for path in [
        "/app/",
        "/app/new",
        "/app/settings",
        "/app/c/0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "/app/nowhere/at/all",
    ] {
        let other = visitor.get(path).await;
        assert_eq!((other.status, other.text()), (200, first.text()), "{path}");
        assert_eq!(other.header("etag"), first.header("etag"), "{path}");
    }
    let tag = first.header("etag").to_owned();
    let again = request(server.address(), "GET", "/app", &[("if-none-match", &tag)], &[]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let small = request(server.address(), "GET", "/app", &[("accept-encoding", "gzip, br")], &[]).await;
    assert_eq!(small.header("content-encoding"), "br");
    assert!(small.body.len() < first.body.len());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_compressed_and_are_kept_for_ever() {
    let server = TestServer::start().await;
    let file = request(
        server.address(),
        "GET",
        "/pkg/worker-1.js",
        &[("accept-encoding", "br")],
        &[],
    )
    .await;
    assert_eq!((file.status, file.header("content-encoding")), (200, "br"));
    assert_eq!(file.body, b"not really brotli");
    assert!(file.header("cache-control").contains("immutable"));
    let plain = request(server.address(), "GET", "/pkg/worker-1.js", &[], &[]).await;
    assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
    let public = request(server.address(), "GET", "/favicon.svg", &[], &[]).await;
    assert_eq!(public.status, 200);
    assert!(!public.header("cache-control").contains("immutable"));
    for path in [
        "/assets.json",
        "/pkg/../assets.json",
        "/pkg/%2e%2e/assets.json",
        "/../../etc/passwd",
        "/pkg/none.js",
    ] {
        let answer = request(server.address(), "GET", path, &[], &[]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.header("cache-control").contains("immutable"), "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_words_and_a_number_only_where_the_log_has_it() {
    let server = TestServer::start().await;
    let html = [("accept", "text/html,application/xhtml+xml")];
    let page = async |method, path, more: &[(&str, &str)]| {
        let headers = [&html[..], more].concat();
        let answer = request(server.address(), method, path, &headers, &[]).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{method} {path}"
        );
        let number = answer.header("x-request-id").to_owned();
        assert!(!number.is_empty());
        let shown = answer.text().contains(&number);
        (answer, shown)
    };
    // What is no page: a file that is gone, the socket, a page that is posted to.
    let origin = server.origin();
    let ours = [("origin", origin.as_str())];
    for (method, path, more, status) in [
        ("GET", "/pkg/none.js", &[][..], 404),
        ("GET", "/ws", &[], 400),
        ("POST", "/app", &ours, 405),
    ] {
        let (answer, shown) = page(method, path, more).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.text().contains("There is nothing here"), "{method} {path}");
        assert!(!shown, "{method} {path}: nobody would find that number");
    }
    // A refusal has its own words.
    let (answer, shown) = page("POST", "/", &[("origin", "https://evil.example")]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("came from another site") && !shown);
    // A failure has its number.
    server.wire.cut();
    let away = async || request(server.address(), "GET", "/readyz", &[], &[]).await.status == 503;
    testkit::eventually("the database is away", away).await;
    let (answer, shown) = page("GET", "/readyz", &[]).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("The server could not answer") && shown);
    server.wire.mend();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_names_nothing_gets_a_page() {
    let server = TestServer::start().await;
    let mut visitor = server.visitor();
    for path in [
        "/nowhere",
        "/invite/bob",
        "/invite/0x70997970C51812dc3A010C7d01b50e0d17dc79C0",
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
    }
    let invite = visitor.get("/invite/0x70997970C51812dc3A010C7d01b50e0d17dc79C8").await;
    assert_eq!(invite.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_says_whether_the_database_answers() {
    let server = TestServer::start().await;
    let status = async |path: &'static str| request(server.address(), "GET", path, &[], &[]).await.status;
    assert_eq!(status("/readyz").await, 200);
    server.wire.cut();
    testkit::eventually("not ready", async || status("/readyz").await == 503).await;
    assert_eq!(status("/livez").await, 200);
    server.wire.mend();
    testkit::eventually("ready again", async || status("/readyz").await == 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_promised_where_people_come_by_https() {
    let server = TestServer::start_with(|config, _| config.url = "https://chat.example".parse().unwrap()).await;
    let answer = request(server.address(), "GET", "/", &[], &[]).await;
    assert!(answer.header("strict-transport-security").contains("max-age=63072000"));
    let answer = request(
        server.address(),
        "POST",
        "/api/site",
        &[("origin", &format!("http://localhost:{}", server.address().port()))],
        &[],
    )
    .await;
    assert_eq!(answer.status, 403, "only the public origin counts");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_of_this_machine_leads_to_the_public_one() {
    let server = TestServer::start().await;
    let open = async |host: &str, path: &str| testkit::request_to(server.address(), host, "GET", path, &[], &[]).await;
    let port = server.address().port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        "localhost".to_owned(),
    ] {
        let answer = open(&host, "/app/new?a=b").await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (307, format!("{}/app/new?a=b", server.origin()).as_str()),
            "{host}"
        );
    }
    for host in [
        format!("localhost:{port}"),
        "192.168.1.7:3000".to_owned(),
        "evil.example".to_owned(),
        "localhost.evil.example".to_owned(),
    ] {
        assert_eq!(open(&host, "/app/new").await.status, 200, "{host}");
    }
    assert_eq!(open("127.0.0.1", "/livez").await.status, 200, "probes are left alone");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_reload_themselves_only_in_development() {
    let server = TestServer::start().await;
    assert_eq!(
        request(server.address(), "GET", "/dev/reload", &[], &[]).await.status,
        404
    );
    assert!(
        !request(server.address(), "GET", "/app", &[], &[])
            .await
            .text()
            .contains("/dev/reload")
    );
    server.stop().await;
    let mut server = TestServer::start_with(|config, _| config.dev = true).await;
    assert!(
        request(server.address(), "GET", "/app", &[], &[])
            .await
            .text()
            .contains("/dev/reload.js")
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream
        .write_all(b"GET /dev/reload HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(&format!("data: {}", std::process::id())) {
        assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "the stream stays open");
    }
    // It ends with the server, and does not hold it up.
    let before = Instant::now();
    server.pause().await;
    stream.read_to_end(&mut heard).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(10));
    server.stop().await;
}
