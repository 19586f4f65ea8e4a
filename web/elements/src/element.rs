//! The one kind of element, and the names by which `view!` calls it.

use std::borrow::Cow;

use leptos::{
    ev::EventDescriptor,
    html::ElementType,
    prelude::{AnyView, IntoAny, Mountable, NodeRef, Owner, Render, RenderEffect},
    tachys::{
        html::node_ref::NodeRefContainer,
        renderer::{RemoveEventHandler, dom::Dom},
        view::any_view::AnyViewState,
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

use crate::{
    here::only_here,
    value::{IntoClass, IntoValue, Text, Value},
};

/// An element that is to be made.
pub struct El(SendWrapper<Box<Plan>>);

struct Plan {
    tag: &'static str,
    settings: Vec<Setting>,
    children: Vec<AnyView>,
}

/// One thing to do to an element.
enum Setting {
    Attribute(&'static str, Value),
    Property(&'static str, Value),
    Class(&'static str),
    Event(Cow<'static, str>, Box<dyn FnMut(JsValue)>),
    Known(Box<dyn FnOnce(&Element)>),
}

/// An element that has been made.
pub struct Made {
    tag: &'static str,
    element: Element,
    names: Vec<&'static str>,
    effects: Vec<RenderEffect<()>>,
    listeners: Vec<RemoveEventHandler<Element>>,
    children: Vec<AnyViewState>,
}

impl El {
    #[inline(never)]
    fn new(tag: &'static str) -> Self {
        let (settings, children) = (Vec::new(), Vec::new());
        Self(SendWrapper::new(Box::new(Plan {
            tag,
            settings,
            children,
        })))
    }

    #[inline(never)]
    fn with(mut self, setting: Setting) -> Self {
        self.0.settings.push(setting);
        self
    }

    #[inline(never)]
    fn holding(mut self, child: AnyView) -> Self {
        self.0.children.push(child);
        self
    }

    /// Puts something into it.
    pub fn child(self, child: impl IntoAny) -> Self {
        self.holding(child.into_any())
    }

    /// Sets an attribute of any name.
    pub fn attr(self, name: &'static str, value: impl IntoValue) -> Self {
        self.with(Setting::Attribute(name, value.into_value()))
    }

    /// Sets its classes, or adds one.
    pub fn class(self, class: impl IntoClass) -> Self {
        match class.into_class() {
            Ok(value) => self.with(Setting::Attribute("class", value)),
            Err((name, true)) => self.with(Setting::Class(name)),
            Err((_, false)) => self,
        }
    }

    /// Sets a property of the object, such as what stands in a text box.
    pub fn prop(self, name: &'static str, value: impl IntoValue) -> Self {
        self.with(Setting::Property(name, value.into_value()))
    }

    /// Does something when something happens to it.
    pub fn on<E>(self, event: E, mut act: impl FnMut(E::EventType) + 'static) -> Self
    where
        E: EventDescriptor,
        E::EventType: From<JsValue>,
    {
        let act: Box<dyn FnMut(JsValue)> = Box::new(move |event| act(event.into()));
        self.with(listener(event.name(), act))
    }

    /// Makes it known once it is there.
    pub fn node_ref<E>(self, reference: NodeRef<E>) -> Self
    where
        E: ElementType + 'static,
        E::Output: JsCast + 'static,
    {
        self.with(Setting::Known(Box::new(move |element| reference.load(element))))
    }
}

/// What is done belongs to the part of the page that asked for it.
#[inline(never)]
fn listener(name: Cow<'static, str>, mut act: Box<dyn FnMut(JsValue)>) -> Setting {
    let owner = Owner::current().unwrap_or_default();
    Setting::Event(name, Box::new(move |event| owner.with(|| act(event))))
}

impl Made {
    fn apply(&mut self, settings: Vec<Setting>) {
        for setting in settings {
            let element = self.element.clone();
            match setting {
                Setting::Attribute(name, value) => {
                    self.names.push(name);
                    self.follow(value, Box::new(move |text| put(&element, name, text)));
                }
                Setting::Property(name, value) => self.follow(
                    value,
                    Box::new(move |text| {
                        let text = text.as_deref().map_or(JsValue::NULL, JsValue::from_str);
                        Dom::set_property(&element, name, &text);
                    }),
                ),
                Setting::Class(name) => Dom::add_class(&element.class_list(), name),
                Setting::Event(name, act) => self.listeners.push(Dom::add_event_listener(&element, &name, act)),
                Setting::Known(tell) => tell(&element),
            }
        }
    }

    fn follow(&mut self, value: Value, put: Box<dyn Fn(&Text)>) {
        match value {
            Value::Fixed(text) => put(&text),
            Value::Live(mut make) => {
                let mut before = None;
                self.effects.push(RenderEffect::new(move |_| {
                    let now = Some(make());
                    if now != before {
                        put(now.as_ref().unwrap_or(&None));
                        before = now;
                    }
                }));
            }
        }
    }

    fn fill(&mut self, children: Vec<AnyView>) {
        for child in children {
            let mut child = child.build();
            child.mount(&self.element, None);
            self.children.push(child);
        }
    }
}

fn put(element: &Element, name: &str, text: &Text) {
    match text {
        Some(text) => Dom::set_attribute(element, name, text),
        None => Dom::remove_attribute(element, name),
    }
}

impl Render for El {
    type State = Made;

    fn build(self) -> Made {
        let plan = *self.0.take();
        let mut made = Made {
            tag: plan.tag,
            element: Dom::create_element(plan.tag, None),
            names: Vec::new(),
            effects: Vec::new(),
            listeners: Vec::new(),
            children: Vec::new(),
        };
        made.apply(plan.settings);
        made.fill(plan.children);
        made
    }

    /// The element stays, with the keyboard if it had it, and is given what the new one would have.
    fn rebuild(self, made: &mut Made) {
        if self.0.tag != made.tag {
            let mut new = self.build();
            made.insert_before_this(&mut new);
            made.unmount();
            *made = new;
            return;
        }
        let plan = *self.0.take();
        made.effects.clear();
        // Dropped, they are taken off.
        made.listeners.clear();
        for name in std::mem::take(&mut made.names) {
            let stays = |setting: &Setting| matches!(setting, Setting::Attribute(new, _) if *new == name);
            if !plan.settings.iter().any(stays) {
                Dom::remove_attribute(&made.element, name);
            }
        }
        made.apply(plan.settings);
        if plan.children.len() == made.children.len() {
            for (child, made) in plan.children.into_iter().zip(&mut made.children) {
                child.rebuild(made);
            }
        } else {
            for mut child in made.children.drain(..) {
                child.unmount();
            }
            made.fill(plan.children);
        }
    }
}

impl Mountable for Made {
    fn unmount(&mut self) {
        self.element.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.element.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.element.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        vec![self.element.clone()]
    }
}

only_here!(El);

macro_rules! tags {
    ($($tag:ident)*) => {$(
        #[doc = concat!("`<", stringify!($tag), ">`")]
        pub fn $tag() -> El {
            El::new(stringify!($tag))
        }
    )*};
}

tags! {
    a abbr article aside b bdi blockquote br button caption code dd details dialog div dl dt em fieldset figcaption figure footer
    form h1 h2 h3 h4 header hr i img input kbd label legend li main mark meter nav ol optgroup option output p pre progress
    search section select small span strong sub summary sup table tbody td textarea tfoot th thead time tr ul
}

macro_rules! attributes {
    ($($name:ident = $text:literal)*) => {
        impl El {$(
            #[doc = concat!("`", $text, "`")]
            pub fn $name(self, value: impl IntoValue) -> Self {
                self.attr($text, value)
            }
        )*}
    };
}

attributes! {
    accept = "accept" action = "action" alt = "alt" autocapitalize = "autocapitalize" autocomplete = "autocomplete"
    autofocus = "autofocus" checked = "checked" colspan = "colspan" datetime = "datetime" decoding = "decoding" dir = "dir"
    disabled = "disabled" download = "download" draggable = "draggable" enterkeyhint = "enterkeyhint" r#for = "for" form = "form"
    height = "height" hidden = "hidden" href = "href" id = "id" inert = "inert" inputmode = "inputmode" lang = "lang" list = "list"
    loading = "loading" max = "max" maxlength = "maxlength" method = "method" min = "min" minlength = "minlength"
    multiple = "multiple" name = "name" novalidate = "novalidate" open = "open" pattern = "pattern" placeholder = "placeholder"
    popover = "popover" readonly = "readonly" rel = "rel" required = "required" reversed = "reversed" role = "role"
    rows = "rows" rowspan = "rowspan" scope = "scope" selected = "selected" size = "size" spellcheck = "spellcheck" src = "src"
    start = "start" step = "step" tabindex = "tabindex" target = "target" title = "title" translate = "translate" r#type = "type"
    value = "value" width = "width"
    aria_activedescendant = "aria-activedescendant" aria_atomic = "aria-atomic" aria_autocomplete = "aria-autocomplete"
    aria_busy = "aria-busy" aria_checked = "aria-checked" aria_controls = "aria-controls" aria_current = "aria-current"
    aria_describedby = "aria-describedby" aria_description = "aria-description" aria_details = "aria-details"
    aria_disabled = "aria-disabled" aria_errormessage = "aria-errormessage" aria_expanded = "aria-expanded"
    aria_haspopup = "aria-haspopup" aria_hidden = "aria-hidden" aria_invalid = "aria-invalid" aria_label = "aria-label"
    aria_labelledby = "aria-labelledby" aria_level = "aria-level" aria_live = "aria-live" aria_modal = "aria-modal"
    aria_multiline = "aria-multiline" aria_orientation = "aria-orientation" aria_owns = "aria-owns"
    aria_placeholder = "aria-placeholder" aria_posinset = "aria-posinset" aria_pressed = "aria-pressed"
    aria_readonly = "aria-readonly" aria_required = "aria-required" aria_roledescription = "aria-roledescription"
    aria_selected = "aria-selected" aria_setsize = "aria-setsize" aria_sort = "aria-sort" aria_valuemax = "aria-valuemax"
    aria_valuemin = "aria-valuemin" aria_valuenow = "aria-valuenow" aria_valuetext = "aria-valuetext"
}
