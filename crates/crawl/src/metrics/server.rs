//! A small server for the counts: `/metrics` and `/healthz`. Who connects and says nothing keeps
//! nobody out.
#![allow(clippy::disallowed_methods, reason = "a server lives in the world")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::render;
use crate::progress::Progress;

/// The longest head of a request that is read.
const LONGEST: usize = 8 * 1024;
/// How long a request may take to come, and its answer to go.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a request may take to come where others wait for the place. A program that watches has
/// sent it by the time that it is accepted, or one way across the world later.
const HASTE: Duration = Duration::from_millis(50);
/// How often it is looked whether a place is free where none can be taken.
const LOOK: Duration = Duration::from_millis(10);
/// Scrapes that are answered at once: a few programs that watch, and somebody at a browser.
const AT_ONCE: usize = 16;

/// A connection.
struct Open {
    since: Instant,
    /// Its request has come.
    asked: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

/// Answers scrapes until it is dropped. Only GET, one request a connection.
///
/// # Errors
/// The address cannot be bound.
pub async fn serve(
    address: SocketAddr,
    progress: watch::Receiver<Progress>,
    limit: usize,
) -> io::Result<(SocketAddr, impl Future<Output = ()>)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((bound, async move {
        let mut open = Vec::new();
        loop {
            // accepted first: only somebody else who is there takes a silent one's place
            let Ok((socket, _)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await; // no file left just now
                continue;
            };
            make_room(&mut open).await;
            let (progress, asked) = (progress.clone(), Arc::new(AtomicBool::new(false)));
            let asks = Arc::clone(&asked);
            let task = tokio::spawn(async move {
                // a slow client asks again
                let _ = timeout(PATIENCE, answer(socket, &progress, limit, &asks)).await;
            });
            open.push(Open { since: Instant::now(), asked, task });
        }
    }))
}

/// Waits for a place; the oldest connection that has not asked in time has to leave its own.
async fn make_room(open: &mut Vec<Open>) {
    loop {
        open.retain(|one| !one.task.is_finished());
        if open.len() < AT_ONCE {
            return;
        }
        let is_silent =
            |one: &Open| !one.asked.load(Ordering::Relaxed) && one.since.elapsed() >= HASTE;
        if let Some(oldest) = open.iter().position(is_silent) {
            open.remove(oldest).task.abort();
            return;
        }
        sleep(LOOK).await;
    }
}

async fn answer(
    mut socket: TcpStream,
    progress: &watch::Receiver<Progress>,
    limit: usize,
    asked: &AtomicBool,
) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = socket.read(&mut buffer).await?;
        head.extend_from_slice(&buffer[..count]);
        if count == 0 || head.len() > LONGEST {
            return Ok(());
        }
    }
    asked.store(true, Ordering::Relaxed);
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = match line.split(|byte| *byte == b' ').take(2).collect::<Vec<_>>()[..] {
        [b"GET", b"/metrics"] => ("200 OK", render(&progress.borrow(), limit)),
        [b"GET", b"/healthz"] if progress.has_changed().is_ok() => ("200 OK", "ok\n".into()),
        [b"GET", b"/healthz"] => ("503 Service Unavailable", "the crawl has ended\n".into()),
        [b"GET", _] => ("404 Not Found", "there are /metrics and /healthz\n".into()),
        _ => ("405 Method Not Allowed", "only GET\n".into()),
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await?;
    socket.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn connections_that_say_nothing_take_few_files_and_are_over_in_time() {
        let (told, progress) = watch::channel(Progress::default());
        let (address, server) = serve("127.0.0.1:0".parse().unwrap(), progress, 1).await.unwrap();
        tokio::spawn(server);
        let accepted = || {
            let port = format!(":{:04X} ", address.port());
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let ours = table.lines().filter(|line| line[..20].contains(&port));
            // established, and held by a file: one that waits to be accepted has no inode yet
            let fields = ours.map(|line| line.split_whitespace().collect::<Vec<_>>());
            fields.filter(|fields| fields[3] == "01" && fields[9] != "0").count()
        };
        let mut idle = Vec::new();
        for _ in 0..100 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(accepted(), AT_ONCE);
        drop(idle);
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let read = socket.read_to_string(&mut answer);
        timeout(Duration::from_secs(5), read).await.expect("it is answered").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(told);
    }

    #[tokio::test]
    async fn it_is_served_beside_a_word_of_health() {
        let (told, progress) = watch::channel(Progress::default());
        let (address, server) = serve("127.0.0.1:0".parse().unwrap(), progress, 1).await.unwrap();
        tokio::spawn(server);
        let get = async |request: &'static str| {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            answer
        };
        assert!(
            get("GET /metrics HTTP/1.1\r\n\r\n")
                .await
                .contains("swarmscope_known_peers{network=\"overlay\"} 0")
        );
        assert!(get("GET /healthz HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        assert!(get("GET / HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        assert!(get("POST /metrics HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405"));
        drop(told);
        assert!(get("GET /healthz HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 503"));
    }

    #[tokio::test]
    async fn silent_connections_keep_no_scrape_out() {
        let (_told, progress) = watch::channel(Progress::default());
        let (address, server) = serve("127.0.0.1:0".parse().unwrap(), progress, 1).await.unwrap();
        tokio::spawn(server);
        let mut others = Vec::new();
        for number in 0..200 {
            let mut other = TcpStream::connect(address).await.unwrap();
            if number % 2 == 0 {
                other.write_all(b"GET /metrics HTTP/1.1\r\n").await.unwrap(); // and no end
            }
            others.push(other);
        }
        let began = Instant::now();
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let read = socket.read_to_string(&mut answer);
        timeout(Duration::from_secs(20), read).await.expect("it is answered").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
}
