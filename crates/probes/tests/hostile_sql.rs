//! DATABASE questions that want too much memory or time of the peer. In a process of their own,
//! because SQLite's memory is limited for a whole process; one after the other, for the same
//! reason.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use swarmscope_peer::crawler::{Asked, PeerView, Probe as _};
use swarmscope_peer::identity::Ed25519Identity;
use swarmscope_probes::sql::MAX_BYTES;
use swarmscope_probes::{Database, Desk, Statistics};
use swarmscope_wire::{ErrorByte, OverlayVersion};

const TOO_LONG_A_VALUE: &str = "stopped at a value of more than";
const TOO_LONG_A_REPLY: &str = "stopped at 64 MiB";
const TOO_LONG: &str = "stopped after 10 s";
const TOO_MUCH_MEMORY: &str = "stopped because SQLite used 256 MiB";

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The payload of the answer, or the text of its error.
fn ask(request: impl AsRef<str>) -> Result<Bytes, String> {
    ask_and_count(request).0
}

/// What processors have spent on this process: unlike the time on the wall, the same on a busy
/// machine.
fn processors_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("every system counts");
    let spent = usage.user_time() + usage.system_time();
    Duration::from_micros(u64::try_from(spent.num_microseconds()).expect("no time is negative"))
}

/// The same, with the processors' time that it took.
fn ask_and_count(request: impl AsRef<str>) -> (Result<Bytes, String>, Duration) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = Asked {
        from: Ed25519Identity::from_seed([1; 32]).permid(),
        version: OverlayVersion::CURRENT,
        payload: Bytes::copy_from_slice(request.as_ref().as_bytes()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let before = processors_time();
    let answer = runtime.block_on(
        Database::new(Desk::new(Statistics::empty())).answer(asked, &PeerView { listening: None }),
    );
    let took = processors_time().saturating_sub(before);
    let outcome = match answer.error {
        ErrorByte::SUCCESS => Ok(answer.payload),
        ErrorByte::HANDLER => {
            Err(String::from_utf8(answer.payload.to_vec()).expect("a reason is text"))
        }
        other => panic!("error {other}"),
    };
    (outcome, took)
}

/// Gives the processors' time that it took.
fn assert_stopped(request: &str, reasons: &[&str]) -> Duration {
    match ask_and_count(request) {
        (Err(reason), took) if reasons.iter().any(|begin| reason.starts_with(begin)) => took,
        (Err(reason), _) => panic!("{request:.200}: {reason}"),
        (Ok(reply), _) => panic!("{request:.200}: answered with {} bytes", reply.len()),
    }
}

fn assert_answered(request: &str, reply: &str) {
    assert_eq!(ask(request).as_deref(), Ok(reply.as_bytes()), "{request}");
}

#[test]
fn a_reply_has_64_mib_at_most_over_all_rows() {
    let blob = |mib: usize, rest: usize| format!("SELECT zeroblob({});", (mib << 20) + rest);
    assert_stopped(&blob(64, 0), &[TOO_LONG_A_REPLY]); // the value fits, the list around it does not
    assert_stopped(&blob(64, 1), &[TOO_LONG_A_VALUE]);
    assert_stopped(&blob(20, 0).repeat(4), &[TOO_LONG_A_REPLY]);
    let whole = blob(0, MAX_BYTES - "a1l1t67108850b".len());
    assert_eq!(ask(whole).map(|reply| reply.len()), Ok(MAX_BYTES));
    assert_stopped(&blob(0, MAX_BYTES - "a1l1t67108850b".len() + 1), &[TOO_LONG_A_REPLY]);
}

#[test]
fn values_that_would_be_too_long_are_refused() {
    for request in [
        "SELECT randomblob(1000000000)",
        "SELECT hex(zeroblob(1000000000))",
        "SELECT length(zeroblob(2000000000))",
        "SELECT printf('%.*c', 1000000000, 'x')",
        "SELECT printf('%1000000000d', 1)",
        "SELECT format('%*s', 2147483647, 'x')",
        "SELECT group_concat(hex(zeroblob(1000000))) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n)",
        "SELECT json_group_array(hex(zeroblob(1000000))) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n)",
        "SELECT replace(hex(zeroblob(100)), '0', hex(zeroblob(100000)))",
    ] {
        assert_stopped(request, &[TOO_LONG_A_VALUE]);
    }
}

/// One call of these would take hours with values of 64 MiB, and nothing could interrupt it.
#[test]
fn slow_functions_get_short_values() {
    for request in [
        "SELECT replace(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || 'x', '')",
        "SELECT instr(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || 'x')",
        "SELECT trim(hex(zeroblob(30000000)), hex(zeroblob(15000000)))",
        "SELECT LTRIM(hex(zeroblob(30000000)), hex(zeroblob(15000000)))",
        "SELECT hex(zeroblob(30000000)) LIKE '%00000000000000000000000000000000000000000000000000000000000000000001'",
        "SELECT hex(zeroblob(30000000)) NOT GLOB '*1'",
        "SELECT json_patch(hex(zeroblob(30000000)), '{}')",
    ] {
        assert_stopped(request, &[TOO_LONG_A_VALUE]);
    }
    assert_answered("SELECT length(replace(hex(zeroblob(50000)), '00', 'x'))", "a1l1t5i50000");
    assert_answered(
        "SELECT trim('  x '), trim('xyx', 'x'), instr('abc', 'c'), 'abc' LIKE 'A%'",
        "a1l4t1sx1sy1i31i1",
    );
    assert_answered(
        "SELECT trim('x'); SELECT length(hex(zeroblob(1000000)))",
        "a2l1t1sx1t7i2000000",
    ); // the limit holds for one statement
}

/// The worst that is still allowed ends long before anybody waits for it in vain.
#[test]
fn the_longest_values_of_slow_functions_take_seconds_at_most() {
    for (request, reply) in [
        (
            "SELECT length(replace(hex(zeroblob(131000)), hex(zeroblob(65500)) || 'x', ''))",
            "a1l1t6i262000",
        ),
        ("SELECT instr(hex(zeroblob(131000)), hex(zeroblob(65500)) || 'x')", "a1l1t1i0"),
        (
            "SELECT length(trim(hex(zeroblob(32500)), replace(hex(zeroblob(2600)), '0', 'y') || '0'))",
            "a1l1t1i0",
        ),
    ] {
        let (answer, took) = ask_and_count(request);
        assert_eq!(answer.as_deref(), Ok(reply.as_bytes()), "{request}");
        assert!(took < Duration::from_secs(5), "{request}: {took:?}");
    }
}

#[test]
fn memory_is_limited_over_all_that_a_statement_holds() {
    let many = |count: usize| vec!["hex(zeroblob(30000000))"; count].join(", ");
    assert_stopped(&format!("SELECT length(max({}))", many(30)), &[TOO_MUCH_MEMORY]);
    assert_stopped(&format!("SELECT {}", many(150)), &[TOO_MUCH_MEMORY]);
    for request in [
        "WITH RECURSIVE n(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM n) SELECT length(x) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, hex(zeroblob(1000000)) FROM n ORDER BY 2, 1",
        "WITH RECURSIVE n(i) AS (SELECT randomblob(100000) UNION SELECT randomblob(100000) FROM n) SELECT count(*) FROM n",
    ] {
        assert_stopped(request, &[TOO_MUCH_MEMORY, TOO_LONG_A_VALUE, TOO_LONG]);
    }
    assert_answered("SELECT 1", "a1l1t1i1"); // and all is well afterwards
}

/// Tables that stand for two of the table before: compiling the statement alone would take for
/// ever.
#[test]
fn statements_that_multiply_while_they_are_compiled_are_stopped() {
    let doubling: Vec<_> = (1..40)
        .map(|i| format!("t{i} AS (SELECT 1 AS x FROM t{0} AS a, t{0} AS b)", i - 1))
        .collect();
    let request =
        format!("WITH t0 AS (SELECT 1 AS x), {} SELECT count(*) FROM t39", doubling.join(", "));
    let took = assert_stopped(&request, &[TOO_MUCH_MEMORY, TOO_LONG, "SQLError"]);
    assert!(took < Duration::from_secs(15), "{took:?}");
}
