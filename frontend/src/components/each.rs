use leptos::prelude::*;

/// A row of a list that changes.
pub struct Row {
    key: [u8; 20],
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A row, which is kept as long as its key (at most 20 bytes) is in the list; `make` is called when the key is new.
pub fn row(key: &[u8], make: impl FnOnce() -> AnyView + Send + 'static) -> Row {
    let mut all = [0; 20];
    all[..key.len()].copy_from_slice(key);
    Row {
        key: all,
        make: Box::new(make),
    }
}

/// A keyed list that keeps unchanged rows. Leptos' own `For` is compiled for each type of row; this one is compiled once.
pub fn each(rows: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> AnyView {
    fn boxed(rows: Box<dyn Fn() -> Vec<Row> + Send + Sync>) -> AnyView {
        view! { <For each=move || rows() key=|row: &Row| row.key children=|row: Row| (row.make)() /> }.into_any()
    }
    boxed(Box::new(rows))
}
