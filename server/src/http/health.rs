//! Health checks for a supervisor: liveness and readiness.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use uuid::Uuid;

use crate::state::Server;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /livez`: the process answers.
pub async fn live() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the database answers, and the server is not ending.
pub async fn ready(State(server): State<Server>) -> (StatusCode, &'static str) {
    if server.shutdown().begun() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n");
    }
    // Any question the database has to answer.
    match tokio::time::timeout(PATIENCE, server.services().accounts.end_reason(Uuid::nil())).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no database\n"),
    }
}
