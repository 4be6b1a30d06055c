//! Whatever happens to machines and their agents, each machine keeps one record: enrolled, enrolled anew, renamed,
//! moved, customers merged, split and made anew, reads that see only a part, agents that linger beside their successor.

use super::*;
use crate::testkit::{Fate, HOUR, NOW};
use crosswalk_model::{Link, Operation};
use proptest::prelude::*;

/// A machine with the ids its agents have at the vendor, the newest last.
#[derive(Debug, Clone)]
struct Machine {
    name: String,
    customer: usize,
    agents: Vec<String>,
}

#[derive(Debug, Clone)]
enum Step {
    Enrol(usize),
    /// A new id; whether the old agent lingers on.
    ReEnrol(usize, bool),
    /// The ids of all agents in the other case.
    OtherCase,
    Rename(usize),
    Move(usize, usize),
    /// All of one customer goes to another, and it is removed.
    Merge(usize, usize),
    /// Half of a customer becomes one of its own.
    Split(usize),
    /// The customer gets a new id.
    MadeAnew(usize),
    Leave(usize),
    /// Stale agents are cleaned away.
    Clean,
    Hours(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_usize).prop_map(Step::Enrol),
        3 => (0..6_usize, prop::bool::weighted(0.3)).prop_map(|(at, stays)| Step::ReEnrol(at, stays)),
        1 => Just(Step::OtherCase),
        1 => (0..6_usize).prop_map(Step::Rename),
        2 => (0..6_usize, 0..4_usize).prop_map(|(at, to)| Step::Move(at, to)),
        1 => (0..4_usize, 0..4_usize).prop_map(|(from, to)| Step::Merge(from, to)),
        1 => (0..4_usize).prop_map(Step::Split),
        1 => (0..4_usize).prop_map(Step::MadeAnew),
        1 => (0..6_usize).prop_map(Step::Leave),
        1 => Just(Step::Clean),
        2 => (1..100_i64).prop_map(Step::Hours),
    ]
}

/// The vendor: machines by their serial number, customers by id and name.
#[derive(Debug, Clone, Default)]
struct Vendor {
    machines: BTreeMap<usize, Machine>,
    /// Id and name; empty ids are customers that are not there.
    customers: Vec<String>,
    next: u32,
}

const NAMES: [&str; 8] = ["Acme", "Contoso", "Zenith", "Fabrikam", "Litware", "Tailspin", "Woodgrove", "Proseware"];

impl Vendor {
    fn new() -> Self {
        Self { customers: (0..4).map(|at| format!("c{at}")).collect(), ..Self::default() }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn is_there(&self, customer: usize) -> bool {
        self.customers.get(customer).is_some_and(|id| !id.is_empty())
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Enrol(at) if !self.machines.contains_key(&at) && self.is_there(at % 4) => {
                let agents = vec![self.id("a")];
                self.machines.insert(at, Machine { name: format!("PC-{at}"), customer: at % 4, agents });
            }
            Step::ReEnrol(at, stays) => {
                let id = self.id("a");
                if let Some(machine) = self.machines.get_mut(&at) {
                    if !stays {
                        machine.agents.clear();
                    }
                    machine.agents.push(id);
                }
            }
            Step::OtherCase => {
                let turn = |id: &String| {
                    if id.starts_with('a') { id.to_uppercase() } else { id.to_lowercase() }
                };
                for machine in self.machines.values_mut() {
                    machine.agents = machine.agents.iter().map(turn).collect();
                }
            }
            Step::Rename(at) => {
                if let Some(machine) = self.machines.get_mut(&at) {
                    machine.name.push('x');
                }
            }
            Step::Move(at, to) if self.is_there(to) => {
                if let Some(machine) = self.machines.get_mut(&at) {
                    machine.customer = to;
                }
            }
            Step::Merge(from, to) if from != to && self.is_there(from) && self.is_there(to) => {
                self.machines.values_mut().filter(|m| m.customer == from).for_each(|m| m.customer = to);
                self.customers[from].clear();
            }
            Step::Split(of) if self.customers.len() < NAMES.len() => {
                let id = self.id("c");
                self.customers.push(id);
                let new = self.customers.len() - 1;
                let half = self.machines.iter_mut().filter(|(at, m)| m.customer == of && *at % 2 == 0);
                half.for_each(|(_, m)| m.customer = new);
            }
            Step::MadeAnew(of) if self.is_there(of) => self.customers[of] = self.id("c"),
            Step::Leave(at) => {
                self.machines.remove(&at);
            }
            Step::Clean => {
                for machine in self.machines.values_mut() {
                    let stale = machine.agents.len().saturating_sub(1);
                    machine.agents.drain(..stale);
                }
            }
            _ => {}
        }
    }

    fn source(&self) -> Source {
        let customers = self.customers.iter().zip(NAMES).filter(|(id, _)| !id.is_empty());
        let customers = customers.map(|(id, name)| record(id, None, name, &[])).collect();
        let devices = self.machines.iter().flat_map(|(at, machine)| {
            let parent = &self.customers[machine.customer];
            machine
                .agents
                .iter()
                .map(move |id| record(id, Some(parent), &machine.name, &[("serial-number", &format!("PF3XK9Q{at}"))]))
        });
        BTreeMap::from([(Kind::Customer, customers), (Kind::Location, Vec::new()), (Kind::Asset, devices.collect())])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn no_history_gives_a_machine_a_second_record_or_takes_its_only_one(
        steps in prop::collection::vec((any_step(), prop::bool::weighted(0.8)), 1..30), can_move in any::<bool>(),
    ) {
        each_keeps_one(steps, can_move)?;
    }
}

/// An id comes back in the case in which it was when its first record was retired.
#[test]
fn a_machine_whose_id_turns_back_keeps_the_record_that_is_in_use() {
    let steps = [Step::Enrol(0), Step::Move(0, 1), Step::OtherCase, Step::Move(0, 0), Step::OtherCase, Step::Hours(80)];
    each_keeps_one(steps.map(|step| (step, true)).into(), false).unwrap();
}

/// Plans and applies after each step, which is read whole or in part.
fn each_keeps_one(steps: Vec<(Step, bool)>, can_move: bool) -> Result<(), TestCaseError> {
    let (mut vendor, mut world, mut now) = (Vendor::new(), World::new(), NOW);
    if can_move {
        world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
    }
    let mut seen = vendor.source();
    for (step, read) in steps {
        vendor.step(&step);
        now = now.plus_ms(HOUR);
        if let Step::Hours(hours) = step {
            now = now.plus_ms(hours * HOUR);
        }
        // A read that saw only a part leaves what is known as it is: nothing is gone by it.
        let read_now = vendor.source();
        if read {
            seen = read_now;
        } else {
            for (kind, records) in read_now {
                let known = seen.get_mut(&kind).unwrap();
                for record in records.into_iter().step_by(2) {
                    known.retain(|one| one.id != record.id);
                    known.push(record);
                }
            }
        }
        let in_use = |world: &World, at: usize| {
            let serial = format!("PF3XK9Q{at}");
            let all = world.records[&Kind::Asset].values();
            all.filter(|r| r.active() && r.text("serial-number") == Some(&serial)).count()
        };
        let before: Vec<usize> = (0..6).map(|at| in_use(&world, at)).collect();
        let planned = world.plan(&seen, now);
        // What is gone and in use is spoken of, unless its customer is, which waits for a person.
        for link in world.links.values().filter(|link| link.kind == Kind::Asset) {
            let gone = seen[&Kind::Asset].iter().all(|device| device.id != link.source);
            let used = link.linked().is_some_and(|id| world.get(Kind::Asset, id).active());
            let speaks = planned.changes.iter().any(|change| change.source == link.source)
                || planned.changes.iter().any(|change| change.target == link.target)
                || planned.findings.iter().any(|finding| finding.source == link.source);
            let customer = world.customer_of(Kind::Asset, &link.source);
            let listed = seen[&Kind::Customer].iter().any(|one| Some(one.id.as_str()) == customer);
            let account = customer.and_then(|id| world.link(Kind::Customer, id)).and_then(Link::linked);
            let waits = listed && account.is_none();
            prop_assert!(!gone || !used || speaks || waits, "nobody speaks of {} after {:?}", link.source, step);
        }
        for change in planned.changes {
            let _ = world.apply_one(&change, Fate::Done, now);
        }
        for (at, before) in before.into_iter().enumerate() {
            let there = seen[&Kind::Asset].iter().any(|r| r.text("serial-number") == Some(&format!("PF3XK9Q{at}")));
            let count = in_use(&world, at);
            prop_assert!(count <= 1, "machine {} has {} records after {:?}", at, count, step);
            prop_assert!(!there || count >= before, "machine {} lost its record after {:?}", at, step);
        }
    }
    Ok(())
}
