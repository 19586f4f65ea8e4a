//! From a changed file to the parts that must be built again.

use crate::build::Parts;
use std::path::Path;

const PAGE: Parts = Parts {
    page: true,
    worker: false,
    style: false,
    server: false,
};
const WORKER: Parts = Parts {
    page: false,
    worker: true,
    style: false,
    server: false,
};
const STYLE: Parts = Parts {
    page: false,
    worker: false,
    style: true,
    server: false,
};
const SERVER: Parts = Parts {
    page: false,
    worker: false,
    style: false,
    server: true,
};

/// `path` is relative to the repository. A file that matters to nobody gives nothing.
pub fn of(path: &Path) -> Parts {
    let words: Vec<&str> = path.iter().filter_map(|word| word.to_str()).collect();
    let Some(name) = words.last() else {
        return Parts::default();
    };
    let scrap = name.starts_with('.')
        || name.ends_with('~')
        || name.ends_with(".swp")
        || name.contains(".new")
        || *name == "4913";
    if scrap || words.contains(&"tests") {
        return Parts::default();
    }
    match words.as_slice() {
        ["style" | "public", ..] => STYLE,
        ["frontend", ..] => PAGE.and(STYLE),
        ["server", ..] | ["crates", "services" | "postgres", ..] => SERVER,
        ["app", "src", "server_fns", ..] => PAGE.and(SERVER),
        ["app", ..] => PAGE.and(SERVER).and(STYLE),
        ["crates", "engine" | "client" | "content" | "e2ee", ..] => WORKER,
        ["crates", "identity", ..] => WORKER.and(SERVER),
        ["crates", "bridge", ..] => PAGE.and(WORKER),
        ["crates", "native", ..] | ["tools", ..] => Parts::default(),
        ["web", "elements", ..] => PAGE.and(SERVER),
        ["web", "sorted", ..] => PAGE.and(WORKER),
        ["crates", ..] | ["Cargo.toml" | "Cargo.lock"] => Parts::ALL,
        _ => Parts::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_file_is_part_of_is_built_again() {
        for (path, parts) in [
            ("style/main.css", STYLE),
            ("crates/e2ee/src/lib.rs", WORKER),
            ("crates/services/migrations/0002_more.sql", SERVER),
            ("app/src/public/landing.rs", PAGE.and(SERVER).and(STYLE)),
            ("frontend/src/tips/card.rs", PAGE.and(STYLE)),
            ("crates/protocol/src/frame.rs", Parts::ALL),
            ("server/src/.main.rs.swp", Parts::default()),
            ("server/tests/story.rs", Parts::default()),
            ("README.md", Parts::default()),
        ] {
            assert_eq!(of(Path::new(path)), parts, "{path}");
        }
    }
}
