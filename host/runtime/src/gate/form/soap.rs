//! SOAP: the action and the single element in the body have to be a declared pair. Servers select
//! the operation by either, so all places are checked: the `SOAPAction` header (1.1), the content
//! type's `action` (1.2), and `wsa:Action` in the envelope's header.

use super::Parts;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use std::collections::BTreeMap;

const ENVELOPES: [&str; 2] = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];

/// Checks that a request is one of the declared operations.
pub(super) fn reads(actions: &BTreeMap<String, String>, parts: &Parts<'_>) -> Result<(), String> {
    if !parts.query.is_empty() {
        return Err("has parameters in its URL, where a SOAP request has none".to_owned());
    }
    let action = action(parts.headers)?;
    let element = actions
        .get(&action)
        .ok_or_else(|| format!("has the SOAP action `{action}`, which is not declared as a read"))?;
    let text = parts.body.and_then(|body| std::str::from_utf8(body).ok());
    let envelope = Envelope::read(text.unwrap_or_default())?;
    if envelope.operation != *element {
        return Err(format!(
            "has the element `{}` in its body, and `{action}` was declared with `{element}`",
            envelope.operation
        ));
    }
    match envelope.actions.iter().find(|other| **other != action) {
        Some(other) => Err(format!("has another action, `{other}`, in its envelope")),
        None => Ok(()),
    }
}

/// Returns the one action that the HTTP headers name.
fn action(headers: &HeaderMap) -> Result<String, String> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let types: Vec<String> = headers.get_all(CONTENT_TYPE).iter().map(text).collect();
    let [kind] = types.as_slice() else { return Err("has no content type, or several".to_owned()) };
    let mut parameters = kind.split(';').map(str::trim);
    let kind = parameters.next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(kind.as_str(), "text/xml" | "application/soap+xml") {
        return Err(format!("has the content type `{kind}`, which is no SOAP"));
    }
    let mut named: Vec<String> = headers.get_all("soapaction").iter().map(text).collect();
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "action" => named.push(value.to_owned()),
            "charset" if value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {}
            other => return Err(format!("has the parameter `{other}` in its content type, which does not fit a read")),
        }
    }
    let mut named = named.iter().map(|one| one.trim().trim_matches('"'));
    let first = named.next().unwrap_or_default().to_owned();
    if first.is_empty() || named.any(|other| other != first) {
        return Err("has no SOAP action, or several".to_owned());
    }
    Ok(first)
}

/// The parts of an envelope that name its operation.
struct Envelope {
    /// The local name of the single element in its body.
    operation: String,
    /// The actions in its header.
    actions: Vec<String>,
}

impl Envelope {
    fn read(text: &str) -> Result<Self, String> {
        let no = |why: &str| Err(format!("has a SOAP envelope that {why}"));
        let mut reader = NsReader::from_str(text);
        // Local names from the outermost inwards; SOAP's own are `soap:NAME`.
        let mut open: Vec<String> = Vec::new();
        let (mut envelopes, mut operations, mut actions, mut bodies) = (0, Vec::new(), Vec::new(), 0);
        loop {
            let (space, event) = match reader.read_resolved_event() {
                Ok(read) => read,
                Err(error) => return no(&format!("cannot be read: {error}")),
            };
            let soap = matches!(&space, ResolveResult::Bound(Namespace(name)) if ENVELOPES.contains(name));
            let (start, empty) = match &event {
                Event::Start(start) => (Some(start), false),
                Event::Empty(start) => (Some(start), true),
                _ => (None, false),
            };
            if let Some(start) = start {
                let local = start.local_name().into_inner();
                let name = if soap { format!("soap:{local}") } else { local.to_owned() };
                let path: Vec<&str> = open.iter().map(String::as_str).collect();
                match path.as_slice() {
                    [] if name == "soap:Envelope" && envelopes == 0 => envelopes += 1,
                    [] => return no("is none, or is not the only one"),
                    ["soap:Envelope"] if name == "soap:Body" => bodies += 1,
                    ["soap:Envelope"] if name != "soap:Header" => return no("has more in it than a header and a body"),
                    ["soap:Envelope", "soap:Body"] => operations.push(local.to_owned()),
                    ["soap:Envelope", "soap:Header"] if local.eq_ignore_ascii_case("action") && empty => {
                        actions.push(String::new());
                    }
                    _ => {}
                }
                if !empty {
                    open.push(name);
                }
                continue;
            }
            let of_action = open.len() == 3
                && open[1] == "soap:Header"
                && open.last().is_some_and(|name| name.eq_ignore_ascii_case("action"));
            match event {
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) if open.is_empty() && text.trim().is_empty() => {}
                Event::Text(text) if of_action => actions.push(text.trim().to_owned()),
                Event::CData(_) | Event::GeneralRef(_) if of_action => actions.push("another form".to_owned()),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if open.is_empty() => {
                    return no("is not all there is");
                }
                Event::Decl(decl) => {
                    let encoding =
                        decl.encoding().map(|encoding| encoding.map(|name| name.eq_ignore_ascii_case("utf-8")));
                    if !matches!(encoding, None | Some(Ok(true))) || decl.matches("encoding").count() > 1 {
                        return no("is not in UTF-8");
                    }
                }
                Event::DocType(_) | Event::PI(_) => return no("has a document type or an instruction"),
                Event::Eof => break,
                _ => {}
            }
        }
        if bodies != 1 || !open.is_empty() {
            return no("does not have one body");
        }
        let [operation] = operations.as_slice() else { return no("does not have one element in its body") };
        Ok(Self { operation: operation.clone(), actions })
    }
}
