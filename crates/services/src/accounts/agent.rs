/// A browser and its system in words people know ("Chromium on Linux"), from the `User-Agent` header. A hint for the list
/// of sessions, nothing is decided by it; the header itself is not kept.
pub fn describe_agent(header: &str) -> String {
    let find = |table: &[(&str, &'static str)], otherwise| {
        table
            .iter()
            .find(|(mark, _)| header.contains(mark))
            .map_or(otherwise, |(_, word)| *word)
    };
    // The order matters: everybody claims to be everybody that came before.
    let browser = find(
        &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("HeadlessChrome/", "Chromium"),
            ("Chrome/", "Chromium"),
            ("CriOS/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "A browser",
    );
    let system = find(
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ],
        "an unknown system",
    );
    format!("{browser} on {system}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_name_them() {
        let chromium =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36";
        assert_eq!(describe_agent(chromium), "Chromium on Linux");
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1";
        assert_eq!(describe_agent(safari), "Safari on iPhone");
        assert_eq!(describe_agent(""), "A browser on an unknown system");
    }
}
