//! Answers from a real server over plain HTTP, for tests of a connector against a simulated vendor on this
//! machine. One connection a call; no TLS, redirects, retries or limits: those are the host's.

use crate::http::segment;
use crate::{Body, HttpError, Request, Response};
use std::io::{Read, Write};
use std::net::TcpStream;

/// An answer for [`super::Script`]: sends each request to the base (`http://host:port/path`) of its endpoint,
/// or to the host it names, with these headers besides its own.
pub fn http(
    bases: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
) -> impl Fn(&Request) -> Result<Response, HttpError> {
    move |request| {
        let base = bases.iter().find(|(name, _)| *name == request.endpoint).map_or("", |(_, base)| base.as_str());
        let (server, path) = match &request.host {
            Some(host) => (host.as_str(), ""),
            None => {
                let rest = base.trim_start_matches("http://");
                rest.split_at(rest.find('/').unwrap_or(rest.len()))
            }
        };
        let refused = || HttpError::NotGranted(format!("no server for the endpoint {}", request.endpoint));
        if server.is_empty() {
            return Err(refused());
        }
        exchange(server, &head(request, server, path, &headers), request.body.as_ref())
            .map_err(|error| HttpError::Unreachable(error.to_string()))
    }
}

fn head(request: &Request, server: &str, base: &str, headers: &[(&str, String)]) -> String {
    let method = format!("{:?}", request.method).trim_start_matches("Method::").to_uppercase();
    let query: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{}={}", segment(name), segment(value))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let path = format!("{}{}", base.trim_end_matches('/'), request.path);
    let mut head = format!("{method} {path}{query} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n");
    let own = request.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in own.chain(headers.iter().map(|(name, value)| (*name, value))) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

fn exchange(server: &str, head: &str, body: Option<&Body>) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(server)?;
    let body = match body {
        None => &[][..],
        Some(Body::Text(text)) => text.as_bytes(),
        Some(Body::Bytes(bytes)) => bytes,
    };
    let mut out = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    out.extend_from_slice(body);
    stream.write_all(&out)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    parse(&reply).ok_or_else(|| std::io::Error::other("the reply is cut short"))
}

fn parse(reply: &[u8]) -> Option<Response> {
    let end = reply.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&reply[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let told = |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    let rest = &reply[end + 4..];
    let body = if told("transfer-encoding") == Some("chunked") {
        chunks(rest)?
    } else {
        let length = told("content-length").and_then(|length| length.parse().ok()).unwrap_or(rest.len());
        rest.get(..length)?.to_vec()
    };
    let body = String::from_utf8(body).map_or_else(|error| Body::Bytes(error.into_bytes()), Body::Text);
    Some(Response { status, headers, body })
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let line = rest.windows(2).position(|part| part == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
