//! When a peer accepts a message again, and how sure that is.

use crate::fixture::{before, failure, fold, press};
use crate::stories::{NATCHECK, answer, asked, column, with_peer};
use crossterm::event::KeyCode;
use swarmscope::screen::{Key, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::list::next::Cell;
use swarmscope_peer::node::{Event, Ticket};
use swarmscope_wire::ErrorByte;
use swarmscope_wire::failure::{By, Cause, Delivered};

/// Everything on the screen at this size, as one text.
pub fn on_screen(model: &mut Model, columns: u16, rows: u16) -> String {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let (cells, _) = crate::fixture::drawn(model, columns, rows, &theme);
    cells.content.iter().map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn a_254_to_a_first_request_is_only_a_bound() {
    let (mut model, who) = with_peer(18);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(1)));
    answer(&mut model, 0, Ticket(1), who, ErrorByte::FREQUENCY, b"frequency error".to_vec());
    assert!(matches!(column(&model, who), Cell::NotYet { exact: false, .. }));
}

#[test]
fn a_peer_that_was_never_asked_is_not_said_to_accept() {
    let (mut model, who) = with_peer(18);
    assert_eq!(column(&model, who), Cell::Unknown);
    let text = on_screen(&mut model, 200, 60);
    assert!(text.contains("never asked here; may answer 254"), "{text}");
    assert!(text.contains("now?") && !text.contains("accepts now"), "{text}");
}

#[test]
fn a_254_is_not_over_because_the_next_request_was_refused() {
    let (mut model, who) = with_peer(18);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask.clone(), Ticket(1)));
    answer(&mut model, 0, Ticket(1), who, ErrorByte::FREQUENCY, b"frequency error".to_vec());
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(2)));
    let failure = failure(Cause::ClosedWithoutReply, By::Peer, Delivered::Maybe, "");
    let failed =
        Event::RequestFailed { ticket: Ticket(2), permid: who, message: NATCHECK, failure };
    fold(&mut model, before(0), Msg::Node(failed));
    for keys in ["", "i", "up", "up"] {
        let keys: Vec<Key> =
            keys.split_whitespace().map(|key| key.parse().expect("a key")).collect();
        press(&mut model, &keys);
        for (columns, rows) in [(200, 60), (120, 40), (80, 24)] {
            let text = on_screen(&mut model, columns, rows);
            for wrong in ["accepts again now", "it accepts 3 NATCHECK again", "accepts now"] {
                assert!(!text.contains(wrong), "{wrong}, after {keys:?}: {text}");
            }
        }
    }
}
