//! One running test for all who ask: with the mapping's lifetime or without. Neither waits for the
//! other, because the lifetime takes minutes.
#![allow(clippy::disallowed_methods, reason = "drivers own the clock")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::client::{NatError, Settings, ladder, measure};
use super::report::NatReport;

/// How long a result is given to those who ask. Homes change their NAT rarely; Crawlers ask once an
/// hour.
const KEEP: Duration = Duration::from_secs(600);
/// How long one in which something is not known: the network may have been down.
const KEEP_UNSURE: Duration = Duration::from_secs(60);

type Outcome = Result<NatReport, NatError>;

/// Measures the NAT of this machine when somebody asks: who asks while a test runs gets its result
/// too, and a recent result is given at once, with its age ([`NatReport::age`]). Cheap to clone. A
/// running test ends when the last clone is dropped.
#[derive(Clone)]
pub struct NatTester {
    shared: Arc<Shared>,
}

struct Shared {
    servers: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plain: Tests,
    with_lifetime: Tests,
}

/// Those of one kind.
#[derive(Default)]
struct Tests {
    last: Option<NatReport>,
    running: Option<Running>,
}

struct Running {
    outcome: watch::Receiver<Option<Outcome>>,
    _task: AbortOnDropHandle<()>,
}

impl State {
    const fn of(&mut self, lifetime: bool) -> &mut Tests {
        if lifetime { &mut self.with_lifetime } else { &mut self.plain }
    }

    /// The newest result that holds a lifetime, where that is wanted.
    fn newest(&self, lifetime: bool) -> Option<NatReport> {
        let suits = |last: &NatReport| last.has_lifetime() || !lifetime;
        let last = [self.plain.last, self.with_lifetime.last];
        last.into_iter().flatten().filter(suits).max_by_key(|last| last.measured_at)
    }
}

impl Default for NatTester {
    /// One without servers, which measures nothing.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl NatTester {
    /// `servers`: STUN servers as `host:port`, in the order of preference.
    #[must_use]
    pub fn new(servers: Vec<String>) -> Self {
        Self { shared: Arc::new(Shared { servers, state: Mutex::default() }) }
    }

    /// A result not older than ten minutes (one minute where it left something open). With
    /// `lifetime` the mapping's lifetime is measured too, which takes up to three minutes more.
    /// Needs a tokio runtime. May be cancelled; the test goes on for the others.
    ///
    /// # Errors
    /// As [`measure`]; errors are not kept.
    pub async fn report(&self, lifetime: bool) -> Outcome {
        let mut outcome = match self.shared.recent_or_running(lifetime) {
            Ok(recent) => return Ok(recent),
            Err(running) => running,
        };
        let ended = outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        if ended.is_err() {
            self.shared.lock().of(lifetime).running = None;
        }
        ended.ok().flatten().unwrap_or(Err(NatError::Stopped))
    }

    /// The last result, however old.
    #[must_use]
    pub fn last(&self) -> Option<NatReport> {
        self.shared.lock().newest(false)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // the state is whole at every moment, so a panic elsewhere leaves nothing half done
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A result that is recent enough, else the test to wait for, begun now if none runs.
    fn recent_or_running(
        self: &Arc<Self>,
        lifetime: bool,
    ) -> Result<NatReport, watch::Receiver<Option<Outcome>>> {
        let mut state = self.lock();
        if let Some(recent) = state.newest(lifetime).filter(is_recent) {
            return Ok(recent);
        }
        let begin = || self.begin(lifetime);
        Err(state.of(lifetime).running.get_or_insert_with(begin).outcome.clone())
    }

    fn begin(self: &Arc<Self>, lifetime: bool) -> Running {
        let settings = Settings {
            servers: self.servers.clone(),
            ladder: if lifetime { ladder() } else { Vec::new() },
        };
        let (sender, outcome) = watch::channel(None);
        let shared = Arc::downgrade(self);
        let task = tokio::spawn(async move {
            let outcome = measure(&settings).await;
            if let Some(shared) = shared.upgrade() {
                let mut state = shared.lock();
                let tests = state.of(lifetime);
                tests.last = outcome.as_ref().ok().copied().or(tests.last);
                // told under the lock: who asks from now on finds the result or begins anew
                sender.send_replace(Some(outcome));
                tests.running = None;
            }
        });
        Running { outcome, _task: AbortOnDropHandle::new(task) }
    }
}

fn is_recent(report: &NatReport) -> bool {
    let keep = if report.is_conclusive() { KEEP } else { KEEP_UNSURE };
    report.age(Instant::now().into_std()) <= keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nat::axis::Axis;
    use crate::nat::report::LegacyType;
    use crate::nat::server::StunServer;

    async fn server() -> StunServer {
        StunServer::start("127.0.0.1:0".parse().unwrap(), "127.0.0.2:0".parse().unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn all_who_ask_share_one_test_and_its_result() {
        let server = server().await;
        let tester = NatTester::new(vec![server.listen().to_string()]);
        let other = tester.clone();
        let (one, two) = tokio::join!(tester.report(false), other.report(false));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one, two, "the same measurement");
        assert_eq!(one.legacy_type(), LegacyType::OpenInternet);
        let asked = server.counts().answered;
        let later = tester.report(false).await.unwrap();
        assert_eq!(later, one, "a recent result is given again");
        assert_eq!(server.counts().answered, asked, "and nobody is asked");
        assert_eq!(tester.last(), Some(one));
    }

    #[tokio::test]
    async fn a_lifetime_that_takes_minutes_holds_no_other_test_up() {
        let server = server().await;
        let tester = NatTester::new(vec![server.listen().to_string()]);
        let patient = tester.clone();
        let lifetime = tokio::spawn(async move { patient.report(true).await });
        tokio::task::yield_now().await;
        let plain = tokio::time::timeout(Duration::from_secs(8), tester.report(false)).await;
        assert_eq!(plain.unwrap().unwrap().lifetime, Axis::NotMeasured);
        assert!(!lifetime.is_finished(), "its first step alone takes longer");
    }

    #[tokio::test]
    async fn who_leaves_does_not_stop_the_test_for_the_others() {
        let server = server().await;
        let tester = NatTester::new(vec![server.listen().to_string()]);
        let impatient = tester.clone();
        let asked = tokio::spawn(async move { impatient.report(false).await });
        tokio::task::yield_now().await;
        asked.abort();
        assert_eq!(tester.report(false).await.unwrap().lifetime, Axis::NotMeasured);
    }

    #[tokio::test]
    async fn an_error_is_told_and_not_kept() {
        let tester = NatTester::new(Vec::new());
        assert_eq!(tester.report(false).await, Err(NatError::NoServers));
        assert_eq!(tester.report(true).await, Err(NatError::NoServers));
        assert_eq!(tester.last(), None);
    }
}
