//! Says to the linker what making the engine small needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ARCH", "wasm32") && is("PROFILE", "release") {
        // Who names which constant (`xtask/src/build/unused.rs`).
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
}
