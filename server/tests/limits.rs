//! How much one may send, and how often somebody may ask: every route, over real connections.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use app::server_fns::{CALLS, Limit};
use protocol::ErrorCode;
use testkit::{Answer, Installation, Socket, TestServer, request, request_chunked};

/// Asks again and again until it is too often; at most so many times.
async fn until_refused(most: usize, mut ask: impl AsyncFnMut() -> Answer) -> Answer {
    for _ in 0..most {
        let answer = ask().await;
        if answer.status == 429 {
            return answer;
        }
    }
    panic!("{most} times, and never too often");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_refuses_what_is_too_large_or_garbage() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let (origin, cookie) = (server.origin(), alice.browser.cookie());
    let headers = [
        ("origin", origin.as_str()),
        ("cookie", cookie.as_str()),
        ("content-type", "application/x-postcard"),
    ];
    for (path, method) in server_fn::axum::server_fn_paths() {
        let listed = CALLS.iter().any(|call| call.path == path);
        assert!(
            listed && method == "POST",
            "{method} {path} is a server function, and not in the list"
        );
    }
    assert!(CALLS.iter().any(|call| call.has_arguments) && CALLS.iter().any(|call| !call.has_arguments));
    for call in CALLS {
        let post = async |headers: &[(&str, &str)], body: &[u8]| {
            request(server.address(), "POST", call.path, headers, body).await
        };
        // Its length is told before it comes, and if it is not, it is counted.
        let large = vec![0; protocol::limits::FRAME + 1];
        let told = post(&headers, &large).await;
        assert_eq!(
            (told.status, told.refusal()),
            (413, ErrorCode::TooLarge),
            "{}",
            call.path
        );
        let counted = request_chunked(server.address(), call.path, &headers, &large).await;
        assert_eq!(
            (counted.status, counted.refusal()),
            (413, ErrorCode::TooLarge),
            "{}, in pieces",
            call.path
        );
        // Without arguments there is nothing in the body to misread.
        if !call.has_arguments {
            continue;
        }
        for garbage in [&[0xff; 100][..], &[], &[0xff; 9]] {
            let answer = post(&headers, garbage).await;
            assert_eq!(
                (answer.status, answer.refusal()),
                (400, ErrorCode::Malformed),
                "{} with {garbage:?}",
                call.path
            );
        }
    }
    // Nothing of it has signed Alice out, renamed her or ended what she has.
    alice.connect().await.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_too_often_waits_whatever_is_written_into_forwarded_for() {
    let server = TestServer::start().await;
    let origin = server.origin();
    let limited: Vec<_> = CALLS.iter().filter(|call| call.limit == Limit::SignIn).collect();
    assert!(limited.len() >= 2, "{limited:?}");
    let mut count = 0;
    let refused = until_refused(100, async || {
        // Another address in a header nobody vouches for changes nothing.
        count += 1;
        let forged = format!("203.0.113.{count}");
        let headers = [
            ("origin", origin.as_str()),
            ("content-type", "application/x-postcard"),
            ("x-forwarded-for", &forged),
        ];
        let path = limited[count % limited.len()].path;
        request(server.address(), "POST", path, &headers, &[]).await
    })
    .await;
    assert_eq!(
        (refused.header("retry-after"), refused.refusal()),
        ("5", ErrorCode::TooMany)
    );
    for call in limited {
        let answer = request(server.address(), "POST", call.path, &[("origin", &origin)], &[]).await;
        assert_eq!(answer.status, 429, "{} is limited with the others", call.path);
    }
    assert_eq!(request(server.address(), "GET", "/livez", &[], &[]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_everybody_counts_for_themselves_and_nobody_for_another() {
    let server = TestServer::start_with(|config, _| config.proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let origin = server.origin();
    // As a proxy sends it that does not look at what came, and writes a line of its own.
    let challenge = async |claimed: &str, seen: &str| {
        let headers = [
            ("origin", origin.as_str()),
            ("content-type", "application/x-postcard"),
            ("x-forwarded-for", claimed),
            ("x-forwarded-for", seen),
        ];
        request(server.address(), "POST", "/api/challenge", &headers, &[]).await
    };
    let mut count = 0;
    until_refused(100, async || {
        // Somebody else each time, by their own word.
        count += 1;
        challenge(&format!("192.0.{count}.1"), "203.0.113.7").await
    })
    .await;
    let other = challenge("203.0.113.7", "198.51.100.20").await;
    assert_ne!(
        other.status, 429,
        "another one is not held up, and cannot be made to be"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_too_often_waits_and_others_of_the_same_network_do_not() {
    let server = TestServer::start().await;
    let origin = server.origin();
    let site = async |cookie: &str| {
        let headers = [
            ("origin", origin.as_str()),
            ("cookie", cookie),
            ("content-type", "application/x-postcard"),
        ];
        request(server.address(), "POST", "/api/site", &headers, &[]).await
    };
    let refused = until_refused(1_000, async || site("jackdaw=one").await).await;
    assert_eq!(
        (refused.header("retry-after"), refused.refusal()),
        ("5", ErrorCode::TooMany)
    );
    assert_eq!(site("jackdaw=another").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_sockets_too_often_waits() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (origin, cookie) = (server.origin(), alice.browser.cookie());
    let headers = [("origin", origin.as_str()), ("cookie", cookie.as_str())];
    let mut opened = 0;
    let status = loop {
        assert!(opened < 500, "never too often");
        match Socket::open_with(&alice.browser, &headers).await {
            Ok(_) => opened += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(status, 429, "after {opened}");
    assert!(opened >= 60, "nobody's browser comes to that: {opened}");
    bob.connect().await.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_anything_too_often_waits_and_reads_why() {
    let server = TestServer::start().await;
    let html = [("accept", "text/html")];
    let refused = until_refused(20_000, async || {
        request(server.address(), "GET", "/nowhere", &html, &[]).await
    })
    .await;
    assert_eq!(refused.header("retry-after"), "5");
    assert!(refused.text().contains("That was a lot at once"), "{}", refused.text());
    let number = refused.header("x-request-id");
    assert!(!refused.text().contains(number), "the log has nothing under it");
    // Probes are always answered.
    assert_eq!(request(server.address(), "GET", "/livez", &html, &[]).await.status, 200);
    server.stop().await;
}
