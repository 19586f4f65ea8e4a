//! Development only: pages notice that the server was built anew and load themselves again.

use std::convert::Infallible;

use axum::{
    extract::State,
    http::header,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{FutureExt, StreamExt, stream};

use super::security::Policy;
use crate::state::Server;

/// The page's side: the first id it hears is the one it was served by; another one means a new build.
const SCRIPT: &str = "let first;const s=new EventSource('/dev/reload');\
    s.onmessage=e=>{if(first&&first!==e.data){s.close();location.reload()}first=e.data};\
    addEventListener('pagehide',()=>s.close());\n";

/// `GET /dev/reload.js`
pub async fn script() -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT).into_response();
    response.extensions_mut().insert(Policy::Script);
    response
}

/// `GET /dev/reload`: the id of this process, and then silence until it ends.
pub async fn events(State(server): State<Server>) -> impl IntoResponse {
    let id = std::process::id().to_string();
    let first = stream::once(async move { Ok::<_, Infallible>(Event::default().data(id)) });
    // Ends with the server, so that a waiting page does not hold up the shutdown.
    let ending = server.shutdown().token();
    let until_the_end = async move { ending.cancelled().await }
        .into_stream()
        .filter_map(|()| async { None });
    Sse::new(first.chain(until_the_end)).keep_alive(KeepAlive::default())
}
