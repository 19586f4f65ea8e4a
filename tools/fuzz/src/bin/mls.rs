//! libFuzzer over the kind of input `mls`; started by `cargo xtask fuzz`.

#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<&fuzz::Target> = LazyLock::new(|| fuzz::target("mls"));

libfuzzer_sys::fuzz_target!(init: fuzz::sow(*TARGET), |input: &[u8]| (TARGET.holds)(input));
