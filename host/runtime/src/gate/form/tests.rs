//! Requests that count as reads and requests that do not, by form.

use super::*;
use crosswalk_model::manifest::GraphqlReads;
use reqwest::header::{HeaderName, HeaderValue};
use std::collections::BTreeMap;

fn post(form: &ReadForm, query: &[(&str, &str)], headers: &[(&str, &str)], body: &str) -> Result<(), String> {
    let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    of_post(form, &Parts { query: &query, headers: &map, body: Some(body.as_bytes()) })
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

fn graphql(document: &str) -> Result<(), String> {
    let body = serde_json::json!({ "query": document, "variables": { "a": 1 }, "operationName": "a" }).to_string();
    post(&ReadForm::Graphql(GraphqlReads::Query), &[], JSON, &body)
}

#[test]
fn a_graphql_query_is_a_read_and_a_mutation_is_none_in_any_dress() {
    for good in [
        "{ devices { id } }",
        "query { devices { id } }",
        "query a($first: Int = 3) { devices(first: $first) { ...f } } fragment f on Device { id name }",
        "query a { x } query b { y }",
        "# mutation { no }\nquery { x }",
        "query { find(text: \"mutation { delete }\") { id } }",
        "query { find(text: \"\"\"mutation { delete }\"\"\") { id } }",
        "query { mutation { id } }",
        "query mutation { subscription }",
        "fragment mutation on T { a } query { ...mutation }",
    ] {
        assert_eq!(graphql(good), Ok(()), "{good}");
    }
    for (bad, words) in [
        ("mutation { deleteDevice(id: 1) { id } }", "mutation"),
        ("mutation a { x } query b { y }", "mutation"),
        ("query b { y } mutation a { x }", "mutation"),
        ("{ y } mutation { x }", "mutation"),
        ("\u{feff}mutation { x }", "control characters"),
        ("# comment\rmutation { x }", "mutation"),
        ("# comment\u{2028}mutation { x }\nquery { y }", "control characters"),
        ("#\u{85}mutation { x }\n{ y }", "control characters"),
        (",,mutation,{x}", "mutation"),
        ("fragment f on T { a } mutation { ...f }", "mutation"),
        ("mutation @skip(if: false) { x }", "mutation"),
        ("subscription { x }", "subscription"),
        ("fragment f on T { a }", "no GraphQL query"),
        ("type Query { a: Int }", "no query"),
        ("schema { query: Mutation }", "no query"),
        ("extend schema { mutation: M }", "no query"),
        ("query { a", "cannot be read"),
        ("query { a } }", "cannot be read"),
        ("query { a } garbage { b }", "cannot be read"),
        ("", "cannot be read"),
    ] {
        let message = graphql(bad).expect_err(bad);
        assert!(message.contains(words), "{bad}: {message}");
    }
}

#[test]
fn a_graphql_request_that_reads_in_two_ways_is_no_read() {
    let form = ReadForm::Graphql(GraphqlReads::Query);
    let read = |body: &str| post(&form, &[], JSON, body);
    assert_eq!(read(r#"{"query":"{a}"}"#), Ok(()));
    assert_eq!(read(r#"[{"query":"{a}"},{"query":"query b {b}"}]"#), Ok(()));
    assert_eq!(read(r#"{"query":"{a}","extensions":{},"variables":null}"#), Ok(()));
    for bad in [
        r#"{"query":"{a}","query":"mutation {x}"}"#,
        r#"{"query":"mutation {x}","query":"{a}"}"#,
        r#"{"query":"{a}","\u0071uery":"mutation {x}"}"#,
        r#"[{"query":"{a}"},{"query":"mutation {x}"}]"#,
        r#"{"query":"{a}","mutation":"mutation {x}"}"#,
        r#"{"query":"{a}","Query":"mutation {x}"}"#,
        r#"{"query":"{a}","id":"7"}"#,
        r#"{"id":"7"}"#,
        r#"{"query":"{a}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}"#,
        r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}"#,
        r#"{"query":null}"#,
        r#"{"query":"{a}"} {"query":"mutation {x}"}"#,
        "[]",
        "mutation {x}",
        "",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
    let body = r#"{"query":"{a}"}"#;
    assert!(post(&form, &[("query", "mutation {x}")], JSON, body).is_err());
    for headers in [
        &[("content-type", "application/graphql")] as &[_],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "application/json; charset=utf-7")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", "application/json"), ("content-type", "application/graphql")],
    ] {
        assert!(post(&form, &[], headers, body).is_err(), "{headers:?}");
    }
    assert_eq!(post(&form, &[], &[("content-type", "application/json; charset=UTF-8")], body), Ok(()));
}

#[test]
fn a_document_without_an_end_of_depth_is_refused_and_ends_nothing_else() {
    let deep = format!("query {}", "{a".repeat(400_000));
    assert!(graphql(&deep).unwrap_err().contains("cannot be read"));
    let deep = format!("query {{ a(x: {}) }}", "[".repeat(400_000));
    assert!(graphql(&deep).unwrap_err().contains("cannot be read"));
    let deep = format!("query a($x: {}) {{ a }}", "[".repeat(400_000));
    assert!(graphql(&deep).unwrap_err().contains("cannot be read"));
    let long = format!("query {{ {} }}", "a ".repeat(400_000));
    assert!(graphql(&long).unwrap_err().contains("cannot be read"));
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(post(&ReadForm::Query, &[], JSON, &nested).is_err());
    assert!(post(&ReadForm::Graphql(GraphqlReads::Query), &[], JSON, &nested).is_err());
}

#[test]
fn a_search_body_has_no_operation_in_it() {
    let search = |body: &str| post(&ReadForm::Query, &[("page", "2")], JSON, body);
    for good in [
        "",
        "{}",
        r#"{"filter":[{"op":"eq","field":"id","value":1}],"MaxRecords":500}"#,
        r#"[{"id":1}]"#,
        r#"{"query":"mutation of a virus"}"#,
        r#"{"query":"{ devices { id } }","text":"printer"}"#,
    ] {
        assert_eq!(search(good), Ok(()), "{good}");
    }
    for bad in [
        r#"{"query":"mutation { x }"}"#,
        r#"{"query":"{a}","QUERY":"mutation { x }"}"#,
        r#"{"query":"mutation { x }","query":"{a}"}"#,
        r#"[{"a":1},{"query":"subscription { x }"}]"#,
        r#"{"_method":"DELETE"}"#,
        r#"{"X-HTTP-Method-Override":"PUT"}"#,
        r#"{"jsonrpc":"2.0","method":"delete"}"#,
        "<Envelope/>",
        "a=b",
        "{",
    ] {
        assert!(search(bad).is_err(), "{bad}");
    }
    for headers in [
        &[("content-type", "text/xml")] as &[_],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("soapaction", "urn:x/Delete")],
    ] {
        assert!(post(&ReadForm::Query, &[], headers, "{}").is_err(), "{headers:?}");
    }
}

#[test]
fn a_get_reads_unless_it_carries_an_operation() {
    let get = |query: &[(&str, &str)], body: Option<&[u8]>| {
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        of_get(&Parts { query: &query, headers: &HeaderMap::new(), body })
    };
    assert_eq!(get(&[("query", "{ a }"), ("q", "mutation testing")], None), Ok(()));
    assert_eq!(get(&[("q", "x")], Some(b"")), Ok(()));
    for name in ["query", "Query", "document"] {
        assert!(get(&[(name, "mutation { x }")], None).is_err(), "{name}");
        assert!(get(&[(name, "query a { y } mutation b { x }")], None).is_err(), "{name}");
    }
    assert!(get(&[], Some(b"{\"query\":\"mutation { x }\"}")).is_err());
}

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

fn envelope(header: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<s:Envelope xmlns:s=\"{SOAP}\"><s:Header>{header}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>\n"
    )
}

fn soap(headers: &[(&str, &str)], body: &str) -> Result<(), String> {
    let declared = BTreeMap::from([("urn:acme/GetDevices".to_owned(), "GetDevices".to_owned())]);
    post(&ReadForm::SoapAction(declared), &[], headers, body)
}

#[test]
fn a_soap_request_reads_where_action_and_body_are_a_declared_pair() {
    let one_one = &[("content-type", "text/xml; charset=utf-8"), ("soapaction", "\"urn:acme/GetDevices\"")] as &[_];
    let one_two = &[("content-type", "application/soap+xml; charset=utf-8; action=\"urn:acme/GetDevices\"")] as &[_];
    let reads = "<GetDevices xmlns=\"urn:acme\"><all>Delete &amp; <![CDATA[<DeleteDevice/>]]></all></GetDevices>";
    for headers in [one_one, one_two] {
        assert_eq!(soap(headers, &envelope("", reads)), Ok(()));
        assert_eq!(soap(headers, &envelope("<auth>x</auth>", reads)), Ok(()));
        assert_eq!(
            soap(headers, &envelope("<a:Action xmlns:a=\"urn:wsa\">urn:acme/GetDevices</a:Action>", reads)),
            Ok(())
        );
        for (header, body) in [
            ("", "<DeleteDevice xmlns=\"urn:acme\"/>"),
            ("", "<GetDevices/><DeleteDevice/>"),
            ("", "<DeleteDevice/><GetDevices/>"),
            ("", ""),
            ("<a:Action xmlns:a=\"urn:wsa\">urn:acme/DeleteDevice</a:Action>", reads),
            ("<Action><![CDATA[urn:acme/DeleteDevice]]></Action>", reads),
            ("<Action/>", reads),
            ("", "<GetDevices></GetDevices></s:Body><s:Body><DeleteDevice/>"),
        ] {
            assert!(soap(headers, &envelope(header, body)).is_err(), "{header} {body}");
        }
        let whole = envelope("", reads);
        for bad in [
            whole.replace("utf-8", "utf-16"),
            whole.replace("encoding=\"utf-8\"", "encoding=\"utf-8\" encoding=\"utf-7\""),
            whole.replace("<s:Envelope", "<!DOCTYPE x [<!ENTITY e \"<DeleteDevice/>\">]><s:Envelope"),
            whole.replace("<s:Envelope", "<?xml-stylesheet href=\"x\"?><s:Envelope"),
            format!("{whole}{}", whole.split_once('\n').unwrap().1),
            format!("{whole}text"),
            whole.replace(SOAP, "urn:no-soap"),
            whole.replace("</s:Body>", ""),
            "{}".to_owned(),
            String::new(),
        ] {
            assert!(soap(headers, &bad).is_err(), "{bad}");
        }
    }
    let body = envelope("", reads);
    for headers in [
        &[("content-type", "text/xml"), ("soapaction", "urn:acme/DeleteDevice")] as &[_],
        &[("content-type", "text/xml"), ("soapaction", "urn:acme/GetDevices"), ("soapaction", "urn:acme/DeleteDevice")],
        &[
            ("content-type", "application/soap+xml; action=\"urn:acme/DeleteDevice\""),
            ("soapaction", "urn:acme/GetDevices"),
        ],
        &[("content-type", "text/xml")],
        &[("content-type", "text/xml; charset=utf-7"), ("soapaction", "urn:acme/GetDevices")],
        &[("content-type", "application/json"), ("soapaction", "urn:acme/GetDevices")],
        &[("content-type", "multipart/related; type=\"text/xml\""), ("soapaction", "urn:acme/GetDevices")],
        &[("soapaction", "urn:acme/GetDevices")],
    ] {
        assert!(soap(headers, &body).is_err(), "{headers:?}");
    }
}
