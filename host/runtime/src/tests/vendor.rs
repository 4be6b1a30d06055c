//! A vendor on loopback: real HTTP/1.1, one script for all requests.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// `GET /path?query`
    pub(crate) line: String,
    /// Header lines, as they came.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }
}

/// The script's reply to a request.
pub(crate) enum Answer {
    /// The whole reply with its status line; `content-length` and the blank line are added.
    Reply(&'static str, Vec<u8>),
    /// Raw bytes, after which the connection is closed.
    Raw(Vec<u8>),
    /// The connection is closed without a reply.
    Close,
    /// No reply, ever.
    Silence,
}

pub(crate) fn ok(body: &str) -> Answer {
    Answer::Reply("HTTP/1.1 200 OK", body.into())
}

/// The running vendor.
pub(crate) struct Vendor {
    pub(crate) base: String,
    pub(crate) arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Vendor {
    /// Starts a vendor; the script receives each request and its number, from 0.
    pub(crate) async fn start(script: impl Fn(usize, &Arrived) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let (script, seen) = (Arc::new(script), Arc::clone(&arrived));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move { serve(stream, &*script, &seen).await });
            }
        });
        Self { base, arrived }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.arrived.lock().unwrap().iter().map(|arrived| arrived.line.clone()).collect()
    }

    pub(crate) fn first(&self) -> Arrived {
        self.arrived.lock().unwrap().first().expect("a request arrived").clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &(dyn Fn(usize, &Arrived) -> Answer + Send + Sync),
    seen: &Mutex<Vec<Arrived>>,
) {
    let mut buffer = Vec::new();
    while let Some(arrived) = next(&mut stream, &mut buffer).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(arrived.clone());
            seen.len() - 1
        };
        let reply = match script(number, &arrived) {
            Answer::Reply(head, body) => {
                [format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
            }
            Answer::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Answer::Close => return,
            Answer::Silence => std::future::pending().await,
        };
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Arrived> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().map(str::to_owned);
            let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
            let mut arrived = Arrived { line, headers: lines.collect(), body: String::new() };
            let length = arrived.header("content-length").map_or(0, |length| length.parse().unwrap());
            if rest.len() >= length {
                arrived.body = rest[..length].to_owned();
                buffer.drain(..head.len() + 4 + length);
                return Some(arrived);
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
