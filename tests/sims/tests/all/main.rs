//! What the sims promise, asked over real HTTP. One binary; by file:

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "the client is shared with the speed example")]

/// The program that runs both sims in a process of their own.
mod bin;
/// The PSA with logins: tokens, envelopes, lists, writes, tickets.
mod bms;
/// A client that sees every byte.
mod client;
/// Datto RMM: token, pages, records, audits, alerts, writes, limits.
mod datto;
/// The first PSA's service desk.
mod desk;
/// What can go wrong, fault by fault.
mod faults;
/// Faults that need to know what a vendor holds.
mod held;
/// The PSA: zone, verbs, queries, pages, writes, brakes.
mod psa;
/// Pulseway RMM: login, lists, filters, tree, records, writes.
mod rmm;
/// Sophos Central: token, tenants, usage by month, licences, alerts.
mod sophos;
/// The first PSA's services on contracts: units and adjustments.
mod usage;

use client::Client;
use crosswalk_sims::{Autotask, Existing, PsaOptions, PulsewayRmm, RmmOptions, Size, World};

/// A small world, the same each time.
fn world() -> World {
    World::generate(Size::new(12, 18, 250), 3)
}

fn rmm(options: RmmOptions) -> (PulsewayRmm, Client) {
    let rmm = PulsewayRmm::start(&world(), options).unwrap();
    let client = rmm_client(&rmm);
    (rmm, client)
}

fn rmm_client(rmm: &PulsewayRmm) -> Client {
    // base64 of "sim-token-id:sim-token-secret"
    Client::new(&rmm.url(), &[("Authorization", "Basic c2ltLXRva2VuLWlkOnNpbS10b2tlbi1zZWNyZXQ=")])
}

fn psa(existing: &Existing, options: PsaOptions) -> (Autotask, Client) {
    let psa = Autotask::start(existing, options).unwrap();
    let client = psa_client(&psa);
    (psa, client)
}

fn psa_client(psa: &Autotask) -> Client {
    let headers = [("ApiIntegrationCode", psa.integration_code()), ("UserName", psa.user()), ("Secret", psa.secret())];
    Client::new(&psa.url(), &headers)
}
