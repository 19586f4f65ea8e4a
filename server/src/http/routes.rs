//! The table of routes. The router is built from it and a test walks it; there is no other way to add a route.

use app::server_fns::CALLS;
use axum::{
    Router,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get, get_service, post},
};

use super::{api, assets, dev, health, pages, request};
use crate::{config::Config, state::Server, ws};

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// GET answers HEAD too.
    pub method: Method,
    /// The pattern, as axum writes it.
    pub path: String,
    /// The handler that answers.
    pub answer: Answer,
}

/// What answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What Jackdaw is.
    Landing,
    /// The page of an invitation.
    Invite,
    /// The shell of `/app`.
    Shell,
    /// The process is alive.
    Live,
    /// The database can be reached.
    Ready,
    /// The upgrade to a WebSocket.
    Socket,
    /// A server function.
    Call,
    /// A hashed file, or a public one.
    File,
    /// Development: a stream that ends with the process.
    Reload,
    /// Development: the script that listens to it.
    ReloadScript,
}

/// Every route of a server with these settings.
pub fn table(config: &Config) -> Vec<Route> {
    let get = |path: &str, answer| Route {
        method: Method::GET,
        path: path.to_owned(),
        answer,
    };
    let mut table = vec![
        get("/", Answer::Landing),
        get("/invite/{address}", Answer::Invite),
        get("/app", Answer::Shell),
        get("/app/", Answer::Shell),
        get("/app/{*place}", Answer::Shell),
        get("/livez", Answer::Live),
        get("/readyz", Answer::Ready),
        get("/ws", Answer::Socket),
        get("/pkg/{*file}", Answer::File),
    ];
    table.extend(
        assets::public_files(&config.site)
            .iter()
            .map(|name| get(&format!("/{name}"), Answer::File)),
    );
    api::register();
    table.extend(CALLS.iter().map(|call| Route {
        method: Method::POST,
        path: call.path.to_owned(),
        answer: Answer::Call,
    }));
    if config.dev {
        table.push(get("/dev/reload", Answer::Reload));
        table.push(get("/dev/reload.js", Answer::ReloadScript));
    }
    table
}

/// The router of the table, with the layers that stand in front of every route.
pub fn router(server: Server, config: &Config) -> Router {
    let mut router = Router::new();
    for route in table(config) {
        router = router.route(&route.path, method_router(&route, &server, config));
    }
    guarded(router, server)
}

/// Puts what every request passes through in front of these routes.
pub fn guarded(router: Router<Server>, server: Server) -> Router {
    router
        .fallback(pages::not_found)
        .layer(from_fn_with_state(server.clone(), request::gate))
        .layer(from_fn_with_state(server.clone(), request::outside))
        .with_state(server)
}

fn method_router(route: &Route, server: &Server, config: &Config) -> MethodRouter<Server> {
    let page = |page: MethodRouter<Server>| page.layer(from_fn_with_state(server.clone(), pages::by_its_name));
    match route.answer {
        Answer::Landing => page(get(pages::landing)),
        Answer::Invite => page(get(pages::invite)),
        Answer::Shell => page(get(pages::shell)),
        Answer::Live => get(health::live),
        Answer::Ready => get(health::ready),
        Answer::Socket => get(ws::upgrade),
        // A server function by GET would be open to the pages of other sites: every one is made known for POST only.
        Answer::Call => post(api::call),
        Answer::File => get_service(assets::files(&config.site)).layer(from_fn(assets::describe)),
        Answer::Reload => get(dev::events),
        Answer::ReloadScript => get(dev::script),
    }
}
