//! A batch of changes as one round of requests: each change that could be prepared is one request, and
//! its reply settles it. What became of a request without a reply, the host knows better.

use crate::{Change, Failure, HttpError, Nullable, Operation, Outcome, Request, Response, Settlement};

/// Sends what could be prepared, side by side (`send`), and gives one outcome per change, in their
/// order. `prepared` has one entry per change; `settle` reads a change's reply.
pub fn write_all(
    changes: &[Change],
    prepared: Vec<Result<Request, Failure>>,
    send: impl FnOnce(Vec<Request>) -> Vec<Result<Response, HttpError>>,
    settle: impl Fn(&Change, &Response) -> Settlement,
) -> Vec<Outcome> {
    let mut requests = Vec::with_capacity(prepared.len());
    let failures: Vec<Option<Failure>> =
        prepared.into_iter().map(|prepared| prepared.map(|request| requests.push(request)).err()).collect();
    let mut replies = send(requests).into_iter();
    changes
        .iter()
        .zip(failures)
        .map(|(change, failure)| {
            let result = match failure.map_or_else(|| replies.next().transpose().map_err(Failure::from), Err) {
                Ok(Some(reply)) => settle(change, &reply),
                Ok(None) => Settlement::Failed(Failure::Unavailable("the host gave no reply".to_owned())),
                Err(failure) => Settlement::Failed(failure),
            };
            Outcome { change: change.id.clone(), result }
        })
        .collect()
}

/// The same failure for each change: where nothing could be sent.
pub fn all_failed(changes: &[Change], failure: &Failure) -> Vec<Outcome> {
    let failed = |change: &Change| Outcome { change: change.id.clone(), result: Settlement::Failed(failure.clone()) };
    changes.iter().map(failed).collect()
}

/// What a failure means for a batch. Of a batch of one change, a refused right is that record's matter: nothing says
/// that others are refused as well. A refused login is everybody's.
pub fn refused_alone(changes: &[Change], is_login: bool, failure: Failure) -> Failure {
    match failure {
        Failure::Denied(why) if changes.len() == 1 && !is_login => Failure::rejected(why),
        failure => failure,
    }
}

/// Whether an item is in use after an operation, for vendors that keep this as a field; `told` is what the change
/// says of it. A new item is, unless the change says otherwise.
pub fn active_after(operation: Operation, told: Nullable<bool>) -> Nullable<bool> {
    match operation {
        Operation::Deactivate => Nullable::Value(false),
        Operation::Reactivate => Nullable::Value(true),
        Operation::Create if told.value().is_none() => Nullable::Value(true),
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, change, reply};
    use crate::{Host, Kind, Method, Operation};

    #[test]
    fn a_right_that_one_record_is_refused_is_its_own_matter_and_a_login_everybodys() {
        let two = ["1", "2"].map(|id| change(id, Operation::Update, Kind::Asset));
        let case = |changes: &[Change], is_login| {
            refused_alone(changes, is_login, Failure::Denied("no".to_owned())).case().to_owned()
        };
        assert_eq!((case(&two[..1], false), case(&two[..1], true)), ("rejected".to_owned(), "denied".to_owned()));
        assert_eq!(case(&two, false), "denied");
        let other = Failure::Conflict("no".to_owned());
        assert_eq!(refused_alone(&two[..1], false, other.clone()), other);
    }

    #[test]
    fn each_change_is_settled_by_its_own_reply() {
        let host = Script::new("{}", |request| match request.path.as_str() {
            "/lost" => Err(HttpError::Timeout("no reply in 30 s".to_owned())),
            path => Ok(reply(200, path)),
        });
        let changes = ["/a", "bad", "/lost", "/b"].map(|id| change(id, Operation::Update, Kind::Asset));
        let prepared = changes
            .iter()
            .map(|change| match change.id.as_str() {
                "bad" => Err(Failure::rejected("no")),
                path => Ok(Request::new(Method::Put, "api", path).change(&change.id)),
            })
            .collect();
        let outcomes = write_all(
            &changes,
            prepared,
            |requests| host.send_all(requests),
            |_, reply| Settlement::Done(reply.text().to_owned()),
        );
        let told: Vec<_> = outcomes.iter().map(|outcome| (outcome.change.as_str(), &outcome.result)).collect();
        assert_eq!(
            told,
            [
                ("/a", &Settlement::Done("/a".to_owned())),
                ("bad", &Settlement::Failed(Failure::rejected("no"))),
                ("/lost", &Settlement::Failed(Failure::Unavailable("no reply in 30 s".to_owned()))),
                ("/b", &Settlement::Done("/b".to_owned())),
            ]
        );
        assert_eq!(host.requests.borrow().len(), 3);
    }
}
