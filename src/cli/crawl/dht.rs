//! `swarmscope crawl dht://…`.

use swarmscope_crawl::{Also, Seed, Settings};
use swarmscope_networks::target::{Network, Target};
use swarmscope_peer::crawler::Registry;

use super::{CliError, CrawlArgs, On, Prepared, settings, store};

/// The question that every node is asked.
const QUESTION: &str = "find_node";

/// # Errors
/// Targets of several networks, or of one that is not crawled; an option that is of no use here.
pub fn prepare(args: CrawlArgs) -> Result<Prepared, CliError> {
    let seeds = args.target.iter().map(|text| seed(text)).collect::<Result<Vec<_>, _>>()?;
    let also = also(&args.probe)?;
    if args.listen.is_some() || !args.bootstrap.targets()?.is_empty() {
        return Err(CliError::usage(
            "--listen and --bootstrap are for crawls of the overlay",
            "omit them, and give several dht:// targets to start from",
        ));
    }
    let settings = Settings { also, ..settings(&args, Registry::default())? };
    let (store, key, _) = store(&args)?;
    let on = On::Dht { seeds, allowed: args.allow_range };
    let (metrics, json) = (args.metrics, args.json.json);
    Ok(Prepared { store, key, on, settings, metrics, json, _locks: Vec::new() })
}

/// What is asked beside FIND_NODE, without which nothing is found.
fn also(words: &[String]) -> Result<Vec<Also>, CliError> {
    let mut also = Vec::new();
    for word in words.iter().map(|word| word.to_ascii_lowercase().replace('-', "_")) {
        let named = Also::ALL.into_iter().find(|also| also.name().eq_ignore_ascii_case(&word));
        match named {
            Some(named) if !also.contains(&named) => also.push(named),
            Some(_) => {}
            None if word == QUESTION => {}
            None => {
                return Err(CliError::usage(
                    "--probe: a crawl of the DHT asks find_node, and ping or canary where it is told to",
                    "write --probe find_node, and --probe canary to ask every node one query more",
                ));
            }
        }
    }
    Ok(also)
}

fn seed(text: &str) -> Result<Seed, CliError> {
    let wrong = |what: String| {
        let hint = "a crawl is of one network: write host:port or permid@host:port for the \
                    overlay, dht://host:port or dht://ID@host:port for the DHT";
        CliError::usage(format!("TARGET: {what}"), hint)
    };
    let target: Target =
        text.parse().map_err(|error: swarmscope_peer::TargetError| wrong(error.to_string()))?;
    match target.network {
        Network::Dht => Ok(Seed { place: target.place, id: target.id }),
        network => Err(wrong(format!(
            "{text:?} is of the network {}, which lists no peers to crawl",
            network.name()
        ))),
    }
}
