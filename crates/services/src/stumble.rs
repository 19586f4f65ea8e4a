//! Panics on purpose, so that tests can see what becomes of everybody else. Release builds have nothing of this.

/// Where the machine can be made to panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A frame of a socket is taken.
    Frame,
    /// A question of a socket is answered.
    Answer,
    /// Publishes are about to be committed.
    Store,
    /// Publishes have been committed, and nobody knows yet.
    Stored,
    /// A page of a log is read.
    Page,
}

/// Panics once for each time it is told to. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stumble {
    #[cfg(debug_assertions)]
    told: std::sync::Arc<std::sync::Mutex<Vec<Step>>>,
}

impl Stumble {
    /// The next one that comes to this step panics.
    #[cfg(debug_assertions)]
    pub fn over(&self, step: Step) {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.push(step);
    }

    /// Somebody has come to this step.
    ///
    /// # Panics
    /// If it was told to, and only in a build for tests.
    pub fn step(&self, step: Step) {
        #[cfg(debug_assertions)]
        {
            let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let place = told.iter().position(|told| *told == step);
            let now = place.map(|place| told.remove(place)).is_some();
            drop(told);
            assert!(!now, "a defect, on purpose");
        }
        #[cfg(not(debug_assertions))]
        let _ = step;
    }
}
