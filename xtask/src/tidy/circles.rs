//! Circles between the files of a crate.

use super::{Check, Tree};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECKS: &[Check] = &[Check {
    rule: "no circle between the files of a crate: what two files share lies in a third",
    find: circles,
    bad: &[
        &[
            ("crates/x/src/lib.rs", "mod a;\nmod b;\n"),
            ("crates/x/src/a.rs", "use crate::b::B;\npub struct A(B);\n"),
            ("crates/x/src/b.rs", "fn b() { super::a::make() }\n"),
        ],
        // One that was to be cut, and is.
        &[
            ("crates/client/src/lib.rs", "mod a;\n"),
            ("crates/client/src/a.rs", "fn a() {}\n"),
        ],
        // By way of a re-export, in a tree of names, and over three files.
        &[
            ("server/src/main.rs", "mod ws;\nmod c;\n"),
            (
                "server/src/ws/mod.rs",
                "mod a;\nmod b;\npub use a::{A, Other as Renamed};\n",
            ),
            ("server/src/ws/a.rs", "use crate::{c::C, other};\n"),
            ("server/src/ws/b.rs", "use super::{\n    unrelated,\n    Renamed,\n};\n"),
            ("server/src/c.rs", "use crate::ws::b::{self, Thing};\n"),
        ],
    ],
    good: &[
        ("crates/x/src/lib.rs", "mod a;\nmod b;\npub use a::A;\npub struct X;\n"),
        // A parent and its children are one thing.
        (
            "crates/x/src/a.rs",
            "use super::X;\nuse crate::b::B; // and not crate::a::A\n",
        ),
        // Neither words nor tests tie files together.
        (
            "crates/x/src/b.rs",
            "/// See [`crate::a::A`].\nfn b() { say(\"use crate::a::A;\") }\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
        ),
        ("crates/y/src/lib.rs", "mod a;\nuse x::b::B;\n"),
        ("crates/y/src/a.rs", "use x::a::A;\n"),
    ],
}];

/// Crates with circles that are still to be cut. One that has none any more must go from here.
const NOT_YET: [&str; 1] = ["crates/client"];

/// The name of a file in its crate: `src/a/b.rs` and `src/a/b/mod.rs` are `[a, b]`, `src/lib.rs` is `[]`.
type Module = Vec<String>;

/// A file's text as far as it names others.
struct Source {
    path: String,
    /// What it imports: the name it goes by here, and its path.
    imports: Vec<(String, Vec<String>)>,
    /// Every other path in it that begins with `crate`, `self` or `super`.
    paths: Vec<Vec<String>>,
}

type Crate = BTreeMap<Module, Source>;

fn circles(tree: &Tree) -> Vec<String> {
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for (path, text) in tree.ending(".rs") {
        let Some((folder, inside)) = path.split_once("/src/") else {
            continue;
        };
        if folder.contains("/tests")
            || inside
                .split('/')
                .any(|word| word == "bin" || word == "tests.rs" || word == "tests")
        {
            continue;
        }
        let source = Source::read(path, text);
        crates
            .entry(folder.to_owned())
            .or_default()
            .insert(module(inside), source);
    }
    let mut found = Vec::new();
    for (folder, of) in &crates {
        let circles = circles_of(of);
        if !NOT_YET.contains(&folder.as_str()) {
            found.extend(circles);
        } else if circles.is_empty() {
            found.push(format!(
                "{folder} has no circle any more: `NOT_YET` in xtask/src/tidy/circles.rs names it"
            ));
        }
    }
    found
}

fn module(inside: &str) -> Module {
    let mut words: Module = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let root = words.len() == 1 && matches!(words[0].as_str(), "lib" | "main");
    if root || words.last().is_some_and(|last| last == "mod") {
        words.pop();
    }
    words
}

fn circles_of(of: &Crate) -> Vec<String> {
    let edges: BTreeMap<&Module, BTreeSet<&Module>> = of.keys().map(|from| (from, neighbours(of, from))).collect();
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        edges.keys().map(|from| (*from, reachable(&edges, from))).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, there) in &reach {
        if !there.contains(from) || !seen.insert(*from) {
            continue;
        }
        let circle: Vec<&Module> = there.iter().filter(|to| reach[*to].contains(from)).copied().collect();
        seen.extend(circle.iter().copied());
        let names: Vec<&str> = circle.iter().map(|module| of[*module].path.as_str()).collect();
        found.push(format!("{} need each other", names.join(", ")));
    }
    found
}

fn reachable<'a>(edges: &BTreeMap<&'a Module, BTreeSet<&'a Module>>, from: &Module) -> BTreeSet<&'a Module> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Module> = edges[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if seen.insert(next) {
            open.extend(edges[next].iter().copied());
        }
    }
    seen
}

/// The files that this one names. A parent and its children are one thing: they do not count.
fn neighbours<'a>(of: &'a Crate, from: &Module) -> BTreeSet<&'a Module> {
    let source = &of[from];
    let paths = source.imports.iter().map(|(_, path)| path).chain(&source.paths);
    let named = paths.filter_map(|path| resolve(of, from, path, 0));
    named
        .filter(|to| !to.starts_with(from) && !from.starts_with(to))
        .collect()
}

/// The file in which what this path names is defined, if it is one of the crate.
fn resolve<'a>(of: &'a Crate, from: &Module, path: &[String], depth: u8) -> Option<&'a Module> {
    let mut at = from.clone();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            at.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {}
        first => {
            // A child of this module, or another crate.
            at.push(first.to_owned());
            if !of.contains_key(&at) {
                return None;
            }
            rest = &rest[1..];
        }
    }
    while rest.first().is_some_and(|word| word == "super") {
        at.pop()?;
        rest = &rest[1..];
    }
    while let Some(word) = rest.first() {
        at.push(word.clone());
        if !of.contains_key(&at) {
            at.pop();
            break;
        }
        rest = &rest[1..];
    }
    let (home, source) = of.get_key_value(&at)?;
    // Not defined there, but imported there and passed on.
    let item = rest.first();
    let passed_on = item.and_then(|item| source.imports.iter().find(|(name, _)| name == item));
    match passed_on {
        Some((_, path)) if depth < 8 => resolve(of, home, path, depth + 1).or(Some(home)),
        _ => Some(home),
    }
}

impl Source {
    fn read(path: &str, text: &str) -> Self {
        let code = code(text);
        let words = words(&code);
        let (mut imports, mut paths) = (Vec::new(), Vec::new());
        let mut place = 0;
        while place < words.len() {
            if words[place] == "use" {
                let end = words[place..].iter().position(|word| *word == ";");
                let end = end.map_or(words.len(), |length| place + length);
                import(&words[place + 1..end], &[], &mut imports);
                place = end;
            } else if matches!(words[place], "crate" | "self" | "super") {
                let mut one = vec![words[place].to_owned()];
                while words.get(place + 1) == Some(&"::") && words.get(place + 2).is_some_and(|word| is_name(word)) {
                    one.push(words[place + 2].to_owned());
                    place += 2;
                }
                // `pub(crate)` and `self.field` are no paths.
                if one.len() > 1 {
                    paths.push(one);
                }
            }
            place += 1;
        }
        Self {
            path: path.to_owned(),
            imports,
            paths,
        }
    }
}

/// Reads one tree of names, `a::{b, c as d}`.
fn import(words: &[&str], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut place = 0;
    while place < words.len() {
        match words[place] {
            "::" => {}
            "{" => {
                for branch in branches(&words[place + 1..words.len().saturating_sub(1)]) {
                    import(branch, &path, found);
                }
                return;
            }
            "as" => {
                let name = words.get(place + 1).copied().unwrap_or("_");
                found.push((name.to_owned(), path));
                return;
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        place += 1;
    }
    if let Some(name) = path.last() {
        found.push((name.clone(), path));
    }
}

/// The parts between the commas of the outermost level.
fn branches<'a, 'b>(words: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, word) in words.iter().enumerate() {
        match *word {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&words[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&words[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single signs.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_name(&rest[..first.len_utf8()]) || first.is_ascii_digit() {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

/// The text without comments, texts, and the tests at its end.
fn code(text: &str) -> String {
    let text = text
        .find("#[cfg(test)]\nmod tests {")
        .map_or(text, |tests| &text[..tests]);
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let mut rest = line;
        loop {
            let (quote, comment) = (rest.find('"'), rest.find("//"));
            match (quote, comment) {
                (quote, Some(comment)) if quote.is_none_or(|quote| comment < quote) => {
                    code.push_str(&rest[..comment]);
                    break;
                }
                (Some(quote), _) => {
                    code.push_str(&rest[..quote]);
                    let inside = &rest[quote + 1..];
                    let Some(end) = end_of_text(inside) else { break };
                    rest = &inside[end + 1..];
                }
                _ => {
                    code.push_str(rest);
                    break;
                }
            }
        }
        code.push('\n');
    }
    code
}

/// Where a text in quotes ends in this line.
fn end_of_text(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(place, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(place)
    })
}
