//! What is wrong on this side: exit codes 1 and 2, found before any peer hears of it.

use std::fs;
use std::net::TcpListener;

use crate::process::Home;

#[test]
fn what_is_wrong_on_the_command_line_is_2() {
    let home = Home::new();
    for (args, words) in [
        (&["request", "nowhere", "natcheck"][..], "host:port"),
        (&["request", "127.0.0.1:1", "bogus"], "natcheck"),
        (&["request", "127.0.0.1:1", "3", "hex:0"], "hex"),
        (&["request", "127.0.0.1:1", "3", "--timeout", "0"], "seconds"),
        (&["request", "127.0.0.1:1", "3", "--overlay-version", "6"], "7 to 18"),
        (&["peer", "--listen", "7760"], "ADDR:PORT"),
        (&["peer", "--listen", "127.0.0.1:0", "--allow", "me"], "key show"),
        (&["crawl", "--probe", "natcheck"], "no peer to start from"),
        (&["demo", "--scenario", "nonsense"], "worm"),
        (&["tui", "--theme", "no-such-theme"], "no-such-theme"),
    ] {
        let outcome = home.run(args);
        assert_eq!(outcome.code, 2, "{args:?}: {outcome:?}");
        assert!(
            outcome.stderr.contains(words) && outcome.stdout.is_empty(),
            "{args:?}: {outcome:?}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_file_or_a_port_is_1() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("its address").to_string();
    fs::write(home.path().join("list"), "# nobody\nnonsense\n").expect("a file");
    fs::write(home.path().join("peers"), "127.0.0.1:1\n\nnonsense\n").expect("a file");
    fs::write(home.path().join("key.pem"), "nonsense\n").expect("a file");
    for (args, words) in [
        (&["peer", "--listen", &taken][..], "--listen"),
        (&["peer", "--listen", "127.0.0.1:0", "--allow-file", "list"], "line 2"),
        (&["peer", "--listen", "127.0.0.1:0", "--bootstrap", "peers"], "line 3"),
        (&["peer", "--listen", "127.0.0.1:0", "--bootstrap", "missing"], "missing"),
        (&["peer", "--listen", "127.0.0.1:0", "--data", "missing/x.sqlite"], "missing/x.sqlite"),
        (&["peer", "--listen", "127.0.0.1:0", "--identity", "key.pem"], "key.pem"),
        (&["request", "127.0.0.1:1", "1", "@missing"], "missing"),
        (&["request", "127.0.0.1:1", "1", "--identity", "missing"], "missing"),
        (&["request", "127.0.0.1:1", "1", "--out", "missing/x"], "missing/x"),
        (&["request", "127.0.0.1:1", "1", "--listen", &taken], "--listen"),
        (&["tui"], "terminal"),
        (&["demo"], "terminal"),
    ] {
        let outcome = home.run(args);
        assert_eq!(outcome.code, 1, "{args:?}: {outcome:?}");
        assert!(
            outcome.stderr.contains(words) && outcome.stdout.is_empty(),
            "{args:?}: {outcome:?}"
        );
    }
}

#[test]
fn with_json_a_failure_of_this_side_is_an_event_too() {
    let home = Home::new();
    let failed = home.run(&["request", "127.0.0.1:1", "1", "@missing", "--json"]);
    let failure = failed.last("failure");
    assert_eq!((failed.code, failed.events().len()), (1, 1), "{failed:?}");
    assert_eq!((&failure["phase"], &failure["code"]), (&"local".into(), &"local.io".into()));
}

#[test]
fn options_come_from_the_environment_too() {
    let home = Home::new();
    let run = |name: &str, value: &str, args: &[&str]| {
        home.swarmscope(args).env(name, value).output().expect("the program runs").status.code()
    };
    assert_eq!(run("SWARMSCOPE_LISTEN", "here", &["peer"]), Some(2));
    assert_eq!(run("SWARMSCOPE_IDENTITY", "missing", &["request", "127.0.0.1:1", "1"]), Some(1));
    assert_eq!(run("SWARMSCOPE_ALLOW", "a,b", &["peer", "--listen", "127.0.0.1:0"]), Some(2));
}
