//! `swarmscope check`: what listens at an address, what it can do, where it fails and what to do
//! next; without an address, how this machine looks from outside.

mod machine;

use std::time::Duration;

use clap::Args;

use super::networks::AnyTarget;
use super::output::{self, Line};
use super::{CliError, logging, options, stop};
use swarmscope_networks::answer;
use swarmscope_networks::reach::{Findings, Rung, Verdict};
use swarmscope_networks::sockets::{self, Timings};
use swarmscope_peer::node::Target;
use swarmscope_wire::failure::{By, Cause, Failure};

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// host:port, bt://host:port or dht://host:port; without it, this machine is checked
    target: Option<AnyTarget>,
    /// Seconds for a connection, and for a node's answer
    #[arg(long, value_name = "S", env = "SWARMSCOPE_TIMEOUT", default_value = "2.5", value_parser = seconds)]
    timeout: Duration,
    /// Without a target: DHT nodes to ask how they see this machine; only nodes listed here are
    /// asked
    #[arg(long, value_name = "HOST:PORT", env = "SWARMSCOPE_DHT_BOOTSTRAP", value_delimiter = ',')]
    dht_bootstrap: Vec<Target>,
    /// Without a target: a STUN server (RFC 5780) that measures the NAT this machine is behind;
    /// may be repeated
    #[arg(long, value_name = "HOST:PORT", env = "SWARMSCOPE_STUN", value_delimiter = ',', value_parser = options::stun_server)]
    stun: Vec<String>,
    #[command(flatten)]
    json: options::JsonOption,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|seconds| !seconds.is_zero() && *seconds <= Duration::from_secs(60))
        .ok_or_else(|| "not a valid time; use seconds above 0, up to 60".into())
}

/// Checks, and gives the exit code of cli.md.
///
/// # Errors
/// Standard output can't be written, or it was stopped.
pub fn run(args: CheckArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let json = args.json.json;
    let outcome = super::runtime()?.block_on(check(args));
    super::report_json(json, outcome)
}

async fn check(args: CheckArgs) -> Result<u8, CliError> {
    let mut ending = stop::Stop::listen()?;
    let checked = async {
        match args.target {
            Some(target) => address(&target, args.timeout, args.json.json).await,
            None => {
                machine::check(&args.dht_bootstrap, &args.stun, args.timeout, args.json.json).await
            }
        }
    };
    tokio::select! {
        outcome = checked => outcome,
        _ = ending.wait() => Err(Failure::new(Cause::Stopped, By::Us, "stopped by a signal").into()),
    }
}

async fn address(target: &AnyTarget, timeout: Duration, json: bool) -> Result<u8, CliError> {
    let place = match target {
        AnyTarget::Overlay(target) => target.clone(),
        AnyTarget::Other(target) => target.place.clone(),
    };
    let timings = Timings { connect: timeout, ..Timings::default() };
    let mut printed = Ok(());
    let findings = sockets::reach(&place, timings, |rung| {
        if printed.is_ok() {
            printed = print_rung(rung, json);
        }
    })
    .await;
    printed?;
    let verdict = Verdict::of(&findings);
    print_verdict(&findings, &verdict, &place, json)?;
    Ok(verdict.exit)
}

fn print_rung(rung: &Rung, json: bool) -> Result<(), CliError> {
    if json {
        Line::Rung(&answer::rung(rung)).print()?;
        return Ok(());
    }
    let ms = rung.took.as_secs_f64() * 1e3;
    let line = format!(
        "{:<9} {:<11} {ms:>7.1} ms  {}\n",
        rung.name.word(),
        rung.outcome.word(),
        rung.detail
    );
    output::write_words(&line)?;
    Ok(())
}

fn print_verdict(
    findings: &Findings,
    verdict: &Verdict,
    place: &Target,
    json: bool,
) -> Result<(), CliError> {
    let next = verdict.next.replace("HOST:PORT", &place.to_string());
    let verdict = Verdict { next, ..verdict.clone() };
    if json {
        Line::Check(&answer::verdict(findings, &verdict).json).print()?;
        return Ok(());
    }
    output::write_words(&format!("\n{place}: {}\nnext: {}\n", verdict.summary, verdict.next))?;
    Ok(())
}
