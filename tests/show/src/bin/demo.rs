//! The demo: an MSP's RMM into its PSA, and its licences onto contracts, as an operator would do
//! it, on simulated vendors.
//!
//! It types the commands a person would type and shows what they print. Then it counts at
//! the simulators, not at the program, what is in step. Any outcome but "everything in
//! step, the second run wrote nothing" ends with an error. Then the PSA is swapped for
//! another vendor's, and the same is asked of that; last, what a licence vendor counts goes to the
//! customers' contracts.

#![expect(clippy::print_stdout, reason = "a demo talks")]

use crosswalk_show::{Crosswalk, Trouble, connectors, target_folder};
use crosswalk_sims::{
    Autotask, BmsOptions, Existing, PsaOptions, PulsewayPsa, PulsewayRmm, RmmOptions, Size, SophosCentral,
    SophosOptions, World, clock,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

const SEED: u64 = 2026;
const SYNC: &str = "rmm-to-psa";
const SWAPPED: &str = "rmm-to-psa2";
const LICENCES: &str = "licences-to-psa";

fn main() -> ExitCode {
    match demo() {
        Ok(line) => {
            println!("\n{line}");
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            println!("\ndemo failed: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<String, Trouble> {
    let target = target_folder()?;
    let world = World::generate(Size::new(40, 120, 2500), SEED);
    let rmm = PulsewayRmm::start(&world, RmmOptions::default())?;
    let existing = world.existing_in_psa(0.5, SEED);
    // As an MSP's workflow rule does, a new account gets its contract.
    let options = PsaOptions { contracts_for_new_accounts: true, ..PsaOptions::default() };
    let psa = Autotask::start(&existing, options)?;
    let data = target.join("demo");
    let mut crosswalk = Crosswalk::new(&target, &data)?;
    heading("Two simulated vendors are up");
    println!(
        "  RMM  {}   {} organisations, {} sites, {} devices",
        rmm.url(),
        rmm.organisations().len(),
        rmm.sites().len(),
        rmm.devices().len()
    );
    println!(
        "  PSA  {}   {} companies, {} configuration items",
        psa.url(),
        psa.companies().len(),
        psa.configuration_items().len()
    );

    heading("Each vendor is a sandboxed component; the host knows neither");
    for file in connectors(&target)? {
        let file = file.display().to_string();
        say(&crosswalk, &["plugin", "add", &file], &[0])?;
    }

    heading("Connect to both accounts. Call limits are the operator's here, the simulators can take it");
    let [mut to_rmm, mut to_psa] = crosswalk.connect(&rmm, &psa);
    to_rmm.extend(["--bucket", "minute=0,at-once=4"].map(str::to_owned));
    to_psa.extend(["--bucket", "hour=9900,at-once=0"].map(str::to_owned));
    for words in [to_rmm, to_psa] {
        say(&crosswalk, &words.iter().map(String::as_str).collect::<Vec<_>>(), &[0])?;
    }
    say(&crosswalk, &["connection", "check", "rmm"], &[0])?;
    say(&crosswalk, &["connection", "check", "psa"], &[0])?;
    say(&crosswalk, &["sync", "add", "rmm-to-psa", "--from", "rmm", "--to", "psa"], &[0])?;

    heading("What would happen? A plan only reads");
    say(&crosswalk, &["plan", "rmm-to-psa"], &[3])?;
    if psa.counts().writes + rmm.counts().writes > 0 {
        return Err("planning wrote to a vendor".into());
    }

    heading("Near names wait for a person: look at them, take the sure ones, call the others new");
    say(
        &crosswalk,
        &["link", "list", "rmm-to-psa", "--kind", "customer", "--state", "proposed", "--state", "conflict"],
        &[0],
    )?;
    say(&crosswalk, &["link", "accept", "rmm-to-psa", "--score", "0.9", "--yes"], &[0])?;
    let open = undecided(&crosswalk, SYNC, "customer")?;
    for id in ids(&open) {
        say(&crosswalk, &["link", "create", "rmm-to-psa", "customer", &id], &[0])?;
    }

    heading("The plan again, now complete; a first run is always held for review");
    say(&crosswalk, &["plan", "rmm-to-psa"], &[3])?;
    let plan = newest(&crosswalk, SYNC)?;
    let busiest = busiest_linked(&crosswalk)?;
    say(&crosswalk, &["plan", "--show", &plan, "--customer", &busiest, "--kind", "location"], &[0, 3])?;
    heading("Approved: exactly this plan is applied");
    say(&crosswalk, &["apply", &plan, "--release", "first-run", "--yes"], &[0])?;
    settle_conflicts(&crosswalk, SYNC)?;
    let first_writes = psa.counts().writes;
    println!("  counted at the PSA: {first_writes} write calls");

    heading("An hour later every device has checked in. The second run");
    rmm.check_in_all(clock::now_ms() / 1000);
    psa.reset_counts();
    rmm.reset_counts();
    say(&crosswalk, &["run", "rmm-to-psa"], &[0])?;
    let second_writes = psa.counts().writes + rmm.counts().writes;
    println!("  counted at both vendors: {second_writes} write calls");

    let line = verdict(&rmm, &psa, &crosswalk, second_writes)?;
    swap(&mut crosswalk, &rmm, &existing)?;
    let billed = licences(&mut crosswalk, &world, &psa)?;
    heading("Look around: the database is left behind");
    let program = target.join("release/crosswalk");
    let some = rmm.devices().first().map(|device| device.id.clone()).unwrap_or_default();
    for words in [
        "link list rmm-to-psa --kind customer".to_owned(),
        format!("why rmm-to-psa asset {some}"),
        format!("usage list {LICENCES}"),
        "journal rmm-to-psa --limit 20".to_owned(),
        "--help".to_owned(),
    ] {
        println!("  {} --data {} {words}", program.display(), data.display());
    }
    Ok(format!("{line}; {billed} usage lines in step"))
}

/// What a licence vendor counts, onto the contracts of the same accounts.
fn licences(crosswalk: &mut Crosswalk, world: &World, psa: &Autotask) -> Result<usize, Trouble> {
    heading("The other half: what a licence vendor counts goes to the customers' contracts");
    let vendor = SophosCentral::start(world, SophosOptions::default())?;
    let month = vendor.month();
    println!(
        "  Licences  {}   {} customers, {} rows in the report of {month}\n",
        vendor.url(),
        vendor.tenants().len(),
        vendor.billed(&month).len()
    );
    let words = crosswalk.connect_licences(&vendor);
    say(crosswalk, &words.iter().map(String::as_str).collect::<Vec<_>>(), &[0])?;
    say(crosswalk, &["connection", "check", "licences"], &[0])?;
    say(
        crosswalk,
        &["connection", "set", "psa", "--set", "service-billing-code=1", "--set", "service-period=Monthly"],
        &[0],
    )?;
    // In the last hours of a month Rome is in the next one, of which there is no report yet.
    let two_hours_later = clock::iso(clock::now_ms() + clock::DAY_MS / 12, clock::TimeStyle::Bare);
    let zone = if two_hours_later.starts_with(&month) { "Europe/Rome" } else { "UTC" };
    let zone = ["--kinds", "customer,usage", "--time-zone", zone];
    say(crosswalk, &[&["sync", "add", LICENCES, "--from", "licences", "--to", "psa"][..], &zone].concat(), &[0])?;
    psa.reset_counts();
    say(crosswalk, &["plan", LICENCES], &[0, 3])?;

    heading("Customers to accounts and contracts, products to services: proposed with reasons, never guessed");
    let accepted = crosswalk.json(&["customer", "accept", LICENCES, "--yes"])?;
    let count = |what: &str| rows(&accepted[what]).count();
    println!("$ crosswalk customer accept {LICENCES} --yes");
    println!("  {} customers linked to their account, {} to a contract of it\n", count("accounts"), count("contracts"));
    let accounts: HashMap<String, String> = psa
        .companies()
        .iter()
        .filter_map(|row| Some((row["companyName"].as_str()?.to_owned(), row["id"].as_i64()?.to_string())))
        .collect();
    let open = crosswalk.json(&["customer", "list", LICENCES])?;
    for customer in rows(&open["customers"]).filter(|customer| customer["account"].is_null()) {
        let (id, name) = (text(customer, "id"), text(customer, "name"));
        // The operator knows them; the demo knows them by the world's own names.
        match accounts.get(name) {
            Some(account) => crosswalk.json(&["customer", "map", LICENCES, id, "--to", account])?,
            None => crosswalk.json(&["customer", "map", LICENCES, id, "--exclude"])?,
        };
    }
    crosswalk.json(&["plan", LICENCES])?;
    crosswalk.json(&["customer", "accept", LICENCES, "--yes"])?;
    say(crosswalk, &["product", "list", LICENCES], &[0])?;
    say(crosswalk, &["product", "accept", LICENCES, "--score", "0.8", "--yes"], &[0])?;
    let products = crosswalk.json(&["product", "list", LICENCES])?;
    for (nth, product) in rows(&products).filter(|product| product["state"] != "linked").enumerate() {
        let words = ["product", "create", LICENCES, text(product, "source")];
        if nth == 0 {
            say(crosswalk, &words, &[0])?;
            println!("  … and so on for the others that the PSA has no service for\n");
        } else {
            crosswalk.json(&words)?;
        }
    }
    if psa.counts().writes > 0 {
        return Err("mapping wrote to a vendor".into());
    }

    heading("Billing starts when a person approves: first one customer, line by line, then all");
    crosswalk.json(&["plan", LICENCES])?;
    let plan = newest(crosswalk, LICENCES)?;
    crosswalk.json(&["apply", &plan, "--kind", "product", "--release", "first-run", "--yes"])?;
    let lines = crosswalk.json(&["usage", "list", LICENCES, "--state", "waiting"])?;
    let first = rows(&lines).next().map(|line| text(line, "customer").to_owned()).ok_or("nothing to approve")?;
    say(crosswalk, &["usage", "list", LICENCES, "--customer", &first], &[0])?;
    say(crosswalk, &["usage", "approve", LICENCES, &first, "--yes"], &[0])?;
    let rest = crosswalk.json(&["usage", "approve", LICENCES, "--all", "--held", "--yes"])?;
    println!("  the rest in one go: {} lines\n", rows(&rest["changes"]).count());
    psa.reset_counts();
    say(crosswalk, &["run", LICENCES], &[0])?;
    let writes = psa.counts().writes;
    say(crosswalk, &["customer", "list", LICENCES, "--search", "acme"], &[0])?;
    say(crosswalk, &["usage", "history", LICENCES, &first], &[0])?;
    in_step(crosswalk, &vendor, psa, writes)
}

/// Counts at both vendors which lines are in step: what is billed is what the contract has.
fn in_step(crosswalk: &Crosswalk, vendor: &SophosCentral, psa: &Autotask, writes: u64) -> Result<usize, Trouble> {
    let mut billed = HashMap::<(String, String), i64>::new();
    for (customer, product, quantity) in vendor.billed(&vendor.month()) {
        *billed.entry((customer, product)).or_default() += quantity;
    }
    // In Rome it may be tomorrow already.
    let tomorrow = clock::iso(clock::now_ms() + clock::DAY_MS, clock::TimeStyle::Bare);
    let units: HashMap<i64, i64> =
        psa.service_lines(&tomorrow[..10]).into_iter().filter_map(|line| Some((line.id, line.units?))).collect();
    let lines = crosswalk.json(&["usage", "list", LICENCES])?;
    let mut agree = 0;
    for line in rows(&lines).filter(|line| line["state"] == "in-step" && !line["line"].is_null()) {
        let wanted = billed.get(&(text(line, "customer").to_owned(), text(line, "product").to_owned()));
        let has = text(line, "line").parse().ok().and_then(|id: i64| units.get(&id));
        if wanted != has {
            return Err(format!("a contract has {has:?} where {wanted:?} are billed: {line}").into());
        }
        agree += 1;
    }
    let adjusted = psa.adjustments().len();
    if writes > 0 || agree == 0 || !psa.duplicates().is_empty() {
        return Err(format!("{agree} lines agree, and another run wrote {writes} times").into());
    }
    println!("  counted at both vendors: {agree} lines agree after {adjusted} adjustments; another run wrote {writes}");
    Ok(agree)
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'v>(row: &'v Value, field: &str) -> &'v str {
    row[field].as_str().unwrap_or_default()
}

/// The same data into another vendor's PSA: one connection is changed, and nothing is built.
fn swap(crosswalk: &mut Crosswalk, rmm: &PulsewayRmm, existing: &Existing) -> Result<(), Trouble> {
    heading("Swap the PSA for another vendor's: one connection changes, the host and the RMM stay as they are");
    let psa = PulsewayPsa::start(existing, BmsOptions { hourly_limit: 1_000_000, ..BmsOptions::default() })?;
    println!(
        "  PSA  {}   {} accounts, {} hardware assets\n",
        psa.url(),
        psa.accounts().len(),
        psa.hardware_assets().len()
    );
    let words = crosswalk.connect_other("psa2", &psa);
    say(crosswalk, &words.iter().map(String::as_str).collect::<Vec<_>>(), &[0])?;
    say(crosswalk, &["connection", "check", "psa2"], &[0])?;
    say(crosswalk, &["sync", "swap", SYNC, "--to", "psa2", "--as", SWAPPED], &[0, 3])?;
    if psa.counts().writes > 0 {
        return Err("planning wrote to a vendor".into());
    }
    say(crosswalk, &["link", "accept", SWAPPED, "--score", "0.9", "--yes"], &[0])?;
    for id in ids(&undecided(crosswalk, SWAPPED, "customer")?) {
        crosswalk.json(&["link", "create", SWAPPED, "customer", &id])?;
    }
    crosswalk.json(&["plan", SWAPPED])?;
    let plan = newest(crosswalk, SWAPPED)?;
    say(crosswalk, &["apply", &plan, "--release", "first-run", "--yes"], &[0])?;
    settle_conflicts(crosswalk, SWAPPED)?;
    psa.reset_counts();
    say(crosswalk, &["run", SWAPPED], &[0])?;
    let there: HashSet<String> = keys(&psa.hardware_assets());
    let links = crosswalk.json(&["link", "list", SWAPPED, "--kind", "asset", "--state", "linked"])?;
    let linked = targets(&links).iter().filter(|id| there.contains(*id)).count();
    let (wanted, writes) = (rmm.devices().len(), psa.counts().writes);
    if linked != wanted || writes > 0 || !psa.duplicates().is_empty() {
        return Err(format!(
            "after the swap {linked} of {wanted} assets are in step, and another run wrote {writes} times: {:?}",
            psa.duplicates()
        )
        .into());
    }
    println!("  counted at the other PSA: {linked} assets in step, another run wrote {writes}");
    Ok(())
}

/// The links of a kind that wait for a person.
fn undecided(crosswalk: &Crosswalk, sync: &str, kind: &str) -> Result<Value, Trouble> {
    crosswalk.json(&["link", "list", sync, "--kind", kind, "--state", "proposed", "--state", "conflict"])
}

/// Records that the vendor's own duplicates keep from being matched are decided like any other.
fn settle_conflicts(crosswalk: &Crosswalk, sync: &str) -> Result<(), Trouble> {
    for kind in ["location", "asset"] {
        let open = undecided(crosswalk, sync, kind)?;
        let ids = ids(&open);
        if ids.is_empty() {
            continue;
        }
        println!(
            "  {} {kind}s look like something the PSA has, but not surely; the operator calls them new",
            ids.len()
        );
        for id in ids {
            crosswalk.json(&["link", "create", sync, kind, &id])?;
        }
    }
    crosswalk.json(&["plan", sync])?;
    let plan = newest(crosswalk, sync)?;
    say(crosswalk, &["apply", &plan, "--yes"], &[0])
}

/// A customer that is linked, not new: its plan shows links and updates beside creates.
fn busiest_linked(crosswalk: &Crosswalk) -> Result<String, Trouble> {
    let linked = crosswalk.json(&["link", "list", "rmm-to-psa", "--kind", "customer", "--state", "linked"])?;
    ids(&linked).pop().ok_or_else(|| "no customer is linked".into())
}

/// The newest plan's number.
fn newest(crosswalk: &Crosswalk, sync: &str) -> Result<String, Trouble> {
    let plans = crosswalk.json(&["plan", "--list", sync])?;
    plans[0]["id"].as_i64().map(|id| id.to_string()).ok_or_else(|| format!("no plan: {plans}").into())
}

/// Counts at the simulators what is in step.
fn verdict(rmm: &PulsewayRmm, psa: &Autotask, crosswalk: &Crosswalk, second_writes: u64) -> Result<String, Trouble> {
    let twins = psa.duplicates();
    if !twins.is_empty() {
        return Err(format!("the PSA has duplicates: {twins:?}").into());
    }
    let mut counts = Vec::new();
    for (kind, there, wanted) in [
        ("customer", keys(&psa.companies()), rmm.organisations().len()),
        ("location", keys(&psa.locations()), rmm.sites().len()),
        ("asset", keys(&psa.configuration_items()), rmm.devices().len()),
    ] {
        let links = crosswalk.json(&["link", "list", "rmm-to-psa", "--kind", kind, "--state", "linked"])?;
        let linked = targets(&links).iter().filter(|id| there.contains(*id)).count();
        if linked != wanted {
            return Err(format!("{linked} of {wanted} {kind}s are in step").into());
        }
        counts.push(linked);
    }
    if second_writes > 0 {
        return Err(format!("the second run wrote {second_writes} times").into());
    }
    Ok(format!(
        "demo: {} customers, {} locations, {} assets in step; second run wrote {second_writes}",
        counts[0], counts[1], counts[2]
    ))
}

fn keys(rows: &[Value]) -> HashSet<String> {
    rows.iter().filter_map(|row| row["id"].as_i64()).map(|id| id.to_string()).collect()
}

fn ids(links: &Value) -> Vec<String> {
    texts(links, "source")
}

fn targets(links: &Value) -> Vec<String> {
    texts(links, "target")
}

fn texts(links: &Value, field: &str) -> Vec<String> {
    rows(links).filter_map(|view| view[field].as_str()).map(str::to_owned).collect()
}

fn heading(text: &str) {
    println!("\n── {text}\n");
}

fn say(crosswalk: &Crosswalk, args: &[&str], fine: &[i32]) -> Result<(), Trouble> {
    println!("$ {}", Crosswalk::line(args));
    let status = crosswalk.run(args)?;
    println!();
    match status.code() {
        Some(code) if fine.contains(&code) => Ok(()),
        _ => Err(format!("`{}` ended with {status}", Crosswalk::line(args)).into()),
    }
}
