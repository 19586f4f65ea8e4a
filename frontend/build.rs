//! Says to the linker what cutting the page needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        // Where every address stands, so that functions can be moved into files of their own.
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
}
