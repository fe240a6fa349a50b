//! The home directory in a text.

/// Writes `~` for a home directory, where that is what stands there and not the beginning of
/// another name: `/home/ann` is not in `/home/anna`.
pub fn without_home(text: &str, home: &str) -> String {
    let mut without = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(home) {
        without.push_str(before);
        let goes_on = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        without.push_str(if after.starts_with(goes_on) { home } else { "~" });
        rest = after;
    }
    without + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_directory_is_a_tilde_and_names_that_begin_like_it_stay() {
        for (text, without) in [
            ("--identity /home/ann/key.pem", "--identity ~/key.pem"),
            ("saved to /home/ann", "saved to ~"),
            ("'/home/ann/my key.pem' /home/ann/b", "'~/my key.pem' ~/b"),
            ("/home/anna/x /home/ann.old /tmp", "/home/anna/x /home/ann.old /tmp"),
        ] {
            assert_eq!(without_home(text, "/home/ann"), without);
        }
    }
}
