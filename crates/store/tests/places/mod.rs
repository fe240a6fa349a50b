//! Both databases, for tests that ask the same of each.

use swarmscope_store::Place;

use crate::server::Server;

/// Makes stores of one kind, each in a place of its own.
pub trait Places {
    fn place(&self) -> Place;
}

struct Files(tempfile::TempDir);

impl Places for Files {
    fn place(&self) -> Place {
        let number = std::fs::read_dir(self.0.path()).unwrap().count();
        Place::Sqlite(self.0.path().join(format!("store {number}.sqlite")))
    }
}

/// Runs a test on both.
pub fn on_both(test: impl Fn(&dyn Places)) {
    test(&Files(tempfile::tempdir().unwrap()));
    if let Some(server) = Server::shared() {
        test(&*server);
    }
}

impl Places for Server {
    fn place(&self) -> Place {
        Place::Postgres(self.database())
    }
}
