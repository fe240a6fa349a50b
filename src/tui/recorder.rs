//! A recording while it is written: by a thread of its own, so that the screen never waits for the
//! disk.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::UnboundedSender;

use crate::screen::session::recording::{
    Header, Line, Masker, Typist, What, header, kept_decoding, micros, present, typing::Typing,
    what,
};
use crate::screen::session::showing::Recorded;
use crate::screen::{Model, Msg, Now};
use swarmscope_peer::node::{Event, Reply};
use swarmscope_wire::text::write_json;

/// Lines that may wait for the disk.
const MOST_WAITING: usize = 50_000;
/// Bytes of payloads that may wait for it.
const MOST_BYTES: usize = 64 << 20;

/// A file that is made for a recording: nobody else's to read, and none that was there before.
#[derive(Debug)]
pub struct Target {
    pub path: PathBuf,
    file: File,
}

impl Target {
    /// # Errors
    /// The file is there already, or can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// A file named after the time in this directory, which is made where it is missing.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_in(directory: &Path, now: Now) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        Self::create(
            &directory
                .join(format!("swarmscope-{}.jsonl", swarmscope_facts::format::stamp(now.wall))),
        )
    }
}

/// How a recording ended.
#[derive(Debug)]
pub struct Finished {
    pub path: PathBuf,
    /// How many lines it has.
    pub result: io::Result<u64>,
}

/// What the program says of it when it ends.
#[must_use]
pub fn broken_off(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("the recording {} breaks off: {error}", path.display()))
}

/// A recording that is being written.
pub struct Recorder {
    path: PathBuf,
    to: SyncSender<(Line<Msg>, usize)>,
    waiting: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
    start: Now,
    /// In privacy mode.
    typist: Option<Typist<i64>>,
    lost: u64,
    told: u64,
}

impl Recorder {
    /// Starts with the model as it is. How it ends is told through `finished`.
    #[must_use]
    pub fn start(
        target: Target,
        model: &Model,
        now: Now,
        finished: UnboundedSender<Finished>,
    ) -> Self {
        let header = header(model, now);
        let mask = model.setup.naming.privacy.then(|| model.setup.naming.mask.clone());
        let (to, lines) = sync_channel(MOST_WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (own, masker) = (waiting.clone(), mask.clone().map(Masker::new));
        let path = target.path.clone();
        let typist = mask.map(Typist::new);
        let past = past(model, now, typist.is_some());
        let thread = thread::spawn(move || {
            let Target { path, file } = target;
            let result = write(file, &header, past, &lines, &own, masker);
            let _ = finished.send(Finished { path, result });
        });
        Self { path, to, waiting, thread, start: now, typist, lost: 0, told: 0 }
    }

    #[must_use]
    pub const fn status(&self) -> Recorded {
        Recorded { masked: self.typist.is_some(), lost: self.lost }
    }

    /// What would be written of a message.
    #[must_use]
    pub fn what(&self, msg: &Msg) -> Option<What> {
        written(msg, self.typist.is_some())
    }

    /// Writes what happened, with what was being typed before and after it.
    pub fn take(&mut self, at: Now, what: What, before: &Typing, after: &Typing) {
        let at = micros(self.start, at);
        match &mut self.typist {
            None => self.send(at, what),
            Some(typist) => {
                for (at, what) in typist.take(at, what, before, after) {
                    self.send(at, what);
                }
            }
        }
    }

    /// What is being typed, where that matters.
    #[must_use]
    pub fn typing(&self, model: &Model) -> Typing {
        if self.typist.is_some() { Typing::of(model) } else { Typing::Nothing }
    }

    fn send(&mut self, at: i64, what: What) {
        if self.lost > self.told {
            let lost = Line(at, What::Lost(self.lost - self.told));
            match self.to.try_send((lost, 0)) {
                Ok(()) => self.told = self.lost,
                Err(_) => return self.lost += 1,
            }
        }
        let size = size(&what);
        if self.waiting.load(Ordering::Relaxed) + size > MOST_BYTES {
            return self.lost += 1;
        }
        match self.to.try_send((Line(at, what), size)) {
            Ok(()) => drop(self.waiting.fetch_add(size, Ordering::Relaxed)),
            Err(TrySendError::Full(_)) => self.lost += 1,
            Err(TrySendError::Disconnected(_)) => {} // how it ended is told elsewhere
        }
    }

    /// Ends it. The returned thread ends when everything is written.
    #[must_use]
    pub fn end(mut self, now: Now) -> JoinHandle<()> {
        let held = self.typist.as_mut().map(Typist::release).unwrap_or_default();
        for (at, what) in held {
            self.send(at, what);
        }
        self.send(micros(self.start, now), What::End);
        self.thread
    }
}

/// A writer has ended, and how: the recorder goes whose it was. An older one may end after the next
/// has begun.
pub fn ended(current: &mut Option<Recorder>, finished: &Finished) {
    if finished.result.is_err() {
        current.take_if(|recorder| recorder.path == finished.path);
    }
}

/// What makes the screen as it is. It goes to the thread as a whole: of 50 000 peers it has more
/// lines than may wait for the disk.
fn past(model: &Model, now: Now, masked: bool) -> Vec<Line<Msg>> {
    if model.facts.peers().is_empty() {
        return Vec::new();
    }
    let line = |(at, msg): (Now, Msg)| Some(Line(micros(now, at), written(&msg, masked)?));
    present::present(model).into_iter().filter_map(line).collect()
}

fn written(msg: &Msg, masked: bool) -> Option<What> {
    if masked { kept_decoding(msg).or_else(|| what(msg)) } else { what(msg) }
}

/// About how many bytes of payload a line holds.
fn size(what: &What) -> usize {
    match what {
        What::Msg(Msg::Node(
            Event::Part { payload, .. }
            | Event::Reply(Reply { payload, .. })
            | Event::Sent { payload, .. },
        )) => payload.len(),
        _ => 0,
    }
}

/// Writes line after line, and has everything on its way to the disk whenever none waits.
fn write(
    file: File,
    header: &Header,
    past: Vec<Line<Msg>>,
    lines: &Receiver<(Line<Msg>, usize)>,
    waiting: &AtomicUsize,
    mut masker: Option<Masker>,
) -> io::Result<u64> {
    let mut file = BufWriter::new(file);
    let mut count = 0;
    write_json(&mut file, header)?;
    file.write_all(b"\n")?;
    let mut write = |file: &mut BufWriter<File>, line: Line<Msg>| {
        let line = match &mut masker {
            Some(masker) => masker.line(line),
            None => line,
        };
        write_json(&mut *file, &line)?;
        file.write_all(b"\n")
    };
    for line in past {
        write(&mut file, line)?;
        count += 1;
    }
    loop {
        let next = lines.try_recv();
        if next.is_err() {
            file.flush()?;
        }
        let Ok((line, size)) = next.or_else(|_| lines.recv()) else { return Ok(count) };
        write(&mut file, line)?;
        waiting.fetch_sub(size, Ordering::Relaxed);
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::asking::identity::Identity;
    use crate::screen::kept::Kept;
    use crate::screen::{Keymap, Setup};
    use swarmscope_facts::Naming;
    use swarmscope_peer::node::{PeerKey, Source};
    use swarmscope_wire::Permid;
    use swarmscope_wire::failure::{By, Cause, Failure};
    use swarmscope_wire::mask::Mask;

    #[allow(clippy::disallowed_methods)] // any moment will do
    fn now() -> Now {
        Now { instant: std::time::Instant::now(), wall: std::time::SystemTime::UNIX_EPOCH }
    }

    fn model() -> Model {
        let setup = Setup {
            registry: swarmscope_probes::registry(swarmscope_probes::Statistics::empty()),
            title: "demo".into(),
            naming: Naming { privacy: false, mask: Mask::new([1; 32]) },
            identity: Identity::default(),
            keymap: Keymap::default(),
            kept: Kept::default(),
        };
        Model::new(setup, now())
    }

    #[test]
    fn a_recording_that_begins_with_30_000_peers_loses_none() {
        let mut model = model();
        let failure = Failure::new(Cause::TcpRefused, By::Network, "");
        for n in 0..30_000_u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_be_bytes());
            let (peer, source) = (PeerKey::Permid(Permid::Ed25519(key)), Source::Bootstrap);
            let known =
                Event::Discovered { peer: peer.clone(), address: None, version: None, source };
            let failure = failure.clone();
            let failed =
                Event::ConnectFailed { peer, failure, attempt: 1, gives_up_at: 28, again_in: None };
            for event in [known, failed] {
                let at = model.now;
                drop(crate::screen::update(&mut model, at, Msg::Node(event)));
            }
        }
        let directory = tempfile::tempdir().unwrap();
        let target = Target::create(&directory.path().join("a.jsonl")).unwrap();
        let (finished, mut ends) = tokio::sync::mpsc::unbounded_channel();
        let recorder = Recorder::start(target, &model, model.now, finished);
        assert_eq!(recorder.status().lost, 0);
        recorder.end(model.now).join().unwrap();
        let lines = ends.try_recv().unwrap().result.unwrap();
        assert!(lines >= 60_000, "{lines}");
    }

    #[test]
    fn the_error_of_an_older_recording_does_not_end_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let start = |name: &str| {
            let target = Target::create(&directory.path().join(name)).unwrap();
            let (finished, _) = tokio::sync::mpsc::unbounded_channel();
            let model = model();
            Recorder::start(target, &model, model.now, finished)
        };
        let broken = |name: &str| Finished {
            path: directory.path().join(name),
            result: Err(io::ErrorKind::StorageFull.into()),
        };
        let mut current = Some(start("new.jsonl"));
        ended(&mut current, &broken("old.jsonl"));
        assert!(current.is_some());
        ended(&mut current, &broken("new.jsonl"));
        assert!(current.is_none());
    }

    #[test]
    fn a_recording_overwrites_nothing_and_is_nobody_elses() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.jsonl");
        let target = Target::create(&path).unwrap();
        assert_eq!(target.file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Target::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
