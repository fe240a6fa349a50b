//! Questions to BitTorrent peers and nodes of the DHT: `swarmscope request bt://…` and `dht://…`.

mod kept;

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::case::KeyOption;
use super::output::{Line, milliseconds};
use super::payload::Payload;
use super::printed::Printed;
use super::reply::ReplyFile;
use super::{CliError, stop};
use kept::Kept;
pub use swarmscope_facts::networks::AnyTarget;
use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::dht::pace::TOTAL_RATE;
use swarmscope_networks::exchange::{Exchange, Received};
use swarmscope_networks::question::{Question, Spec};
use swarmscope_networks::reach::{Verdict, What};
use swarmscope_networks::sockets::{self, Part, Reply, Settings, Timings, Told};
use swarmscope_networks::target::{Network, Target};
use swarmscope_peer::node::Target as OverlayTarget;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::text::clean_lines;

/// What `request` was told, as far as it is of use on these networks.
pub struct Request {
    pub target: Target,
    pub message: String,
    pub argument: Option<Payload>,
    pub infohash: Option<String>,
    pub timeout: Option<Duration>,
    pub allowed: Vec<Range>,
    pub json: bool,
    /// The case that it is kept in, and the key that signs that.
    pub case: Option<(PathBuf, KeyOption)>,
    /// Where the bytes of the reply go.
    pub out: Option<PathBuf>,
}

/// Asks, prints, and gives the exit code of cli.md.
///
/// # Errors
/// Everything but a reply.
pub fn request(request: &Request) -> Result<u8, CliError> {
    let spec = spec(request.target.network, &request.message)?;
    let question = about(spec, request)?;
    let settings = Settings {
        timeout: request.timeout.unwrap_or(spec.timeout),
        policy: Policy { allowed: request.allowed.clone(), ..Policy::default() },
        rate: TOTAL_RATE,
    };
    if request.out.is_some() {
        has_bytes(&question)?;
    }
    let out = request.out.clone().map(ReplyFile::create).transpose()?;
    let open = |(path, key): &(PathBuf, KeyOption)| Kept::open(path, key, &request.target);
    let mut kept = request.case.as_ref().map(open).transpose()?;
    if let Some(kept) = &mut kept {
        kept.begin(spec);
    }
    super::runtime()?.block_on(ask(request, &question, &settings, kept, out))
}

/// Why a reply that mostly can be written into a file was not.
const NOT_KEPT: &str = "not written: the reply tells who shares what, or is longer than 64 KiB, so its \
                        bytes are not kept";

/// Whether a reply can be written into a file.
fn has_bytes(question: &Question) -> Result<(), CliError> {
    let why = match question {
        Question::Reach | Question::Lookup(_) => "it is more than one message",
        Question::PeerExchange(_)
        | Question::GetPeers(_)
        | Question::Sample(_)
        | Question::Scrape(_) => "it tells who shares what, and its bytes are not kept",
        _ => return Ok(()),
    };
    Err(CliError::usage(
        format!("--out: no file for a reply to {question}: {why}"),
        "leave it out; --json prints what the reply says",
    ))
}

fn spec(network: Network, name: &str) -> Result<&'static Spec, CliError> {
    Spec::find(network, name).ok_or_else(|| {
        let names: Vec<String> = Spec::of(network).map(|spec| spec.name.to_lowercase()).collect();
        CliError::usage(
            format!("MESSAGE: {name:?} is not a question for a {} peer", network.name()),
            format!("write one of: {}", names.join(", ")),
        )
    })
}

fn about(spec: &Spec, request: &Request) -> Result<Question, CliError> {
    let typed = match (&request.infohash, &request.argument) {
        (Some(infohash), None) => Some(infohash.clone()),
        (None, Some(Payload::Bytes(bytes))) if bytes.len() == 20 => {
            Some(swarmscope_wire::text::hex(bytes))
        }
        (None, Some(Payload::Bytes(bytes))) => {
            Some(String::from_utf8_lossy(bytes).trim().to_owned())
        }
        (None, None) => None,
        _ => {
            let hint = "give 40 hexadecimal digits once: after the question, or with --infohash";
            return Err(CliError::usage(
                "the question has two subjects, or a file as its subject",
                hint,
            ));
        }
    };
    let random = sockets::random()?.bytes();
    spec.about(typed.as_deref(), random).map_err(|error| {
        let hint = "put 40 hexadecimal digits after the question, or use --infohash with a torrent the peer has";
        CliError::usage(error.to_string(), hint)
    })
}

async fn ask(
    request: &Request,
    question: &Question,
    settings: &Settings,
    mut kept: Option<Kept>,
    out: Option<ReplyFile>,
) -> Result<u8, CliError> {
    let mut ending = stop::Stop::listen()?;
    let printed = Printed::to_standard_output(request.json);
    let (mut told, mut received) = (Ok(()), None);
    let on_told = |said: Told| {
        if let Some(kept) = &mut kept {
            kept.told(&said);
        }
        match said {
            Told::Part(part) if told.is_ok() => {
                told = part_line(&part, request.json).and_then(|line| printed.part(line));
            }
            Told::Exchange(Exchange::Received(bytes)) => received = Some(bytes),
            _ => {}
        }
    };
    let outcome = tokio::select! {
        outcome = sockets::question(&request.target, question, settings, on_told) => outcome,
        _ = ending.wait() => Err(Failure::new(Cause::Stopped, By::Us, "stopped by a signal")),
    };
    let outcome = outcome.map_err(|failure| located(failure, &request.target));
    let closed = kept.map_or(Ok(()), |kept| kept.close(&outcome));
    if let (Err(error), true) = (&closed, outcome.is_err() || told.is_err()) {
        let _ = error.report(&[]);
    }
    told?;
    let reply = match outcome {
        Ok(reply) => reply,
        Err(failure) if failure.cause == Cause::Stopped => {
            let _ = printed.give_up(); // that it was stopped counts
            return Err(failure.into());
        }
        Err(failure) => {
            printed.last(Vec::new(), &mut ending).await?;
            return Err(failure.into());
        }
    };
    let written = out.map_or(Ok(()), |out| match received.as_ref().and_then(Received::whole) {
        Some(bytes) => out.write(bytes),
        None => Err(out.without(NOT_KEPT)),
    });
    printed.last(reply_text(&reply, request, question)?, &mut ending).await?;
    written?;
    closed.map(|()| reply.exit)
}

/// Names the target, where the failure doesn't.
fn located(mut failure: Failure, target: &Target) -> Failure {
    if failure.detail.is_empty() {
        failure.detail = target.to_string();
    }
    failure
}

/// A peer that closes our handshake without a byte may be no overlay peer: what it is instead is
/// asked.
pub async fn explained(error: CliError, target: &OverlayTarget) -> CliError {
    let handshake_closed = matches!(&error, CliError::Failure { failure, .. } if failure.cause == Cause::HandshakeClosed);
    if !handshake_closed {
        return error;
    }
    let findings = sockets::reach(target, Timings::default(), |_| {}).await;
    let verdict = Verdict::of(&findings);
    if verdict.what != What::BitTorrent {
        return error;
    }
    let detail = format!("{target}: {}", verdict.summary);
    Failure::new(Cause::LikelyBitTorrent, By::Peer, detail).into()
}

fn part_line(part: &Part, json: bool) -> io::Result<Vec<u8>> {
    let at_ms = milliseconds(part.at);
    if json {
        return Line::QuestionPart { index: part.index, at_ms, decoded: &part.json }.bytes();
    }
    let line = format!("{at_ms:>7.1} ms  {}\n", one_line(&part.json));
    Ok(clean_lines(&line).into_owned().into())
}

fn reply_text(reply: &Reply, request: &Request, question: &Question) -> io::Result<Vec<u8>> {
    if request.json {
        let error = reply.error.as_ref();
        let line = Line::QuestionReply {
            network: request.target.network.name(),
            question: question.name(),
            error: error.map_or(0, |error| error.code),
            error_name: error.and_then(swarmscope_wire::krpc::RemoteError::name),
            parts: reply.parts,
            elapsed_ms: milliseconds(reply.elapsed),
            summary: &reply.said.summary,
            decoded: &reply.said.json,
        };
        return line.bytes();
    }
    let mut text = format!("{}\n", reply.said.summary);
    if let serde_json::Value::Object(members) = &reply.said.json {
        let shown = members.iter().filter(|(key, value)| !value.is_null() && *key != "summary");
        for (key, value) in shown {
            rows(key, value, 1, &mut text);
        }
    }
    Ok(clean_lines(&text).into_owned().into())
}

/// `key  value`, containers below one another. Everything in it is clean of control characters.
fn rows(key: &str, value: &serde_json::Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        serde_json::Value::Array(list) if list.iter().any(serde_json::Value::is_object) => {
            let _ = writeln!(text, "{indent}{key}: {}", list.len());
            for item in list {
                let _ = writeln!(text, "{indent}  {}", one_line(item));
            }
        }
        serde_json::Value::Object(members) => {
            let _ = writeln!(text, "{indent}{key}");
            for (key, value) in members {
                rows(key, value, depth + 1, text);
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{key}: {}", scalar(other));
        }
    }
}

/// `key value, key value`.
fn one_line(value: &serde_json::Value) -> String {
    let serde_json::Value::Object(members) = value else { return scalar(value) };
    let shown = members.iter().filter(|(_, value)| !value.is_null());
    let words: Vec<String> = shown
        .map(|(key, value)| match value {
            serde_json::Value::Object(_) => format!("{key} ({})", one_line(value)),
            other => format!("{key} {}", scalar(other)),
        })
        .collect();
    words.join(", ")
}

fn scalar(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_reads_as_rows() {
        let json = serde_json::json!({ "a": 1, "list": [{ "id": "x", "log2": 3 }], "flags": { "dht": true } });
        let mut text = String::new();
        for (key, value) in json.as_object().unwrap() {
            rows(key, value, 0, &mut text);
        }
        assert_eq!(text, "a: 1\nflags\n  dht: true\nlist: 1\n  id x, log2 3\n");
    }
}
