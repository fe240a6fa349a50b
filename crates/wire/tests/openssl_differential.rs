//! Our sect233k1 against OpenSSL's command line, both ways: keys and signatures of each must be
//! right for the other.
//!
//! 50 rounds by default; `SWARMSCOPE_OPENSSL_ROUNDS=10000 cargo test --release --test
//! openssl_differential` makes more. Where there is no `openssl` that knows the curve, the test
//! says so on standard error and passes.

#![allow(clippy::disallowed_methods)] // tests read files and run programs
#![cfg(feature = "legacy")]
#![allow(clippy::unwrap_used)] // a test's helpers may fail

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest as _, Sha512};
use swarmscope_wire::Permid;
use swarmscope_wire::identity::{Key, LegacyIdentity, verify_legacy};

const DEFAULT_ROUNDS: u32 = 50;

/// Runs `openssl` in a directory of its own; its output where it succeeds.
fn openssl(directory: &Path, arguments: &str) -> Option<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(arguments.split(' ')).current_dir(directory).stdin(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// Past the test harness, which hides what a passing test prints.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "openssl_differential: {text}");
}

#[test]
fn openssl_and_we_agree() {
    let directory = tempfile::tempdir().unwrap();
    if openssl(directory.path(), "ecparam -name sect233k1 -noout").is_none() {
        return say("no `openssl` command that knows sect233k1: NOT compared");
    }
    let rounds = match std::env::var("SWARMSCOPE_OPENSSL_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("SWARMSCOPE_OPENSSL_ROUNDS is a number"),
        Err(_) => DEFAULT_ROUNDS,
    };
    #[allow(clippy::disallowed_methods)] // for the figures
    let started = Instant::now();
    let threads = 2;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let directory = directory.path().join(thread.to_string());
            scope.spawn(move || {
                fs::create_dir(&directory).unwrap();
                (thread..rounds)
                    .step_by(threads as usize)
                    .for_each(|round| compare(&directory, round));
            });
        }
    });
    say(&format!(
        "{rounds} keys and {rounds} signatures each way agree, {:.1} s",
        started.elapsed().as_secs_f64()
    ));
}

fn compare(directory: &Path, round: u32) {
    let run = |arguments: &str| {
        openssl(directory, arguments)
            .unwrap_or_else(|| panic!("round {round}: `openssl {arguments}` refuses or fails"))
    };
    let file = |name: &str| directory.join(name);
    let message = format!("round {round}: {}", "x".repeat(round as usize % 200));
    fs::write(file("message"), &message).unwrap();

    // OpenSSL's key and signature, in the two forms a key file may have
    match round % 2 {
        0 => run("ecparam -name sect233k1 -genkey -out key.pem"),
        _ => run(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:sect233k1 -pkeyopt ec_param_enc:named_curve -out key.pem",
        ),
    };
    let Ok(Key::Sect233k1(theirs)) = Key::from_pem(&fs::read(file("key.pem")).unwrap()) else {
        panic!("round {round}: OpenSSL's key is refused");
    };
    let permid = Permid::from_der(&run("pkey -in key.pem -pubout -outform DER")).unwrap();
    assert_eq!(theirs.permid(), permid, "round {round}");
    let signature = run("dgst -sha1 -sign key.pem message");
    assert_eq!(verify_legacy(&permid, message.as_bytes(), &signature), Ok(()), "round {round}");
    assert!(
        verify_legacy(&permid, format!("{message}!").as_bytes(), &signature).is_err(),
        "round {round}"
    );

    // our key and signature
    let ours = LegacyIdentity::from_seed(Sha512::digest(round.to_be_bytes()).into());
    fs::write(file("ours.pem"), ours.pem()).unwrap();
    fs::write(file("signature"), ours.sign(message.as_bytes())).unwrap();
    let checked = [&b"Key is valid\n"[..], &ours.permid().to_der()].concat();
    assert_eq!(run("pkey -in ours.pem -check -pubout -outform DER"), checked, "round {round}");
    run("dgst -sha1 -prverify ours.pem -signature signature message");
    fs::write(file("message"), format!("{message}!")).unwrap();
    let taken = openssl(directory, "dgst -sha1 -prverify ours.pem -signature signature message");
    assert!(taken.is_none(), "round {round}: OpenSSL takes our signature for another message");
}
