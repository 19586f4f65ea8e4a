//! The document round the pages: head, scripts, icons. Plain text, because it is the same for everybody.

/// The hashed files of this build, as paths from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The page's JavaScript.
    pub page_js: String,
    /// The page's wasm.
    pub page_wasm: String,
    /// The worker's JavaScript.
    pub worker_js: String,
    /// The stylesheet.
    pub style: String,
}

/// The whole inline script that applies the chosen theme before the first paint. The server puts its SHA-256 into the
/// content security policy of every page.
pub const THEME_SCRIPT: &str =
    "try{var t=localStorage.getItem('theme');if(t)document.documentElement.className=t}catch(e){}";

/// The whole inline module script that starts `/app`; its SHA-256 stands in that page's content security policy.
pub fn start_script(assets: &Assets) -> String {
    format!(
        "import init,{{hydrate}} from '{}';init({{module_or_path:'{}'}}).then(()=>hydrate())",
        assets.page_js, assets.page_wasm
    )
}

/// The head that all pages share, up to and without `</head>`.
pub(crate) fn head(assets: &Assets, title: &str, description: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover,interactive-widget=resizes-content\">\
         <meta name=\"description\" content=\"{description}\"><meta name=\"color-scheme\" content=\"light dark\">\
         <script>{THEME_SCRIPT}</script><link rel=\"stylesheet\" href=\"{}\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">",
        assets.style
    )
}

/// The shell of `/app`: the same bytes for every path below it and for everybody.
pub fn shell(assets: &Assets) -> String {
    use std::fmt::Write as _;

    use leptos::prelude::*;
    let mut html = head(
        assets,
        "Jackdaw",
        "Talk end-to-end encrypted, signed in with your own wallet.",
    );
    let _ = write!(
        html,
        "<meta name=\"robots\" content=\"noindex\"><meta name=\"jackdaw-worker\" content=\"{}\">\
         <link rel=\"modulepreload\" href=\"{}\"><link rel=\"preload\" href=\"{}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\
         <script type=\"module\">{}</script></head><body>",
        assets.worker_js,
        assets.page_js,
        assets.page_wasm,
        start_script(assets),
    );
    let owner = Owner::new();
    html.push_str(&owner.with(|| leptos::view! { <crate::App /> }.to_html()));
    html.push_str("</body></html>");
    html
}
