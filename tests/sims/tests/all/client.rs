//! The smallest HTTP client that can test a server which misbehaves: one connection, kept open, and every byte seen.
//!
//! A real client library retries, pools and hides half-read bodies, which are what the faults are about.
//! Leaves alone: TLS, chunked replies, redirects; the sims use none.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A client of one server.
pub struct Client {
    base: String,
    headers: String,
    connection: Option<BufReader<TcpStream>>,
    patience: Duration,
}

/// A reply.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("not JSON: {e}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Client {
    /// For a server at `base` (`http://host:port`), with these header lines in every request.
    pub fn new(base: &str, headers: &[(&str, &str)]) -> Client {
        let headers = headers.iter().map(|(k, v)| format!("{k}: {v}\r\n")).collect();
        Client { base: base.to_owned(), headers, connection: None, patience: Duration::from_secs(10) }
    }

    /// How long a reply is waited for, on connections made from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        (self.patience, self.connection) = (patience, None);
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").expect("a reply")
    }

    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body).expect("a reply")
    }

    /// Sends a request; the path may be an absolute address of the same server.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        self.send_as("application/json", method, path, body)
    }

    /// As [`Client::send`], with a body of another type.
    pub fn send_as(&mut self, kind: &str, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let path = path.strip_prefix(&self.base).unwrap_or(path).replace(' ', "%20");
        let host = self.base.trim_start_matches("http://").to_owned();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&host)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(self.patience))?;
                self.connection.insert(BufReader::with_capacity(1 << 16, stream))
            }
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        );
        let answer = connection.get_mut().write_all(request.as_bytes()).and_then(|()| read(connection));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let mut head = String::new();
    loop {
        let start = head.len();
        if connection.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if &head[start..] == "\r\n" {
            break;
        }
    }
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let headers = head.to_ascii_lowercase();
    let length = headers
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "))
        .and_then(|l| l.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(Answer { status, headers, body })
}
