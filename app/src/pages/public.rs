use protocol::{Address, api::Site};

use crate::{Assets, document::head};

/// `/`: what Jackdaw is.
pub fn landing_html(assets: &Assets, site: &Site) -> String {
    let _ = site;
    head(assets, "Jackdaw", "") + "</head><body></body></html>"
}

/// `/invite/{address}`: this account invites you to talk.
pub fn invite_html(assets: &Assets, site: &Site, from: Address) -> String {
    let _ = (site, from);
    head(assets, "Jackdaw", "") + "</head><body></body></html>"
}

/// No such page. Send it with 404.
pub fn not_found_html(assets: &Assets) -> String {
    head(assets, "Not found", "") + "</head><body></body></html>"
}

/// Something failed; `incident` is the id under which the log has it. Send it with 500 or 503.
pub fn error_html(assets: &Assets, incident: &str) -> String {
    let _ = incident;
    head(assets, "Error", "") + "</head><body></body></html>"
}
