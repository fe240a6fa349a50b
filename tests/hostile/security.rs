//! SECURITY.md says of the limits what they are.

use std::fs;

use swarmscope_peer::limits::{Limits, document};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/SECURITY.md");
const BEGIN: &str = "<!-- limits: UPDATE_SECURITY=1 cargo test --test hostile security -->\n";
const END: &str = "<!-- /limits -->\n";

/// Whether pages are to be written anew, with the figures of this run.
pub fn is_renewed() -> bool {
    std::env::var_os("UPDATE_SECURITY").is_some()
}

#[test]
fn the_page_on_security_has_the_limits_that_hold() {
    let page = fs::read_to_string(PAGE).expect("SECURITY.md");
    let begin = page.find(BEGIN).expect("where the tables begin") + BEGIN.len();
    let end = page.find(END).expect("where they end");
    let tables = document::tables(&Limits::default());
    if is_renewed() {
        let new = [&page[..begin], &tables, &page[end..]].concat();
        return fs::write(PAGE, new).expect("written");
    }
    assert_eq!(&page[begin..end], tables, "UPDATE_SECURITY=1 renews it");
}
