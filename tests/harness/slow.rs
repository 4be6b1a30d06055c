//! A vendor that takes its time: what is written becomes a job, and the job an item when it
//! has been asked after often enough, or when the test says so. The contract's
//! `accepted(token)` and `settle` against something that behaves so.

use super::vendor::{Arrived, Vendor};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The running vendor.
pub(crate) struct SlowVendor {
    vendor: Vendor,
    state: Arc<Mutex<State>>,
}

/// What the next jobs do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// Done when asked after so many times.
    After(u32),
    /// Under way until the test says otherwise; asking after them is refused.
    Silent,
    /// Failed when first asked after.
    Fails,
    /// Told to be another job when asked after, which is under way; the first is known no more.
    Moves,
}

struct State {
    items: Vec<(String, String)>,
    jobs: Vec<Job>,
    pace: Pace,
}

struct Job {
    target: Option<String>,
    name: String,
    pace: Pace,
    asked: u32,
    item: Option<String>,
    /// It is another job by now, and known no more.
    moved: bool,
}

impl SlowVendor {
    /// With these customers, and jobs that are done at the first question.
    pub(crate) fn start(names: &[&str]) -> Self {
        let items = names.iter().enumerate().map(|(at, name)| (format!("i{at}"), (*name).to_owned())).collect();
        let state = Arc::new(Mutex::new(State { items, jobs: Vec::new(), pace: Pace::After(1) }));
        let inner = Arc::clone(&state);
        let vendor = Vendor::answering(move |request, body| inner.lock().expect("the state").answer(request, body));
        Self { vendor, state }
    }

    pub(crate) fn url(&self) -> &str {
        self.vendor.url()
    }

    /// How jobs go from here on, those under way too.
    pub(crate) fn set_pace(&self, pace: Pace) {
        let mut state = self.state.lock().expect("the state");
        state.pace = pace;
        for job in state.jobs.iter_mut().filter(|job| job.item.is_none()) {
            job.pace = pace;
        }
    }

    /// The customers there are, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let state = self.state.lock().expect("the state");
        let mut names: Vec<String> = state.items.iter().map(|(_, name)| name.clone()).collect();
        names.sort();
        names
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        let mut state = self.state.lock().expect("the state");
        state.items.iter_mut().filter(|(_, name)| name == from).for_each(|(_, name)| to.clone_into(name));
    }

    /// How many jobs were ever made.
    pub(crate) fn jobs(&self) -> usize {
        self.state.lock().expect("the state").jobs.len()
    }
}

impl State {
    fn answer(&mut self, request: &Arrived, body: &str) -> (u16, String) {
        match (request.method.as_str(), request.path.strip_prefix("/jobs/")) {
            ("POST", _) => {
                let wanted: Value = serde_json::from_str(body).expect("JSON");
                let text = |name: &str| wanted[name].as_str().map(str::to_owned);
                let (target, name) = (text("target"), text("name").unwrap_or_default());
                self.jobs.push(Job { target, name, pace: self.pace, asked: 0, item: None, moved: false });
                (202, json!({ "id": format!("j{}", self.jobs.len() - 1) }).to_string())
            }
            (_, Some(job)) => {
                let at: usize = job.trim_start_matches('j').parse().expect("a job");
                self.job(at)
            }
            _ => {
                let items = self.items.iter().map(|(id, name)| json!({ "id": id, "name": name }));
                (200, json!({ "items": items.collect::<Vec<_>>() }).to_string())
            }
        }
    }

    fn job(&mut self, at: usize) -> (u16, String) {
        let job = &mut self.jobs[at];
        job.asked += 1;
        match job.pace {
            _ if job.item.is_some() => {}
            _ if job.moved => return (404, String::new()),
            Pace::Silent => return (409, String::new()),
            Pace::Moves => {
                job.moved = true;
                let (target, name) = (job.target.clone(), job.name.clone());
                self.jobs.push(Job { target, name, pace: Pace::After(u32::MAX), asked: 0, item: None, moved: false });
                let next = format!("j{}", self.jobs.len() - 1);
                return (200, json!({ "state": "moved", "job": next }).to_string());
            }
            Pace::Fails => return (200, json!({ "state": "failed", "why": "the desk said no" }).to_string()),
            Pace::After(times) if job.asked < times => return (200, json!({ "state": "working" }).to_string()),
            Pace::After(_) => {
                let id = job.target.clone().unwrap_or_else(|| format!("n{at}"));
                job.item = Some(id.clone());
                self.items.retain(|(own, _)| *own != id);
                self.items.push((id, job.name.clone()));
            }
        }
        (200, json!({ "state": "done", "item": self.jobs[at].item }).to_string())
    }
}
