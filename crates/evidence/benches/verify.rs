//! How fast a case is verified: bytes of the file a second, with the entries of a real case (a
//! reply of NATCHECK's size, one of a log, one of 8 192 bytes).

use std::hint::black_box;
use std::io::Cursor;

use divan::Bencher;
use divan::counter::BytesCount;
use swarmscope_evidence::case::verify;

#[path = "../tests/sample.rs"]
mod sample;

fn main() {
    divan::main();
}

#[divan::bench(args = [80, 1_200, 8_192])]
fn case_of_10_000_entries(bencher: Bencher<'_, '_>, payload: usize) {
    let (file, _) = sample::case(10_000, 1_000, payload);
    bencher.counter(BytesCount::new(file.len())).bench_local(|| {
        verify(Cursor::new(black_box(&file)), None).expect("memory can be read").is_sound()
    });
}
