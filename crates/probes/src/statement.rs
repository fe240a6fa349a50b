//! The few statements of the original that mean something else than SQL: told by their words,
//! whatever the spaces, the case, and a semicolon at the end.

/// Whether two statements have the same words.
#[must_use]
pub fn is(one: &str, other: &str) -> bool {
    words(one).eq(words(other))
}

/// A request without its last statement, if that is `last`: what comes before the semicolon.
#[must_use]
pub fn before<'a>(request: &'a str, last: &str) -> Option<&'a str> {
    let request = request.trim_end_matches(|c: char| c == ';' || c.is_ascii_whitespace());
    let (before, end) = request.rsplit_once(';').unwrap_or(("", request));
    is(end, last).then_some(before)
}

fn words(statement: &str) -> impl Iterator<Item = String> {
    let statement =
        statement.trim().trim_end_matches(|c: char| c == ';' || c.is_ascii_whitespace());
    statement.split_ascii_whitespace().map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELETE: &str = "DELETE FROM UserEventLog";

    #[test]
    fn spaces_case_and_semicolons_make_no_difference() {
        for same in ["DELETE FROM UserEventLog", " delete\n from  USEREVENTLOG ; ;"] {
            assert!(is(same, DELETE), "{same}");
        }
        for other in [
            "",
            "DELETE FROM UserEventLogs",
            "DELETE FROM UserEventLog WHERE 1",
            "DELETE FROM 'UserEventLog'",
        ] {
            assert!(!is(other, DELETE), "{other}");
        }
    }

    #[test]
    fn the_last_statement_comes_off() {
        assert_eq!(
            before("SELECT * FROM UserEventLog; DELETE FROM UserEventLog;", DELETE),
            Some("SELECT * FROM UserEventLog")
        );
        assert_eq!(before("delete from usereventlog", DELETE), Some(""));
        assert_eq!(
            before("SELECT 1; SELECT 2;DELETE FROM UserEventLog ;; ", DELETE),
            Some("SELECT 1; SELECT 2")
        );
        for none in [
            "",
            "SELECT 1",
            "DELETE FROM UserEventLog; SELECT 1",
            "SELECT ';DELETE FROM UserEventLog'",
        ] {
            assert_eq!(before(none, DELETE), None, "{none}");
        }
    }
}
