//! The document round the pages: head, scripts, icons. Plain text, because it is the same for everybody.

/// The hashed files of this build, as paths from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The page's JavaScript.
    pub page_js: String,
    /// The page's wasm.
    pub page_wasm: String,
    /// URL of the stylesheet.
    pub style: String,
}

/// The whole inline script that applies the chosen theme before the first paint. The server puts its SHA-256 into the
/// content security policy of every page.
pub const THEME_SCRIPT: &str =
    "try{var t=localStorage.getItem('theme');if(t)document.documentElement.className=t}catch(e){}";

/// The whole inline module script that starts `/app`; its SHA-256 stands in that page's content security policy.
pub fn start_script(assets: &Assets) -> String {
    format!(
        "import init,{{start}} from '{}';init({{module_or_path:'{}'}}).then(()=>start())",
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

/// What the server sends to everybody: the name, and that something is coming. The browser puts
/// the page in its place.
const OPENING: &str = concat!(
    "<div aria-busy=\"true\"><div class=\"gate\"><header><svg class=\"mark\" viewBox=\"0 0 64 64\" aria-hidden=\"true\">",
    "<path fill=\"var(--head)\" d=\"M8 60C6 34 16 8 37 8c9 0 15 5 17 12l7 5c1.6 1.1 1 3-.8 3.2L52 29.5C50 40 44 44 43 60Z\"/>",
    "<path fill=\"var(--nape)\" d=\"M8 60C7 42 11 26 20 17c6 5 7 13 5 21-2 7-3 14-2 22Z\"/>",
    "<circle cx=\"42.5\" cy=\"21\" r=\"5.2\" fill=\"#dff1fb\"/><circle cx=\"43.3\" cy=\"21\" r=\"2.3\" fill=\"#171a21\"/></svg>",
    "<b>Jackdaw</b></header><main class=\"card\"><h1 class=\"sr\">Jackdaw</h1>",
    "<noscript><p>Jackdaw seals your messages in this browser, and that needs JavaScript. Switch it on and reload.</p></noscript>",
    "<p class=\"waits scripted\"><span class=\"spin\"></span>Opening</p></main></div></div>",
);

/// The shell of `/app`: the same bytes for every path below it and for everybody.
pub fn shell(assets: &Assets) -> String {
    use std::fmt::Write as _;

    let mut html = head(
        assets,
        "Jackdaw",
        "Talk end-to-end encrypted, signed in with your own wallet.",
    );
    let _ = write!(
        html,
        "<meta name=\"robots\" content=\"noindex\"><link rel=\"modulepreload\" href=\"{}\">\
         <link rel=\"preload\" href=\"{}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\
         <script type=\"module\">{}</script></head><body>{OPENING}</body></html>",
        assets.page_js,
        assets.page_wasm,
        start_script(assets),
    );
    html
}
