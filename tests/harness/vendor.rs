//! A vendor on loopback: real HTTP/1.1, and a memory of what arrived. It says yes to
//! everything, for tests of the sandbox, where it matters whether a request got through at
//! all; or answers as a test says. How vendors really answer is the simulators' business.
//!
//! On plain threads, so that it serves tests with and without an asynchronous runtime.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Header lines, as they came.
    pub(crate) headers: Vec<String>,
}

/// The running vendor. It ends with the process.
pub(crate) struct Vendor {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Vendor {
    /// Answers 200: `{}` to a read, and to a POST the id of what it made: `n1`, `n2`, …
    pub(crate) fn start() -> Self {
        let made = std::sync::atomic::AtomicUsize::new(0);
        Self::answering(move |request, _| {
            let count = made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            (200, if request.method == "POST" { format!("n{count}") } else { "{}".to_owned() })
        })
    }

    /// Answers with the status and body that a function gives for a request and its body.
    pub(crate) fn answering(answer: impl Fn(&Arrived, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let seen = Arc::clone(&arrived);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || while serve(&stream, &seen, &*answer).is_some() {});
            }
        });
        Self { url, arrived }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("the list").clone()
    }

    /// How many requests came that are no GET.
    pub(crate) fn writes(&self) -> usize {
        self.arrived().iter().filter(|request| request.method != "GET").count()
    }
}

type Answer = dyn Fn(&Arrived, &str) -> (u16, String) + Send + Sync;

/// Serves one request; none when the other side is gone.
fn serve(stream: &TcpStream, seen: &Mutex<Vec<Arrived>>, answer: &Answer) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|size| *size > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |line: &String| {
        line.split_once(':')
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map(|(_, size)| size.trim().to_owned())
    };
    let size: u64 = lines.iter().find_map(header).map_or(0, |size| size.parse().expect("a number"));
    let mut content = String::new();
    (&mut reader).take(size).read_to_string(&mut content).ok()?;
    let first = lines.remove(0);
    let mut words = first.split(' ');
    let arrived = Arrived { method: words.next()?.to_owned(), path: words.next()?.to_owned(), headers: lines };
    let (status, body) = answer(&arrived, &content);
    seen.lock().expect("the list").push(arrived);
    let mut stream = stream;
    stream
        .write_all(
            format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        )
        .ok()
}
