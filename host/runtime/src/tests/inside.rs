//! Private hosts: a resolver controlled by the test returns their addresses, and only loopback is
//! ever dialled.

use super::guest::MANIFEST;
use super::passing::{Setting, get};
use super::vendor::{Vendor, ok};
use super::*;
use crate::HttpLimits;
use crate::bindings::crosswalk::connector::http::{Error, Response};
use crate::gate::{Lookup, VendorChannel};
use futures_util::future::BoxFuture;
use std::net::IpAddr;
use std::sync::Mutex;

/// Returns one list of addresses after another, repeating the last.
#[derive(Default)]
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Lookup for Script {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(name);
        let answer = self.answers[(asked.len() - 1).min(self.answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// A vendor at `vendor.test`, which resolves as the answers say.
async fn named(answers: &[&[&str]], private: bool) -> (Setting, Arc<Script>) {
    let vendor = Vendor::start(|_, _| ok("there")).await;
    let port = vendor.base.rsplit(':').next().unwrap().to_owned();
    let base = format!("http://vendor.test:{port}");
    let mut connection = connection("any", &base);
    for grant in connection.grants.values_mut() {
        grant.private = if private { private_of(&base) } else { Vec::new() };
    }
    let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
    let script = Arc::new(Script { answers: answers.iter().map(parse).collect(), asked: Mutex::default() });
    let limits = HttpLimits { first_pause: Duration::from_millis(5), ..HttpLimits::default() };
    let channel = Arc::new(VendorChannel::with_lookup(script.clone()));
    (Setting::opened(vendor, MANIFEST, &connection, limits, &channel), script)
}

fn refused(result: Result<Response, Error>) -> String {
    match result {
        Err(Error::NotGranted(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_is_inside_is_refused_in_one_sentence_and_asked_for_once() {
    for (answer, what) in [
        ("127.0.0.1", "this machine"),
        ("::1", "this machine"),
        ("10.0.0.7", "a private address"),
        ("100.64.0.7", "a shared address of a provider"),
        ("fd00::7", "a private address"),
    ] {
        let (setting, script) = named(&[&[answer]], false).await;
        let port = setting.vendor.base.rsplit(':').next().unwrap().to_owned();
        let message = refused(setting.send(get("/x")).await);
        assert_eq!(
            message,
            format!(
                "`vendor.test` is at {answer}, which is {what}, which is dialled only where it was granted as such; if the \
                 server is yours, to grant it: crosswalk connection grant psa api --private vendor.test:{port}"
            )
        );
        assert_eq!(*setting.ports.refusals.lock().unwrap(), [message], "journalled once");
        assert_eq!(script.asked.lock().unwrap().len(), 1, "not tried again");
        assert_eq!(setting.vendor.lines(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_name_that_is_inside_is_dialled_where_it_was_granted_as_such() {
    let (setting, script) = named(&[&["127.0.0.1"]], true).await;
    assert_eq!(setting.send(get("/x")).await.unwrap().status, 200);
    assert_eq!(setting.vendor.lines(), ["GET /x"]);
    assert_eq!(*script.asked.lock().unwrap(), ["vendor.test"]);
}

#[tokio::test]
async fn answers_of_both_sorts_and_those_nobody_can_grant_are_refused_with_and_without_a_grant() {
    for private in [false, true] {
        for (answer, words) in [
            (["127.0.0.1", "8.8.8.8"], "none of them is dialled"),
            (["8.8.8.8", "127.0.0.1"], "none of them is dialled"),
            (["127.0.0.1", "169.254.169.254"], "no grant opens it"),
            (["127.0.0.1", "fd00:ec2::254"], "no grant opens it"),
        ] {
            let (setting, script) = named(&[&answer], private).await;
            let message = refused(setting.send(get("/x")).await);
            assert!(message.contains(words), "{answer:?}: {message}");
            assert_eq!(script.asked.lock().unwrap().len(), 1, "{answer:?}");
            assert_eq!(setting.vendor.lines(), Vec::<String>::new(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_moves_inside_after_it_was_checked_is_refused_then() {
    // The first answer is both checked and dialled.
    let (setting, script) = named(&[&["127.0.0.1"], &["169.254.169.254"]], true).await;
    assert_eq!(setting.send(get("/x")).await.unwrap().status, 200);
    assert_eq!(script.asked.lock().unwrap().len(), 1, "one look, and its answer is dialled");
    let (setting, script) = named(&[&["169.254.169.254"], &["127.0.0.1"]], true).await;
    assert!(refused(setting.send(get("/x")).await).contains("no grant opens it"));
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    assert_eq!(setting.vendor.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_literal_address_is_checked_too_though_it_never_meets_the_resolver() {
    let setting = |private: bool| async move {
        let vendor = Vendor::start(|_, _| ok("there")).await;
        let mut connection = connection("any", &vendor.base);
        let port = vendor.base.rsplit(':').next().unwrap().to_owned();
        for grant in connection.grants.values_mut() {
            // Of the right host, and of another port.
            grant.private = vec![if private { format!("127.0.0.1:{port}") } else { "127.0.0.1:9".to_owned() }];
        }
        Setting::opened(vendor, MANIFEST, &connection, HttpLimits::default(), &Arc::default())
    };
    assert_eq!(setting(true).await.send(get("/x")).await.unwrap().status, 200);
    let without = setting(false).await;
    let message = refused(without.send(get("/x")).await);
    assert!(message.starts_with("`127.0.0.1` is this machine, which is dialled only where"), "{message}");
    assert_eq!(without.vendor.lines(), Vec::<String>::new());
}
