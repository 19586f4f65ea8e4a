//! What the wallet is going to be asked to sign, in words.

use leptos::prelude::*;
use protocol::InstallationId;

use crate::{
    browser,
    components::{Icon, Shape},
    signal::live,
    state::State,
};

/// So many digits of a fingerprint are shown: 64 bits, which nobody finds another key for.
const DIGITS: usize = 16;

/// Site, network and key of the sign-in text: what the wallet shows in its own words.
#[component]
pub fn ToSign() -> impl IntoView {
    let state = expect_context::<State>();
    let key = live(move || {
        let id = state
            .opened
            .with(|opened| opened.as_ref().map(|opened| opened.installation));
        id.map(beginning).unwrap_or_default()
    });
    let network = live(move || state.sign_in_network().map(|network| network.name).unwrap_or_default());
    view! {
        <div class="to-sign" role="group" aria-label="What you sign">
            <p>"Your wallet asks you to sign that you"</p>
            <ul>
                <li>
                    <Icon shape=Shape::Check />
                    <span>"sign in to Jackdaw at " <b>{browser::host()}</b> " (" <bdi>{network}</bdi> ")"</span>
                </li>
                <li>
                    <Icon shape=Shape::Check />
                    <span>
                        "vouch for this browser's own key, so that others can check that it is yours. It begins with "
                        <code class="mono">{key}</code>
                    </span>
                </li>
            </ul>
            <p class="small">"It costs nothing and moves nothing. If your wallet shows another site or key, cancel there."</p>
        </div>
    }
}

/// The beginning of a key's fingerprint, in groups of four: short enough to compare with what the wallet shows.
fn beginning(id: InstallationId) -> String {
    let full = id.to_string();
    let groups: Vec<_> = (0..DIGITS).step_by(4).map(|start| &full[start..start + 4]).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_by_its_first_sixteen_digits() {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&[0x3f, 0xa9, 0x01, 0xbc, 0x77, 0xd2, 0xe6, 0x10]);
        assert_eq!(beginning(InstallationId(id)), "3fa9 01bc 77d2 e610");
    }
}
