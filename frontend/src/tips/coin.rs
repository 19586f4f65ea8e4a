use app::coin::is_long;
use leptos::prelude::*;

use crate::signal::{Live, Memo, live};

/// The coin on a card. Decoration: amount and state stand beside it. It turns once when `turned` becomes true.
pub fn coin(glyph: Memo<String>, turned: Memo<bool>) -> Live<AnyView> {
    live(move || {
        let glyph = glyph.get();
        let small = is_long(&glyph);
        let class = move || match (small, turned.get()) {
            (false, false) => "coin",
            (true, false) => "coin long",
            (false, true) => "coin turn",
            (true, true) => "coin long turn",
        };
        view! { <span class=live(class) aria-hidden="true">{glyph}</span> }.into_any()
    })
}
