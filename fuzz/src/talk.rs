//! A conversation over TCP with a stranger who claims to be a BitTorrent peer: what HELLO and PEX
//! hear, plain and obfuscated, and what REACH makes of what it sees.

use std::time::Duration;

use swarmscope_networks::answer;
use swarmscope_networks::bittorrent::{Conversation, ConversationError, Heard};
use swarmscope_networks::reach::{Findings, Name, Outcome, Rung, Verdict, banner};
use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::mse::{Established, Initiator, Responder, Step};
use swarmscope_wire::bittorrent::{Handshake, Infohash, Reserved};

use crate::Choices;
use crate::people::printable;

/// The torrent that is asked about.
const INFOHASH: [u8; 20] = [9; 20];
/// Our handshake and extension handshake are all that is ever said.
const MOST_SAID: usize = 1024;

/// The first byte chooses: plain or obfuscated, with or without a sound handshake before the rest,
/// or the rungs of REACH.
pub fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (kind, step) = (choices.byte(), usize::from(choices.byte()).max(1));
    let mut stream = Vec::new();
    if kind & 1 == 1 {
        let reserved = Reserved([0, 0, 0, 0, 0, choices.byte(), 0, choices.byte()]);
        let infohash = Infohash(INFOHASH);
        stream.extend(Handshake { reserved, infohash, peer_id: *b"-TR3000-abcdefghijkl" }.encode());
    }
    match kind >> 1 & 3 {
        0 => {
            stream.extend_from_slice(choices.rest());
            plain(&stream, step);
        }
        1 | 2 => obfuscated(choices, &stream, step),
        _ => reach(choices),
    }
}

/// Everything that is heard and said, and why no more is.
fn listen(stream: &[u8], step: usize) -> (Vec<Heard>, Vec<u8>, Result<(), ConversationError>) {
    let (mut conversation, mut heard) = (fresh(), Vec::new());
    let ended = stream.chunks(step).try_for_each(|piece| {
        let pushed = conversation.push(piece, &mut heard);
        assert!(conversation.outgoing.len() <= MOST_SAID, "little is ever said");
        pushed
    });
    assert!(conversation.dropped.len() <= 256);
    let bytes: u64 = conversation.dropped.values().map(|(_, bytes)| bytes).sum();
    assert!(bytes <= stream.len() as u64, "no byte is counted that did not come");
    let handshakes = heard.iter().filter(|heard| matches!(heard, Heard::Handshake(_))).count();
    assert!(handshakes <= 1 && (heard.is_empty() || matches!(heard[0], Heard::Handshake(_))));
    assert!(ended.is_err() || handshakes == usize::from(stream.len() >= HANDSHAKE_LEN));
    (heard, conversation.outgoing, ended)
}

fn fresh() -> Conversation {
    Conversation::new(Infohash(INFOHASH), [b'x'; 12])
}

/// Where the stream is split does not count.
fn plain(stream: &[u8], step: usize) {
    assert_eq!(listen(stream, step), listen(stream, usize::MAX));
}

/// The other side knows the torrent and the key; what it chooses, pads and says is anything.
fn obfuscated(mut choices: Choices<'_>, start: &[u8], step: usize) {
    let conversation = fresh();
    let mut initiator = Initiator::new([7; 20], INFOHASH, conversation.hello().to_vec());
    let mut responder = Responder::new([5; 20], INFOHASH, choices.bytes().to_vec());
    let Ok(Step::Send(key)) = responder.push(&initiator.hello()) else {
        panic!("a key is answered by a key")
    };
    let Ok(Step::Send(sealed)) = initiator.push(&key) else { panic!("a key is enough") };
    let Ok(Step::Done(mut theirs)) = responder.push(&sealed) else { panic!("step 3 is whole") };
    assert_eq!(theirs.received, conversation.hello());
    // Step 4: verification, the method, and padding of a length that need not be that.
    let (sound, select, padding) = (choices.byte(), choices.byte(), choices.number());
    let mut answer = if sound & 1 == 0 {
        Responder::choice(&mut theirs)
    } else {
        let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, sound & 2, 0, 0, 0, select];
        bytes.extend(padding.to_be_bytes());
        bytes.extend(choices.bytes());
        theirs.streams.outgoing.apply(&mut bytes);
        bytes
    };
    let mut said = [start, choices.rest()].concat();
    theirs.streams.outgoing.apply(&mut said);
    answer.extend(said);
    let mut talk: Option<(Box<Established>, Conversation)> = None;
    let mut waiting = Some(conversation);
    for piece in answer.chunks(step) {
        if let Some((ours, conversation)) = &mut talk {
            let mut piece = piece.to_vec();
            ours.streams.incoming.apply(&mut piece);
            if conversation.push(&piece, &mut Vec::new()).is_err() {
                return;
            }
            continue;
        }
        match initiator.push(piece) {
            Err(_) => return,
            Ok(Step::Done(ours)) => {
                let Some(mut conversation) = waiting.take() else { return };
                if conversation.push(&ours.received, &mut Vec::new()).is_err() {
                    return;
                }
                talk = Some((ours, conversation));
            }
            Ok(_) => {}
        }
    }
    if let Some((_, conversation)) = talk {
        assert!(conversation.outgoing.len() <= MOST_SAID);
    }
}

/// Rungs that ended anyhow, and whatever was said, make a sentence that can be shown.
fn reach(mut choices: Choices<'_>) {
    const NAMES: [Name; 8] = [
        Name::Resolve,
        Name::Tcp,
        Name::Plain,
        Name::Overlay,
        Name::Mse,
        Name::Http,
        Name::Utp,
        Name::Krpc,
    ];
    const OUTCOMES: [Outcome; 7] = [
        Outcome::Ok,
        Outcome::Waits,
        Outcome::Closed,
        Outcome::Refused,
        Outcome::Timeout,
        Outcome::Unreachable,
        Outcome::Other,
    ];
    let mut findings = Findings::default();
    for name in NAMES {
        let choice = usize::from(choices.byte());
        if let Some(outcome) = OUTCOMES.get(choice % 8).copied() {
            let took = Duration::from_millis(5);
            findings.rungs.push(Rung { name, outcome, detail: String::new(), took });
        }
    }
    findings.banner = choices.rest().iter().copied().take(banner::MAX_BANNER).collect();
    let _ = banner::protocol(choices.rest());
    let verdict = Verdict::of(&findings);
    printable(&verdict.summary);
    printable(&verdict.next);
    assert!(!verdict.summary.is_empty() && !verdict.next.is_empty());
    drop(answer::verdict(&findings, &verdict));
}
