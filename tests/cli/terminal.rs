//! What vendors and files say reaches a terminal without what steers it or misleads the eye.

use crate::harness::TestApp;
use crate::harness::pair::{Psa, Rmm};
use crate::harness::program::Program;
use crosswalk::model::SyncRules;
use crosswalk_sims::{Existing, World};

/// A name whose end reads backwards, with signs nobody sees.
const NAME: &str = "Acme\u{202e}exe.\u{2066}Ltd\u{200b}\u{feff}";

/// Whether a sign steers a terminal, turns text, or is not seen.
fn is_foul(sign: char) -> bool {
    (sign.is_control() && sign != '\n')
        || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_of_a_vendor_turns_or_steers_what_a_person_reads() {
    let world = World::by_hand().customer(NAME).device("PC\u{202e}-1", "SN-1").build();
    let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start("autotask", &Existing::default()));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
    let plan = app.plan().await.plan.id;
    let customer = rmm.customers().remove(0).0;
    app.engine.close().await;
    let program = Program::over(app.folder.path());
    let mut named = 0;
    for line in [
        "link list rmm-to-psa".to_owned(),
        "customer list rmm-to-psa".to_owned(),
        "journal".to_owned(),
        format!("plan --show {plan}"),
        format!("why rmm-to-psa customer {customer}"),
        "link list no\u{202e}where".to_owned(),
        format!("--json why rmm-to-psa customer {customer}"),
        "--json link list rmm-to-psa".to_owned(),
        "--json link list no\u{202e}where".to_owned(),
    ] {
        let said = program.run(&line);
        let whole = format!("{}{}", said.out, said.err);
        let foul: Vec<char> = whole.chars().filter(|sign| is_foul(*sign)).collect();
        assert!(foul.is_empty(), "{line}: {foul:?} in {whole}");
        named += usize::from(whole.contains("Acme"));
    }
    assert!(named >= 3, "the name was told {named} times");
}
