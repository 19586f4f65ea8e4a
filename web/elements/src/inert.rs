//! Elements in which nothing ever changes.

use leptos::{
    prelude::{Mountable, Render},
    tachys::renderer::dom::Dom,
};
use web_sys::{Element, Node};

use crate::{
    here::only_here,
    markup::{Markup, Piece},
};

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element out of a constant. Leptos would hand the text to the browser's parser; here it is read by [`Markup`] and made one by
/// one, so that nothing in the page ever needs to turn a text into HTML and the browser can be told to refuse it (ADR 12).
pub struct InertElement(&'static str);

impl InertElement {
    /// `html` is one element with all that is in it. By its type it stands in the source: nobody has written it to us.
    pub fn new(html: &'static str) -> Self {
        Self(html)
    }
}

/// Such an element, once it is there.
pub struct InertState(&'static str, Element);

#[inline(never)]
fn make(html: &'static str) -> Element {
    // Each with what its children are: elements of a picture or not.
    let mut open: Vec<(Element, Option<&str>)> = Vec::new();
    let mut made = None;
    for piece in Markup::new(html) {
        let (parent, inside) = open.last().map_or((None, None), |(parent, kind)| (Some(parent), *kind));
        match piece {
            Piece::Open(tag) => {
                let kind = if tag == "svg" { Some(SVG) } else { inside };
                let element = Dom::create_element(tag, kind);
                if let Some(parent) = parent {
                    Dom::insert_node(parent, &element, None);
                }
                open.push((element, kind));
            }
            Piece::Attribute(name, value) => {
                if let Some(parent) = parent {
                    Dom::set_attribute(parent, name, &value);
                }
            }
            Piece::Text(text) => {
                if let Some(parent) = parent {
                    Dom::insert_node(parent, &Dom::create_text_node(&text), None);
                }
            }
            Piece::Close => made = open.pop(),
        }
    }
    made.map_or_else(|| Dom::create_element("i", None), |(element, _)| element)
}

impl Render for InertElement {
    type State = InertState;

    fn build(self) -> InertState {
        InertState(self.0, make(self.0))
    }

    fn rebuild(self, state: &mut InertState) {
        if self.0 != state.0 {
            let mut new = self.build();
            state.insert_before_this(&mut new);
            state.unmount();
            *state = new;
        }
    }
}

impl Mountable for InertState {
    fn unmount(&mut self) {
        self.1.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.1.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.1.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        vec![self.1.clone()]
    }
}

only_here!(InertElement);
