use leptos::{prelude::*, tachys::html::InertElement};

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A speech bubble.
    Chat,
    /// Two sliders, one above the other.
    Settings,
    /// A plus sign.
    Plus,
    /// An arrow to the left.
    Back,
    /// A closed lock.
    Lock,
    /// An arrow upwards.
    Send,
    /// Two sheets, one behind the other.
    Copy,
    /// A check mark.
    Check,
    /// An arrow out of a door.
    Out,
    /// A diagonal cross.
    Close,
    /// A wallet with a clasp.
    Wallet,
    /// A triangle with a mark.
    Warning,
    /// A cloud with a stroke through it.
    Offline,
    /// A key, lying down.
    Key,
    /// A coin with a currency sign.
    Coin,
    /// An arrow out of a box.
    Open,
    /// The face of a clock.
    Clock,
    /// An arrow that turns back.
    Reply,
    /// A face that smiles.
    Smile,
}

/// The `svg` element of an icon, from the path of its line. It is a constant, so that no input can reach the markup.
macro_rules! line {
    ($path:literal) => {
        concat!(
            "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"",
            $path,
            "\"/></svg>"
        )
    };
}

impl Shape {
    const fn picture(self) -> &'static str {
        match self {
            Self::Chat => {
                line!(
                    "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-5 4v-4.05A2.5 2.5 0 0 1 4 13.5Z"
                )
            }
            Self::Settings => {
                line!(
                    "M4 7h8m5 0h3M4 17h3m5 0h8M12 7a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M7 17a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0"
                )
            }
            Self::Plus => line!("M12 5v14M5 12h14"),
            Self::Back => line!("m14 6-6 6 6 6"),
            Self::Lock => {
                line!(
                    "M7.5 10.5h9A2.5 2.5 0 0 1 19 13v4.5a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 5 17.5V13a2.5 2.5 0 0 1 2.5-2.500M8 10.500V8a4 4 0 0 1 8 0v2.5"
                )
            }
            Self::Send => line!("M12 19V6M6 11.5l6-6 6 6"),
            Self::Copy => {
                line!(
                    "M9.5 8.500H18A1.5 1.5 0 0 1 19.5 10v9a1.5 1.5 0 0 1-1.5 1.500H9.500A1.5 1.5 0 0 1 8 19v-9a1.5 1.5 0 0 1 1.5-1.500M4.5 15V5A1.5 1.5 0 0 1 6 3.500h9"
                )
            }
            Self::Check => line!("m5 12.5 4.5 4.5L19 7.5"),
            Self::Out => line!("M10 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H10M15 8l4 4-4 4M19 12H9.5"),
            Self::Close => line!("M6.5 6.500l11 11M17.5 6.500l-11 11"),
            Self::Wallet => {
                line!(
                    "M3.5 7.500A2.5 2.5 0 0 1 6 5h11.500v3.500M3.5 7.500V17A2.5 2.5 0 0 0 6 19.500h14v-11H5a1.5 1.5 0 0 1-1.5-1M16.2 14h.6"
                )
            }
            Self::Warning => line!("M12 4 2.5 20h19ZM12 10v4.500M12 17.200v.1"),
            Self::Offline => {
                line!(
                    "M7 18.500a4.5 4.5 0 0 1-.6-8.960M9.5 6.900A5.5 5.5 0 0 1 17.3 10a4.3 4.3 0 0 1 2.7 7.200M4 4l16 16M7 18.500h10"
                )
            }
            Self::Coin => {
                line!(
                    "M3.500 12a8.500 8.500 0 1 0 17 0 8.500 8.500 0 1 0-17 0M12 7v10M14.800 9.300c-.6-.8-1.600-1.100-2.800-1.100-1.600 0-2.700.8-2.700 2s1 1.600 2.700 1.900c1.700.3 2.800.8 2.800 2s-1.200 1.900-2.800 1.900c-1.300 0-2.400-.4-3-1.200"
                )
            }
            Self::Open => {
                line!(
                    "M13.500 4.500h6v6M19.500 4.500 11 13M9.500 5.500H6A1.500 1.500 0 0 0 4.500 7v11A1.500 1.500 0 0 0 6 19.500h11a1.500 1.500 0 0 0 1.500-1.500v-3.500"
                )
            }
            Self::Clock => line!("M3.500 12a8.500 8.500 0 1 0 17 0 8.500 8.500 0 1 0-17 0M12 7.500V12l3 2"),
            Self::Reply => line!("M9.500 6.500 4.500 11.500l5 5M4.500 11.500H14a5.500 5.500 0 0 1 5.500 5.500v1.500"),
            Self::Smile => {
                line!(
                    "M3.500 12a8.500 8.500 0 1 0 17 0 8.500 8.500 0 1 0-17 0M8.500 14a4 4 0 0 0 7 0M9 9.500v.1M15 9.500v.1"
                )
            }
            Self::Key => line!("M4.5 12a4 4 0 1 0 8 0 4 4 0 1 0-8 0M12.5 12H20v3.5M16.5 12v3"),
        }
    }
}

/// A picture beside a word, or inside a control that has a name. Never the only carrier of a meaning.
#[component]
pub fn Icon(
    /// What it shows.
    shape: Shape,
) -> impl IntoView {
    icon(shape)
}

/// The same outside of a view.
pub fn icon(shape: Shape) -> AnyView {
    InertElement::new(shape.picture()).into_any()
}
