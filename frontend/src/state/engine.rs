use std::rc::Rc;

use bridge::Command;
use send_wrapper::SendWrapper;

/// The way to the worker. Cheap to clone; only on the browser's one thread.
#[derive(Clone)]
pub struct EngineHandle(SendWrapper<Rc<dyn Fn(Command)>>);

impl EngineHandle {
    /// A handle that hands every command to `f`, which posts it and returns at once. The worker starts with the first one.
    pub fn new(f: impl Fn(Command) + 'static) -> Self {
        Self(SendWrapper::new(Rc::new(f)))
    }

    /// Sends a command. Its answers come as events.
    pub fn send(&self, command: Command) {
        (self.0)(command);
    }
}
