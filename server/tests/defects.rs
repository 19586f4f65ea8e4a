//! A defect in one handler is one refused request with an id in the log; everybody else goes on, and so do the jobs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use axum::{Router, body::Body, http::Request, routing::get};
use server::http::routes;
use testkit::{TestServer, eventually};
use tower::ServiceExt;

async fn broken() -> &'static str {
    panic!("a defect, on purpose")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_answer_with_an_id() {
    let server = TestServer::start().await;
    let router = routes::guarded(
        Router::new()
            .route("/broken", get(broken))
            .route("/whole", get(async || "whole")),
        server.running().server().clone(),
    );
    for accept in ["text/html", "*/*"] {
        let request = Request::get("/broken")
            .header("accept", accept)
            .body(Body::empty())
            .unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 500);
        assert!(
            answer.headers().contains_key("x-request-id") && answer.headers().contains_key("content-security-policy")
        );
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(answer.into_body(), 100_000).await.unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(!text.contains("on purpose"), "what went wrong is for the log");
        if accept == "text/html" {
            assert!(text.contains(&id), "people can name what they saw: {text}");
        }
    }
    let answer = router
        .oneshot(Request::get("/whole").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_runs_and_is_counted() {
    let server = TestServer::start().await;
    let jobs = server.running().jobs();
    let names: Vec<&str> = jobs.metrics().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["accounts.sweep", "push.tell", "push.listen", "delivery.poll"],
        "the jobs of a server that shares its database and watches no chain"
    );
    eventually("each has begun a turn", async || {
        jobs.metrics().all(|(_, done)| done.turns() > 0)
    })
    .await;
    assert!(jobs.metrics().all(|(_, done)| done.failures() + done.panics() == 0));
    // None holds the end up.
    server.stop().await;
}
