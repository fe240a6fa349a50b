//! SECURITY.md says of the limits what they are.

use std::fs;
use std::sync::Mutex;

use swarmscope_peer::limits::{Limits, document};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/SECURITY.md");
const BEGIN: &str = "<!-- limits: UPDATE_SECURITY=1 cargo test --test hostile security -->\n";
const END: &str = "<!-- /limits -->\n";
const BOUNDS: [&str; 2] = ["<!-- bounds: the same command -->\n", "<!-- /bounds -->\n"];

/// Whether pages are to be written anew, with the figures of this run.
pub fn is_renewed() -> bool {
    std::env::var_os("UPDATE_SECURITY").is_some()
}

#[test]
fn the_page_on_security_has_the_limits_that_hold() {
    holds([BEGIN, END], &document::tables(&Limits::default()));
}

#[test]
fn the_page_on_security_has_the_bounds_of_the_sources() {
    holds(BOUNDS, &crate::bounds::tables());
}

/// Both tests may write the page.
static WRITING: Mutex<()> = Mutex::new(());

fn holds(marks: [&str; 2], tables: &str) {
    let _writing = WRITING.lock().expect("no panic while it was written");
    let page = fs::read_to_string(PAGE).expect("SECURITY.md");
    let begin = page.find(marks[0]).expect("where the tables begin") + marks[0].len();
    let end = page.find(marks[1]).expect("where they end");
    if is_renewed() {
        let new = [&page[..begin], tables, &page[end..]].concat();
        return fs::write(PAGE, new).expect("written");
    }
    assert_eq!(&page[begin..end], tables, "UPDATE_SECURITY=1 renews it");
}
