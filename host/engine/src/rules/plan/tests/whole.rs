//! The whole of it in any small world: match, plan, apply, and nothing is left.

use super::*;
use crate::testkit::{Fate, HOUR, Habit, NOW};
use crosswalk_model::sync::Sites;
use crosswalk_model::{Action, FieldRule, Link, Operation};
use proptest::prelude::*;

/// A source of a few customers with what belongs to them; fields are small so that they meet.
fn any_source() -> impl Strategy<Value = Source> {
    let customers = prop::collection::btree_map(0..4_u8, (word(), word(), prop::bool::weighted(0.9)), 0..4);
    let locations = prop::collection::btree_map(0..5_u8, (0..4_u8, word(), word()), 0..5);
    let devices = prop::collection::btree_map(
        0..7_u8,
        (0..4_u8, 0..5_u8, word(), word(), 0..50_i64, prop::bool::weighted(0.9)),
        0..7,
    );
    (customers, locations, devices).prop_map(|(customers, locations, devices)| {
        let names = ["Acme", "Contoso", "Zenith", "Fabrikam"];
        let customers = customers.into_iter().map(|(id, (phone, city, active))| {
            record(&format!("c{id}"), None, names[usize::from(id)], &[("phone", &phone), ("city", &city)])
                .with("active", Value::Boolean(active))
        });
        // A device stands at a site of its own customer, or nowhere.
        let homes: BTreeMap<u8, u8> = locations.iter().map(|(id, (customer, ..))| (*id, *customer)).collect();
        let locations = locations.into_iter().map(|(id, (customer, name, city))| {
            record(&format!("l{id}"), Some(&format!("c{customer}")), &name, &[("city", &city)])
        });
        let devices = devices.into_iter().map(|(id, (customer, site, model, cpu, seen, active))| {
            let site = if homes.get(&site) == Some(&customer) { format!("l{site}") } else { String::new() };
            record(
                &format!("a{id}"),
                Some(&format!("c{customer}")),
                &format!("PC-{id}"),
                &[("location", &site), ("serial-number", &format!("SER{id}XY")), ("model", &model), ("cpu", &cpu)],
            )
            .with("last-seen", Value::Time(format!("2026-01-01T08:00:{seen:02}Z")))
            .with("active", Value::Boolean(active))
        });
        BTreeMap::from([
            (Kind::Customer, customers.collect()),
            (Kind::Location, locations.collect()),
            (Kind::Asset, devices.collect()),
        ])
    })
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "  ", "alpha", "Beta two", "a rather long text", "Ünïcode ß", "x"])
        .prop_map(str::to_owned)
}

fn any_rule() -> impl Strategy<Value = FieldRule> {
    prop::sample::select(vec![
        FieldRule::SourceWins,
        FieldRule::SourceWins,
        FieldRule::SourceForces,
        FieldRule::TargetWins,
        FieldRule::SeedOnce,
        FieldRule::FillIfEmpty,
        FieldRule::Ignore,
    ])
}

/// A target with habits and abilities, and records that were there before.
fn any_world() -> impl Strategy<Value = World> {
    let habit = prop::sample::select(vec![Habit::Keeps, Habit::Cuts(4), Habit::Shouts]);
    let before = prop::collection::vec((0..4_u8, word(), 0..7_u8, word()), 0..4);
    (
        habit,
        any::<(bool, bool, bool)>(),
        prop::option::of(5..9_u32),
        any_rule(),
        any_rule(),
        before,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(habit, (reads_back, stamps, can_move), length, otherwise, cpu, before, primary)| {
            let mut world = World::new();
            (world.habit, world.reads_back, world.stamps) = (habit, reads_back, stamps);
            let asset = world.describe.get_mut(&Kind::Asset).unwrap();
            asset.name_length = length;
            asset.fields.iter_mut().filter(|field| field.name == "model").for_each(|field| field.length = length);
            asset
                .fields
                .iter_mut()
                .filter(|field| field.name == "cpu")
                .for_each(|field| field.readable = length.is_none());
            if can_move {
                asset.writes.insert(Operation::Move);
            }
            for rules in world.rules.kinds.values_mut() {
                rules.otherwise = otherwise;
                rules.fields.insert("cpu".into(), cpu);
                rules.accept_score = Some(0.9);
            }
            if primary {
                world.rules.sites = Sites::Primary;
            }
            let names = ["Acme Ltd", "Contoso", "Zenith AG", "Other"];
            for (at, (customer, phone, device, model)) in before.into_iter().enumerate() {
                let account = format!("o{customer}");
                world.put(
                    Kind::Customer,
                    record(&account, None, names[usize::from(customer)], &[("phone", &phone), ("city", "")]),
                );
                let serial = format!("ser-{device}-xy");
                let fields = [("serial-number", serial.as_str()), ("model", model.as_str()), ("cpu", "")];
                world.put(Kind::Asset, record(&format!("x{at}"), Some(&account), "OLD", &fields));
            }
            world
        })
}

/// Every active record of a linked customer is at most one record in use, at its own account.
fn check_world(world: &World) {
    for kind in [Kind::Customer, Kind::Location, Kind::Asset] {
        let mut targets: Vec<&str> = world.links.values().filter(|l| l.kind == kind).filter_map(Link::linked).collect();
        let all = targets.len();
        targets.sort_unstable();
        targets.dedup();
        assert_eq!(targets.len(), all, "a target is linked twice");
        if world.stamps {
            let of_kind = world.records[&kind].values().filter(|r| r.active());
            let mut stamps: Vec<&String> = of_kind.filter_map(|r| r.stamp.as_ref()).collect();
            let all = stamps.len();
            stamps.sort_unstable();
            stamps.dedup();
            assert_eq!(stamps.len(), all, "one record is there twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn after_a_plan_is_applied_there_is_nothing_left(mut world in any_world(), sources in prop::collection::vec(any_source(), 1..4)) {
        for (at, source) in sources.iter().enumerate() {
            // Time passes: grace and volatile ages are crossed now and then.
            world.run(source, NOW.plus_ms(at as i64 * 50 * HOUR));
            check_world(&world);
        }
    }

    #[test]
    fn whatever_got_lost_the_next_run_ends_in_the_same_place(
        sources in prop::collection::vec(any_source(), 1..4), can_move in any::<bool>(),
        fates in prop::collection::vec(prop::sample::select(vec![Fate::Done, Fate::Forgotten, Fate::NeverSent]), 40),
    ) {
        let mut world = World::new();
        if can_move {
            world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
        }
        let mut fates = fates.into_iter().cycle();
        for (at, source) in sources.iter().enumerate() {
            let now = NOW.plus_ms(at as i64 * HOUR);
            for change in world.plan(source, now).changes {
                // What takes in and out of use is looked up by whoever applies it, before anything is planned.
                let lookup = matches!(change.action, Action::Deactivate | Action::Reactivate);
                let fate = fates.next().unwrap();
                let fate = if lookup && fate == Fate::Forgotten { Fate::Done } else { fate };
                // Refused is fine: what it builds on got lost.
                let _ = world.apply_one(&change, fate, now);
            }
            world.run(source, now);
            check_world(&world);
            let customer_of = |id: &str| source[&Kind::Customer].iter().find(|c| c.id == id && c.active());
            for device in source[&Kind::Asset].iter().filter(|device| device.active()) {
                let Some(customer) = customer_of(device.parent.as_deref().unwrap()) else { continue };
                let (has, account) = (world.linked(Kind::Asset, &device.id), world.linked(Kind::Customer, &customer.id));
                prop_assert_eq!(has.parent.as_ref(), Some(&account.id));
                prop_assert!(has.active());
                if let Some(model) = device.text("model") {
                    prop_assert_eq!(has.text("model"), Some(model));
                }
            }
        }
    }

    #[test]
    fn planning_does_not_depend_on_order(mut world in any_world(), source in any_source(), next in any_source()) {
        world.run(&source, NOW);
        let mut turned = next.clone();
        turned.values_mut().for_each(|records| records.reverse());
        let sorted = |planned: Planned| {
            let mut changes = planned.changes;
            changes.iter_mut().for_each(|change| change.sequence = 0);
            changes.sort_by(|a, b| (a.kind, &a.customer, &a.source, rank(a.action)).cmp(&(b.kind, &b.customer, &b.source, rank(b.action))));
            changes
        };
        let one = sorted(world.clone().plan(&next, NOW));
        prop_assert_eq!(one, sorted(world.plan(&turned, NOW)));
    }

    #[test]
    fn a_blank_never_overwrites_unless_forced(mut world in any_world(), source in any_source(), next in any_source()) {
        world.run(&source, NOW);
        for change in world.plan(&next, NOW.plus_ms(200 * HOUR)).changes {
            for diff in change.fields {
                if diff.after.is_blank() {
                    prop_assert_eq!(world.rules.kinds[&change.kind].rule(&diff.name), FieldRule::SourceForces);
                }
            }
        }
    }

    #[test]
    fn what_changes_by_itself_is_never_written_before_its_age(mut world in any_world(), source in any_source(), hours in 0..24_i64) {
        world.run(&source, NOW);
        let mut seen = source.clone();
        for device in seen.get_mut(&Kind::Asset).unwrap() {
            *device = device.clone().with("last-seen", Value::Time("2026-05-05T05:05:05Z".into()));
        }
        // What was linked without ever being written is due from the start.
        let young: Vec<String> = world.links.values().filter(|l| l.volatile_at == Some(NOW)).map(|l| l.source.clone()).collect();
        let planned = world.plan(&seen, NOW.plus_ms(hours * HOUR));
        prop_assert!(planned.changes.iter().all(|c| !young.contains(&c.source)), "{:#?}", planned.changes);
    }

    #[test]
    fn a_technicians_edit_survives_whatever_the_source_says(
        source in any_source(), next in any_source(), habit in prop::sample::select(vec![Habit::Keeps, Habit::Cuts(4), Habit::Shouts]),
    ) {
        let mut world = World::new();
        world.habit = habit;
        world.run(&source, NOW);
        let mut edited = Vec::new();
        for record in world.records.get_mut(&Kind::Asset).unwrap().values_mut() {
            *record = record.clone().with("model", text("by hand"));
            edited.push(record.id.clone());
        }
        world.run(&next, NOW.plus_ms(100 * HOUR));
        for id in edited {
            prop_assert_eq!(world.get(Kind::Asset, &id).text("model"), Some("by hand"));
        }
    }
}
