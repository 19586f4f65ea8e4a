//! Panics on purpose, so that tests can see what becomes of everybody else. Release builds have nothing of this.

/// Where a handler can be made to panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A frame of a socket is taken.
    Frame,
    /// A question of a socket is answered.
    Answer,
}

/// Panics at most once each time it is told to.
#[derive(Debug, Default)]
pub struct Stumble {
    #[cfg(debug_assertions)]
    next: std::sync::Mutex<Option<Step>>,
}

impl Stumble {
    /// The next handler that comes to this step panics.
    #[cfg(debug_assertions)]
    pub fn over(&self, step: Step) {
        *self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(step);
    }

    /// A handler has come to this step.
    pub(crate) fn step(&self, step: Step) {
        #[cfg(debug_assertions)]
        {
            let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let told = next.take_if(|next| *next == step).is_some();
            drop(next);
            assert!(!told, "a defect, on purpose");
        }
        #[cfg(not(debug_assertions))]
        let _ = step;
    }
}
