//! The built page: hashed files that never change, and a few public ones that may.

use std::{collections::BTreeMap, fs, path::Path};

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use serde::Deserialize;
use tower_http::services::ServeDir;

use super::security::Policy;
use crate::error::StartError;

/// The manifest that the build writes beside the files.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Manifest {
    /// The page's script.
    pub page_js: String,
    /// The page's wasm.
    pub page_wasm: String,
    /// The worker's script.
    pub worker_js: String,
    /// The worker's wasm.
    pub worker_wasm: String,
    /// URL of the stylesheet.
    pub style: String,
    /// Whatever a newer build adds.
    #[serde(flatten)]
    pub more: BTreeMap<String, serde_json::Value>,
}

impl Manifest {
    /// Reads `assets.json` of a built site.
    pub fn read(site: &Path) -> Result<Self, StartError> {
        let path = site.join("assets.json");
        let bad = |reason: String| StartError::Site {
            path: path.clone(),
            reason,
        };
        let text = fs::read(&path).map_err(|error| bad(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))
    }
}

impl From<Manifest> for app::public::Assets {
    fn from(manifest: Manifest) -> Self {
        Self {
            page_js: manifest.page_js,
            page_wasm: manifest.page_wasm,
            style: manifest.style,
        }
    }
}

/// Files of the site, the smallest form the browser takes first.
pub fn files(folder: &Path) -> ServeDir {
    ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .precompressed_br()
}

/// The names of the public files at the top of the site: everything but the manifest and the compressed twins.
pub fn public_files(site: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(site) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "assets.json" && Path::new(name).extension().is_none_or(|kind| kind != "br"))
        // Names with a meaning to the router are not served as files.
        .filter(|name| {
            !name.starts_with('.')
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        })
        .collect();
    names.sort();
    names
}

/// Says for how long a file may be kept, and which policy it runs under.
pub async fn describe(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let found = matches!(
        response.status(),
        StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT
    );
    let cache = match (found, hashed) {
        (false, _) => "no-store",
        (true, true) => "public, max-age=31536000, immutable",
        (true, false) => "public, max-age=3600",
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    let script = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"text/javascript") || kind.as_bytes().starts_with(b"application/javascript")
    });
    if script {
        response.extensions_mut().insert(Policy::Script);
    }
    response
}
