//! The clients that a crawl has met, by number: what `v` names, told apart up to a limit.

use std::collections::HashMap;

use swarmscope_wire::bittorrent::Client;

/// How many kinds of clients are told apart; further ones count as others.
const MAX_CLIENTS: usize = 64;
/// How many different `v` are remembered with their number. The names of others are made anew.
const MAX_VERSIONS: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Clients {
    names: Vec<String>,
    by_version: HashMap<Vec<u8>, u8>,
}

impl Default for Clients {
    fn default() -> Self {
        Self { names: vec!["no name".to_owned()], by_version: HashMap::new() }
    }
}

impl Clients {
    /// The number of the client that `v` names; it is not cleaned.
    pub(super) fn number(&mut self, version: Option<&[u8]>) -> u8 {
        let Some(version) = version else { return 0 };
        if let Some(number) = self.by_version.get(version) {
            return *number;
        }
        let number = self.find(version);
        if self.by_version.len() < MAX_VERSIONS {
            self.by_version.insert(version.to_vec(), number);
        }
        number
    }

    fn find(&mut self, version: &[u8]) -> u8 {
        let client = Client::of_node(version);
        let name = client.map_or_else(|| "unusual name".to_owned(), |client| client.to_string());
        let known = self.names.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            if self.names.len() < MAX_CLIENTS {
                self.names.push(name);
            } else if self.names.len() == MAX_CLIENTS {
                self.names.push("others".to_owned());
            }
            self.names.len() - 1
        });
        u8::try_from(index).unwrap_or(0)
    }

    /// The name of a number that it gave.
    pub(super) fn name(&self, number: u8) -> &str {
        self.names.get(usize::from(number)).map_or("", String::as_str)
    }
}
