use leptos::{prelude::*, tachys::html::InertElement};

/// The jackdaw. Decoration: the name stands beside it, or the link says where it goes.
#[component]
pub fn Mark() -> impl IntoView {
    InertElement::new(concat!(
        "<svg class=\"mark\" viewBox=\"0 0 64 64\" aria-hidden=\"true\">",
        "<path fill=\"var(--head)\" d=\"M8 60C6 34 16 8 37 8c9 0 15 5 17 12l7 5c1.6 1.1 1 3-.8 3.2L52 29.5C50 40 44 44 43 60Z\"/>",
        "<path fill=\"var(--nape)\" d=\"M8 60C7 42 11 26 20 17c6 5 7 13 5 21-2 7-3 14-2 22Z\"/>",
        "<circle cx=\"42.5\" cy=\"21\" r=\"5.2\" fill=\"#dff1fb\"/>",
        "<circle cx=\"43.3\" cy=\"21\" r=\"2.3\" fill=\"#171a21\"/>",
        "</svg>",
    ))
}
