//! The site folder: hashed names, compressed copies, `assets.json`.

use super::{Half, PAGE, Profile, WORKER, split, style};
use crate::{
    exec,
    place::{Places, hash, write},
    say,
    tools::Tools,
};
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Extensions that compression helps. Pictures and fonts are compressed already.
const COMPRESSIBLE: [&str; 9] = ["js", "css", "wasm", "svg", "txt", "json", "html", "webmanifest", "ico"];

/// The URLs that the server's pages name: `assets.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assets {
    /// The page's glue: exports `default` (init) and `start`.
    pub page_js: String,
    /// The page's wasm.
    pub page_wasm: String,
    /// The worker's script, which loads its wasm by itself.
    pub worker_js: String,
    /// The worker's wasm.
    pub worker_wasm: String,
    /// The style sheet.
    pub style: String,
    /// The parts of the page that are loaded when they are first shown: by name, the files that each needs, its own last.
    #[serde(default)]
    pub parts: BTreeMap<String, Vec<String>>,
}

impl Assets {
    /// Reads `assets.json` of a site folder.
    pub fn read(site: &Path) -> Result<Self> {
        let path = site.join("assets.json");
        let text = fs::read(&path).with_context(|| format!("{} is missing: build first", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))
    }

    fn urls(&self) -> impl Iterator<Item = &str> {
        let whole = [
            &self.page_js,
            &self.page_wasm,
            &self.worker_js,
            &self.worker_wasm,
            &self.style,
        ];
        whole
            .into_iter()
            .chain(self.parts.values().flatten())
            .map(String::as_str)
    }
}

/// Puts everything that was compiled into the site folder.
pub fn assemble(places: &Places, tools: &Tools, profile: Profile) -> Result<()> {
    say::step("Assembling the site", || {
        let site = Site {
            folder: places.site(profile.is_release()),
            compress: profile.is_release(),
        };
        let bundler = Bundler { places, tools, profile };
        let page_wasm = site.add("page_bg", "wasm", &fs::read(wasm(&PAGE, places, profile))?)?;
        let folder = PAGE.folder(places, profile);
        let mut files = BTreeMap::new();
        let mut parts = BTreeMap::new();
        for (part, names) in split::parts(&folder)? {
            let mut urls = Vec::new();
            for name in names {
                let url = site.add(&name, "wasm", &fs::read(folder.join(format!("{name}.wasm")))?)?;
                urls.push(url.clone());
                files.insert(name, url);
            }
            parts.insert(part, urls);
        }
        let worker_wasm = site.add("worker_bg", "wasm", &fs::read(wasm(&WORKER, places, profile))?)?;
        let entry = WORKER.folder(places, profile).join("entry.js");
        write(&entry, worker_entry(&worker_wasm).as_bytes())?;
        let worker_js = site.add("worker", "js", &bundler.bundle(&entry)?)?;
        let entry = folder.join("entry.js");
        write(&entry, page_entry(&worker_js).as_bytes())?;
        let page_js = with_parts(bundler.bundle(&entry)?, &files)?;
        let page_js = site.add("page", "js", &page_js)?;
        let style = site.add("style", "css", &fs::read(style::output(places, profile))?)?;
        let assets = Assets {
            page_js,
            page_wasm,
            worker_js,
            worker_wasm,
            style,
            parts,
        };
        site.public(&places.root.join("public"))?;
        site.finish(&assets)
    })
}

fn wasm(half: &Half, places: &Places, profile: Profile) -> PathBuf {
    half.folder(places, profile).join(format!("{}_bg.wasm", half.name))
}

/// Puts the hashed names of the parts' files into the page's glue.
fn with_parts(glue: Vec<u8>, files: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut glue = String::from_utf8(glue).context("the glue is text")?;
    for (name, url) in files {
        let plain = format!("\"./{name}.wasm\"");
        ensure!(glue.contains(&plain), "the page's glue does not load {name}");
        glue = glue.replace(&plain, &format!("\"{url}\""));
    }
    Ok(glue.into_bytes())
}

/// The page's script: the glue, and the one worker. Browsers that know Trusted Types start a worker only from what a policy has
/// made, and there is one policy, which makes this address and nothing else (docs/adr/0012-trusted-types.md).
fn page_entry(worker: &str) -> String {
    format!(
        r#"import * as page from "./page.js";
const address = "{worker}";
const policy = globalThis.trustedTypes?.createPolicy("jackdaw-worker", {{ createScriptURL: () => address }});
const worker = () => new Worker(policy ? policy.createScriptURL("") : address, {{ type: "module" }});
export default page.default;
export const start = () => page.start(worker);
"#
    )
}

/// The worker's script. What the page posts while the wasm is still loading is kept and delivered in order once the engine listens.
fn worker_entry(wasm: &str) -> String {
    format!(
        r#"import * as engine from "./worker.js";
const early = [];
const keep = (event) => early.push(event.data);
addEventListener("message", keep);
await engine.default({{ module_or_path: "{wasm}" }});
removeEventListener("message", keep);
engine.start();
for (const data of early) dispatchEvent(new MessageEvent("message", {{ data }}));
"#
    )
}

struct Bundler<'a> {
    places: &'a Places,
    tools: &'a Tools,
    profile: Profile,
}

impl Bundler<'_> {
    /// One module out of the glue and its snippets.
    fn bundle(&self, entry: &Path) -> Result<Vec<u8>> {
        let out = self.places.target.join("halves/bundle.js");
        let mut command = self.tools.esbuild();
        command.arg(entry).args([
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--log-level=error",
            "--legal-comments=none",
        ]);
        if self.profile.is_release() {
            command.arg("--minify");
        }
        exec::run(command.arg(format!("--outfile={}", out.display()))).context("the glue cannot be bundled")?;
        Ok(fs::read(out)?)
    }
}

struct Site {
    folder: PathBuf,
    compress: bool,
}

impl Site {
    /// Adds a file under a name that says its content. Gives its URL.
    fn add(&self, name: &str, extension: &str, bytes: &[u8]) -> Result<String> {
        let url = format!("/pkg/{name}-{}.{extension}", hash(bytes));
        self.put(&self.folder.join(&url[1..]), bytes)?;
        Ok(url)
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let same = fs::read(path).is_ok_and(|old| old == bytes);
        write(path, bytes)?;
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        let beside = beside(path);
        if self.compress && COMPRESSIBLE.contains(&extension) {
            if !(same && beside.is_file()) {
                let small = brotli(bytes)?;
                if small.len() < bytes.len() {
                    return write(&beside, &small);
                }
            } else {
                return Ok(());
            }
        }
        if beside.is_file() {
            fs::remove_file(beside)?;
        }
        Ok(())
    }

    /// Copies `public/` and drops what is no longer in it.
    fn public(&self, source: &Path) -> Result<()> {
        let wanted: BTreeSet<PathBuf> = files(source)?.into_iter().collect();
        for path in &wanted {
            self.put(&self.folder.join(path), &fs::read(source.join(path))?)?;
        }
        for path in files(&self.folder)? {
            let original = match path.extension() {
                Some(extension) if extension == "br" => path.with_extension(""),
                _ => path.clone(),
            };
            let ours = path.starts_with("pkg") || path.to_string_lossy().starts_with("assets.");
            if !ours && !wanted.contains(&original) {
                fs::remove_file(self.folder.join(path))?;
            }
        }
        Ok(())
    }

    /// Writes `assets.json`. Files of the previous build stay, for pages that were loaded before this one; older ones go.
    fn finish(&self, assets: &Assets) -> Result<()> {
        let old = Assets::read(&self.folder).ok().filter(|old| old != assets);
        let previous = self.folder.join("assets.previous.json");
        if let Some(old) = old {
            write(&previous, &serde_json::to_vec_pretty(&old)?)?;
        }
        write(&self.folder.join("assets.json"), &serde_json::to_vec_pretty(assets)?)?;
        let previous: Assets = fs::read(previous)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let keep: BTreeSet<PathBuf> = assets
            .urls()
            .chain(previous.urls())
            .map(|url| PathBuf::from(url.trim_start_matches('/')))
            .collect();
        for path in files(&self.folder.join("pkg"))? {
            let path = Path::new("pkg").join(path);
            let original = if path.extension().is_some_and(|extension| extension == "br") {
                path.with_extension("")
            } else {
                path.clone()
            };
            if !keep.contains(&original) {
                fs::remove_file(self.folder.join(path))?;
            }
        }
        Ok(())
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

/// All files below a folder, relative to it, sorted. A folder that is not there has none.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fn walk(folder: &Path, below: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries {
            let entry = entry?;
            let below = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &below, into)?;
            } else {
                into.push(below);
            }
        }
        Ok(())
    }
    let mut all = Vec::new();
    walk(folder, Path::new(""), &mut all)?;
    all.sort();
    Ok(all)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("jackdaw-xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn build(site: &Site, version: &[u8]) -> Assets {
        let add = |name, extension| site.add(name, extension, &version.repeat(50)).unwrap();
        let assets = Assets {
            page_js: add("page", "js"),
            page_wasm: add("page_bg", "wasm"),
            worker_js: add("worker", "js"),
            worker_wasm: add("worker_bg", "wasm"),
            style: add("style", "css"),
            parts: BTreeMap::from([("more".to_owned(), vec![add("chunk", "wasm"), add("more", "wasm")])]),
        };
        site.finish(&assets).unwrap();
        assets
    }

    #[test]
    fn the_previous_builds_files_stay_and_older_ones_go() {
        let site = Site {
            folder: folder("previous"),
            compress: true,
        };
        let (first, second) = (build(&site, b"one"), build(&site, b"two"));
        let there = |assets: &Assets| assets.urls().all(|url| site.folder.join(&url[1..]).is_file());
        assert!(there(&first) && there(&second));
        // Building the same again is no new build.
        build(&site, b"two");
        assert!(there(&first));
        let third = build(&site, b"three");
        assert!(!there(&first) && there(&second) && there(&third));
        assert!(site.folder.join(format!("{}.br", &third.style[1..])).is_file());
        fs::remove_dir_all(&site.folder).unwrap();
    }

    #[test]
    fn files_that_left_public_leave_the_site() {
        let (site, public) = (
            Site {
                folder: folder("site"),
                compress: true,
            },
            folder("public"),
        );
        fs::write(public.join("robots.txt"), "a".repeat(100)).unwrap();
        fs::write(public.join("tiny.txt"), "a").unwrap();
        site.public(&public).unwrap();
        assert!(site.folder.join("robots.txt.br").is_file());
        assert!(!site.folder.join("tiny.txt.br").exists(), "it would be larger");
        fs::remove_file(public.join("tiny.txt")).unwrap();
        fs::remove_file(public.join("robots.txt")).unwrap();
        site.public(&public).unwrap();
        assert!(files(&site.folder).unwrap().is_empty());
        fs::remove_dir_all(&site.folder).unwrap();
        fs::remove_dir_all(&public).unwrap();
    }
}
