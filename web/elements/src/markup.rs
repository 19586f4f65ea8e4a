//! Reads the markup that stands in our own source: what `view!` makes of an element in which nothing ever changes, and our pictures.

use std::borrow::Cow;

/// Elements that hold nothing and are not closed (HTML, 13.1.2).
const VOID: [&str; 6] = ["br", "hr", "img", "input", "source", "wbr"];

/// One thing that stands in a markup.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// An element begins. Its attributes follow.
    Open(&'static str),
    /// An attribute of the element that has begun last.
    Attribute(&'static str, Cow<'static, str>),
    /// A text node.
    Text(Cow<'static, str>),
    /// The element ends.
    Close,
}

/// The pieces of a constant, in order.
pub struct Markup {
    rest: &'static str,
    /// The tag we are inside of.
    tag: Option<&'static str>,
}

impl Markup {
    /// Of well-formed markup: every attribute has its value in double quotes, or none.
    pub fn new(html: &'static str) -> Self {
        Self { rest: html, tag: None }
    }

    /// Takes what stands before any of these signs.
    fn until(&mut self, ends: &[u8]) -> &'static str {
        let at = self.rest.bytes().position(|byte| ends.contains(&byte));
        let at = at.unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(at);
        self.rest = rest;
        taken
    }

    /// Takes this, if it comes next.
    fn takes(&mut self, next: &str) -> bool {
        let rest = self.rest.strip_prefix(next);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

impl Iterator for Markup {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(tag) = self.tag {
            if self.takes(" ") {
                let name = self.until(b"= />");
                let value = if self.takes("=\"") { self.until(b"\"") } else { "" };
                self.takes("\"");
                return Some(Piece::Attribute(name, plain(value)));
            }
            self.tag = None;
            if self.takes("/>") || self.takes(">") && VOID.contains(&tag) {
                return Some(Piece::Close);
            }
        }
        if self.takes("</") {
            self.until(b">");
            self.takes(">");
            return Some(Piece::Close);
        }
        if self.takes("<") {
            let tag = self.until(b" />");
            self.tag = Some(tag);
            return Some(Piece::Open(tag));
        }
        let text = self.until(b"<");
        (!text.is_empty()).then(|| Piece::Text(plain(text)))
    }
}

/// Without the four names that `view!` gives to signs which would mean something in markup.
fn plain(text: &'static str) -> Cow<'static, str> {
    let Some((first, rest)) = text.split_once('&') else {
        return Cow::Borrowed(text);
    };
    let mut plain = first.to_owned();
    for piece in rest.split('&') {
        let names = [("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("amp;", '&')];
        let named = names
            .iter()
            .find_map(|(name, sign)| Some((*sign, piece.strip_prefix(name)?)));
        let (sign, after) = named.unwrap_or(('&', piece));
        plain.push(sign);
        plain.push_str(after);
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::{Markup, Piece::*};

    #[test]
    fn elements_attributes_and_words_come_in_order() {
        let html = r#"<p class="a b" hidden>One <b>two</b><br> three</p>"#;
        let all: Vec<_> = Markup::new(html).collect();
        let expected = [
            Open("p"),
            Attribute("class", "a b".into()),
            Attribute("hidden", "".into()),
            Text("One ".into()),
            Open("b"),
            Text("two".into()),
            Close,
            Open("br"),
            Close,
            Text(" three".into()),
            Close,
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_picture_may_close_its_elements_at_once() {
        let all: Vec<_> = Markup::new(r#"<svg viewBox="0 0 1 1"><path d="M0 0"/><g/></svg>"#).collect();
        let closed = all.iter().filter(|piece| **piece == Close).count();
        assert_eq!((all.len(), closed), (8, 3));
    }

    #[test]
    fn signs_that_mean_something_in_markup_are_words_again() {
        let all: Vec<_> = Markup::new(r#"<i title="&quot;&amp;lt;&quot;">a &lt;b&gt; &amp; c</i>"#).collect();
        assert_eq!(all[1], Attribute("title", "\"&lt;\"".into()));
        assert_eq!(all[2], Text("a <b> & c".into()));
    }

    #[test]
    fn a_markup_that_breaks_off_ends() {
        for html in ["<", "<p", "<p ", "<p a", "<p a=\"", "</", "&", "<p a=b>"] {
            assert!(Markup::new(html).take(20).count() < 20, "{html}");
        }
    }
}
