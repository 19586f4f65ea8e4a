use crate::signal::RwSignal;

/// What the menu opens and closes.
#[derive(Clone, Copy)]
pub struct Opened {
    /// The menu itself.
    pub open: RwSignal<bool>,
    /// The dialog before one leaves.
    pub leaving: RwSignal<bool>,
}
