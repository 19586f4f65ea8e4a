//! The page was opened at another address than its server is set up for.

use leptos::prelude::*;

use crate::{
    browser,
    components::{Icon, Shape},
};

/// Where it was opened, why that leads nowhere, and the way on. `other`: what the server calls itself, if it says so.
#[component]
pub fn Elsewhere(other: Option<String>) -> impl IntoView {
    let run = format!("JACKDAW_URL={}", browser::origin());
    view! {
        <h1>"This is not the address of this Jackdaw"</h1>
        <p>
            "You opened " <b>{browser::host()}</b>
            ", but the server behind it is set up for another address. A wallet signs for the address that is open, so signing in would not work here. Nothing was signed, and nothing is lost."
        </p>
        <ul>
            <li>
                <Icon shape=Shape::Lock />
                {match other {
                    Some(other) => {
                        let link = format!("{}://{other}/app", scheme(&other));
                        view! {
                            <span>"If you know this address, go on there: " <a href=link rel="noreferrer">{other.clone()}</a></span>
                        }.into_any()
                    }
                    None => view! { <span>"Open Jackdaw at the address that you were given."</span> }.into_any(),
                }}
            </li>
            <li>
                <Icon shape=Shape::Lock />
                <span>"If you run this server and this is its address, start it with " <span class="mono">{run}</span></span>
            </li>
        </ul>
    }
}

/// Plain http is possible on the machine itself, and nowhere else.
fn scheme(domain: &str) -> &'static str {
    let host = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
    if matches!(host, "localhost" | "127.0.0.1") || domain.starts_with("[::1]") {
        "http"
    } else {
        "https"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machine_itself_is_opened_without_tls() {
        for local in ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]", "[::1]:3000"] {
            assert_eq!(scheme(local), "http", "{local}");
        }
        for other in [
            "jackdaw.example",
            "localhost.example",
            "jackdaw.example:8443",
            "[2001:db8::1]:8443",
        ] {
            assert_eq!(scheme(other), "https", "{other}");
        }
    }
}
