//! Case files made so that reading them costs more than their size.

mod sample;

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use swarmscope_evidence::case::Draft;
use swarmscope_evidence::case::note::Checkpoint;
use swarmscope_evidence::case::read::{Damage, Found, Records};
use swarmscope_evidence::case::{kind, verify};
use swarmscope_evidence::signals;

/// A source that counts what is read of it.
struct Counted<'a>(Cursor<&'a [u8]>, &'a Cell<u64>);

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.set(self.1.get() + read as u64);
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// What is found first behind the whole records, and how much was read in all.
fn first_damage(file: &[u8]) -> (Damage, bool, u64) {
    let read = Cell::new(0);
    let mut records =
        Records::open(Counted(Cursor::new(file), &read)).expect("reads").expect("it is one");
    let mut first = None;
    while let Some(found) = records.read().expect("reads") {
        if let Found::Damage { why, followed, .. } = found {
            first.get_or_insert((why, followed));
        }
    }
    let (why, followed) = first.expect("there is damage");
    (why, followed, read.get())
}

/// A case with an entry, then bytes of which every sixteenth looks like the head of a record that
/// goes on to nearly the end.
fn heads(bytes: usize) -> Vec<u8> {
    let (mut file, _) = sample::case(2, 1, 10);
    let body = u32::try_from(bytes / 2).expect("small");
    let head = [body.to_be_bytes(), (body - 64).to_be_bytes(), [0; 4], [0; 4]].concat();
    file.extend([0xff; 4]);
    file.extend(head.repeat(bytes / head.len()));
    file
}

#[test]
fn a_search_reads_a_file_a_few_times_and_then_says_that_it_has_not_read_it_all() {
    let (small, large) = (heads(1 << 20), heads(1 << 21));
    let ((why, followed, one), (_, _, two)) = (first_damage(&small), first_damage(&large));
    assert_eq!((why, followed), (Damage::Unsearched, false));
    assert!(one <= 20 * small.len() as u64, "{one} bytes read");
    assert!(two <= 5 * one / 2, "{two} bytes read of twice the file, {one} of the file");
    let report = verify(Cursor::new(&large), None).expect("reads");
    assert_eq!(report.torn, 0, "what was not looked through is not called torn");
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
    assert!(report.faults[0].why.contains("too much of what follows"), "{:?}", report.faults);
}

#[test]
fn damage_between_all_records_costs_no_large_window_each() {
    let (file, _) = sample::case(400, 50, 200);
    let bounds = sample::bounds(&file);
    let mut changed = file[..bounds[1]].to_vec();
    for pair in bounds[1..].windows(2) {
        changed.push(0xff);
        changed.extend(&file[pair[0]..pair[1]]);
    }
    let (why, followed, read) = first_damage(&changed);
    assert_eq!((why, followed), (Damage::Length, true));
    assert!(read <= 100 * changed.len() as u64, "{read} bytes read of {}", changed.len());
}

/// A record, checksum and all, with these fields.
fn record(fields: &[String]) -> Vec<u8> {
    let mut leaf = [0_u8; 40].to_vec();
    leaf.extend(u16::try_from(fields.len()).expect("a count").to_be_bytes());
    for name in fields {
        leaf.push(u8::try_from(name.len()).expect("short"));
        leaf.extend(name.as_bytes());
        leaf.extend([0; 5]);
    }
    let sized =
        |bytes: &[u8]| [&u32::try_from(bytes.len()).expect("small").to_be_bytes(), bytes].concat();
    let record = sized(&sized(&leaf));
    let checksum = crc32fast::hash(&record).to_be_bytes();
    [b"swarmscope case 1\n", &record[..], &checksum].concat()
}

fn read(file: &[u8]) -> Found {
    Records::open(Cursor::new(file))
        .expect("reads")
        .expect("a case")
        .read()
        .expect("reads")
        .expect("one")
}

#[test]
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn an_entry_of_many_fields_takes_time_in_their_number() {
    let fields = |count: usize| (0..count).map(|n| format!("f{n}")).collect::<Vec<_>>();
    let shortest = |count: usize| -> Duration {
        let file = record(&fields(count));
        let times = (0..3).map(|_| {
            let began = Instant::now();
            assert!(
                matches!(read(&file), Found::Entry { entry, .. } if entry.fields.len() == count)
            );
            began.elapsed()
        });
        times.min().expect("three")
    };
    let (few, many) = (shortest(8_000), shortest(64_000));
    assert!(
        many < 24 * few,
        "8 times the fields took {many:?}, not {few:?}: 64 times is quadratic"
    );
    let twice = [fields(9), vec!["f3".into()]].concat();
    assert!(matches!(read(&record(&twice)), Found::Damage { why: Damage::Malformed, .. }));
}

#[test]
fn a_note_about_many_entries_is_held_once() {
    let mut writer = sample::begin();
    for n in 1..200 {
        writer
            .append(Draft::new(kind::SENT).plain("question", "NATCHECK"), sample::moment(n))
            .expect("appends");
    }
    let about = (0..60_000).fold(String::new(), |mut about, n| {
        let _ = write!(about, "{} ", 1 + n % 199);
        about
    });
    let note = Draft::new(kind::NOTE).private("text", "A".repeat(1_000_000)).plain("about", about);
    writer.append(note, sample::moment(300)).expect("appends");
    let contents =
        swarmscope_evidence::record::contents(Cursor::new(writer.into_inner().into_inner()))
            .expect("whole");
    let texts: Vec<_> = contents.records.iter().flat_map(|record| &record.notes).collect();
    assert_eq!(texts.len(), 199, "each record has it once");
    let places: std::collections::BTreeSet<_> = texts.iter().map(|text| text.as_ptr()).collect();
    assert_eq!(places.len(), 1, "all share one text");
}

#[test]
fn a_checkpoint_of_nothing_with_another_root_is_a_fault() {
    let (file, note) = sample::case(3, 2, 10);
    let nothing = Checkpoint { size: 0, root: [1; 32], ..note.checkpoint }.signed(&sample::key());
    let report = verify(Cursor::new(&file), Some(&nothing)).expect("reads");
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
}

#[test]
fn numbers_of_a_case_that_are_too_large_overflow_nothing() {
    let mut writer = sample::begin();
    let largest = u64::MAX.to_string();
    for n in 0..2 {
        let sent = Draft::new(kind::SENT)
            .plain("network", "overlay")
            .plain("question", "NATCHECK")
            .private("peer", "a")
            .plain("frequency_s", &largest)
            .plain("round", &largest)
            .plain("message", &largest);
        let at = writer.append(sent, sample::moment(2 * n + 1)).expect("appends");
        let reply = Draft::new(kind::REPLY)
            .plain("request", at)
            .plain("error", &largest)
            .plain("elapsed_us", &largest)
            .plain("parts", &largest)
            .plain("bytes", &largest);
        writer.append(reply, sample::moment(2 * n + 2)).expect("appends");
    }
    let file = writer.into_inner().into_inner();
    let contents = swarmscope_evidence::record::contents(Cursor::new(file)).expect("whole");
    assert_eq!(contents.records.len(), 2);
    let rounds = signals::rounds(&contents.records);
    assert_eq!(rounds.len(), 1, "{rounds:?}");
}
