//! Words of money: the networks served here. With feature `rpc` also what asks a chain; only the machine does that.

pub mod amount;
#[cfg(feature = "anvil")]
pub mod anvil;
mod bindings;
#[cfg(feature = "rpc")]
pub mod faucet;
pub mod network;
#[cfg(feature = "rpc")]
pub mod reader;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod tips;
pub mod transfer;
pub mod validator;
pub mod verdict;

/// As much of somebody else's words as may be shown or logged: cut, and without what controls, hides or turns text.
pub fn visible(text: &str, most: usize) -> String {
    let visible = text.chars().filter(|letter| !invisible(*letter)).take(most);
    visible.collect::<String>().trim().to_owned()
}

/// Control characters, and those that turn the direction of writing or take no place.
fn invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
