//! Everything that was kept, and everything that once broke something, holds.

use std::{fs, path::Path};

fn replay(folder: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut count = 0;
    for target in fuzz::TARGETS {
        for entry in fs::read_dir(root.join(target.name)).into_iter().flatten() {
            let path = entry.expect("a readable folder").path();
            println!("{}", path.display());
            (target.holds)(&fs::read(&path).expect("a readable file"));
            count += 1;
        }
    }
    count
}

#[test]
fn the_corpus_holds() {
    assert!(replay("corpus") > 0, "the corpus is not where it was");
}

#[test]
fn what_once_broke_something_holds() {
    replay("crashes");
}

#[test]
fn what_is_honest_holds() {
    for target in fuzz::TARGETS {
        for (_, input) in (target.seeds)() {
            (target.holds)(&input);
        }
    }
}

#[test]
fn every_target_takes_anything() {
    for target in fuzz::TARGETS {
        for input in [&[][..], &[0], &[1; 64], &[0xff; 4096]] {
            (target.holds)(input);
        }
    }
}
