//! What an attribute, a property or a class may be given.

use std::borrow::Cow;

/// A text, or none: then the attribute is not there.
pub type Text = Option<Cow<'static, str>>;

/// The value of an attribute or property.
pub enum Value {
    /// A value that never changes.
    Fixed(Text),
    /// It follows signals.
    Live(Box<dyn FnMut() -> Text>),
}

/// What is a text.
pub trait IntoText {
    /// As a text.
    fn into_text(self) -> Text;
}

impl IntoText for &'static str {
    fn into_text(self) -> Text {
        Some(Cow::Borrowed(self))
    }
}

impl IntoText for String {
    fn into_text(self) -> Text {
        Some(Cow::Owned(self))
    }
}

/// An attribute without a value, or none.
impl IntoText for bool {
    fn into_text(self) -> Text {
        self.then_some(Cow::Borrowed(""))
    }
}

impl<T: IntoText> IntoText for Option<T> {
    fn into_text(self) -> Text {
        self.and_then(IntoText::into_text)
    }
}

/// What may stand behind the name of an attribute.
pub trait IntoValue {
    /// As a value.
    fn into_value(self) -> Value;
}

impl<T: IntoText> IntoValue for T {
    fn into_value(self) -> Value {
        Value::Fixed(self.into_text())
    }
}

impl<T: IntoText + 'static> IntoValue for Box<dyn FnMut() -> T + Send> {
    fn into_value(mut self) -> Value {
        Value::Live(Box::new(move || self().into_text()))
    }
}

/// What may stand behind `class`.
pub trait IntoClass {
    /// All classes, or one that is there or not.
    fn into_class(self) -> Result<Value, (&'static str, bool)>;
}

impl<T: IntoValue> IntoClass for T {
    fn into_class(self) -> Result<Value, (&'static str, bool)> {
        Ok(self.into_value())
    }
}

impl IntoClass for (&'static str, bool) {
    fn into_class(self) -> Result<Value, (&'static str, bool)> {
        Err(self)
    }
}
