//! Looks at the sources.

use super::parts;
use crate::{build::Parts, place::Places};
use anyhow::{Context as _, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// Editors write a file in several strokes: after the first one we wait until it is quiet for this long.
const QUIET: Duration = Duration::from_millis(80);

/// Watches until it is dropped.
pub struct Watch {
    root: PathBuf,
    changes: Receiver<PathBuf>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins.
    pub fn start(places: &Places) -> Result<Self> {
        let (send, changes) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if matches!(
                event.kind,
                EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
            ) {
                for path in event.paths {
                    // Nobody listens any more only when we are ending.
                    let _ = send.send(path);
                }
            }
        })
        .context("cannot watch the sources")?;
        for name in ["app", "crates", "frontend", "server", "style", "public"] {
            let folder = places.root.join(name);
            if folder.is_dir() {
                watcher.watch(&folder, RecursiveMode::Recursive).with_context(|| {
                    format!("cannot watch {name}/ (on Linux, `sysctl fs.inotify.max_user_watches` may be too small)")
                })?;
            }
        }
        watcher
            .watch(&places.root, RecursiveMode::NonRecursive)
            .context("cannot watch the repository")?;
        Ok(Self {
            root: places.root.clone(),
            changes,
            _watcher: watcher,
        })
    }

    /// What has to be built again; returns at once when nothing has changed.
    pub fn changed(&self) -> Parts {
        let Ok(first) = self.changes.try_recv() else {
            return Parts::default();
        };
        let mut parts = self.parts(first);
        while let Ok(next) = self.changes.recv_timeout(QUIET) {
            parts = parts.and(self.parts(next));
        }
        parts
    }

    fn parts(&self, path: PathBuf) -> Parts {
        path.strip_prefix(&self.root).map(parts::of).unwrap_or_default()
    }
}
