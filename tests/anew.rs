//! Customers made anew at the source: what was decided of the one before stands for its new record, whoever or whatever
//! links that.
//!
//! How such a customer is recognised is in `identity`, what it leaves behind in `left`.

use crate::billing::{assert_nothing_to_do, changes, line, next_day};
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, sync, told};
use crosswalk::engine::{CustomerFilter, CustomerState, CustomerView, Decision, UsageState};
use crosswalk::model::{Kind, LineKey, Switch, SyncRules};
use serde_json::json;

/// An id that is written otherwise in a line's name, and once more in a document.
const ODD: &str = "b/2 \"50%\"";

/// Two vendors with three customers of two products each, and a contract in force for every account.
struct Bed {
    app: TestApp,
    from: Scripted,
    to: Scripted,
}

/// How a source customer is told: by its name alone, or by its number as well.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    Name,
    Number,
}

const NAMES: [&str; 3] = ["Acme Foods", "Contoso Works", "Fabrikam Mills"];

impl Bed {
    async fn start(ids: [&str; 3], rules: impl FnOnce(&mut SyncRules)) -> Self {
        let (from, to) = (Scripted::start(), Scripted::start());
        let mut all = SyncRules::default();
        all.take_part(&[Kind::Customer, Kind::Usage, Kind::Alert]);
        rules(&mut all);
        let app = TestApp::start().await;
        app.join(from.connection("from", &json!({})), to.connection("to", &json!({})), all).await;
        for (product, called) in [("p1", "Mail"), ("p2", "Backup")] {
            from.put("product", product, None, called, &json!({ "code": product }));
            let service = json!({ "code": product, "price": "3" });
            to.put("product", &product.replace('p', "s"), None, called, &service);
        }
        let bed = Self { app, from, to };
        for (nth, (id, name)) in ids.iter().zip(NAMES).enumerate() {
            let (account, contract) = (format!("a{nth}"), format!("k{nth}"));
            bed.from.put("customer", id, None, name, &json!({ "number": format!("100{nth}") }));
            bed.to.put("customer", &account, None, name, &json!({ "number": format!("100{nth}") }));
            bed.to.put("contract", &contract, Some(&account), "Care", &json!({ "takes-usage": true }));
            for (product, quantity) in [("p1", 10), ("p2", 20)] {
                let fields = json!({ "product": product, "quantity": quantity + nth });
                bed.from.put("usage", &format!("r{nth}{product}"), Some(id), product, &fields);
            }
        }
        bed.round().await;
        for (nth, id) in ids.iter().enumerate() {
            bed.map(id, None, Some(&Decision::Link(format!("k{nth}")))).await;
        }
        bed.round().await;
        assert_nothing_to_do(&bed.app.plan().await);
        bed
    }

    async fn map(&self, customer: &str, account: Option<&Decision>, contract: Option<&Decision>) {
        let mapped = self.app.tenant.customer_map(&sync(), customer, account, contract, None).await;
        mapped.unwrap_or_else(|error| panic!("{customer}: {}", told(&error)));
    }

    /// Plans and applies.
    async fn round(&self) {
        let plan = self.app.plan().await;
        let report = self.app.apply(&plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }

    /// A customer is there under a new id, with what is counted of it.
    fn renew(&self, nth: usize, old: &str, new: &str, by: By) {
        self.from.remove("customer", old);
        let told = if by == By::Number { json!({ "number": format!("100{nth}") }) } else { json!({}) };
        self.from.put("customer", new, None, NAMES[nth], &told);
        for product in ["p1", "p2"] {
            self.from.edit("usage", &format!("r{nth}{product}"), &json!({ "parent": new }));
        }
    }

    async fn customer(&self, id: &str) -> CustomerView {
        let filter = CustomerFilter { ids: vec![id.to_owned()], ..CustomerFilter::default() };
        self.app.tenant.customer_list(&sync(), &filter).await.expect("customers").customers.remove(0)
    }

    async fn switch(&self, customer: &str, switch: Switch, on: bool) {
        let switched = self.app.tenant.customer_switch(&sync(), &[customer.to_owned()], &[(switch, on)]).await;
        switched.unwrap_or_else(|error| panic!("{customer}: {}", told(&error)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_of_a_contract_stands_though_a_score_would_link_one_to_the_customer_made_anew() {
    for by in [By::Number, By::Name] {
        // By a plan, which links the contract before it is let go; or by a score that takes both at once.
        let bed = Bed::start(["c1", "c2", "c3"], |rules| {
            let contracts = rules.kinds.get_mut(&Kind::Contract).expect("contracts");
            contracts.accept_score = (by == By::Number).then_some(0.9);
        })
        .await;
        // Yet to begin: the other is the only one in force.
        let next = json!({ "takes-usage": true, "starts": "2090-01-01T00:00:00Z" });
        bed.to.put("contract", "next", Some("a1"), "Care, next term", &next);
        bed.app.plan().await;
        bed.map("c1", None, Some(&Decision::Exclude)).await;
        bed.map("c2", None, Some(&Decision::Link("next".to_owned()))).await;
        bed.renew(0, "c1", "n1", by);
        bed.renew(1, "c2", "n2", by);
        bed.app.plan().await;
        match by {
            By::Number => bed.round().await,
            By::Name => {
                let accepted = bed.app.tenant.customer_accept(&sync(), 0.9, 0.9).await.expect("accepted");
                assert_eq!(accepted.accounts.len(), 2, "{accepted:?}");
            }
        }
        let plan = bed.app.plan().await;
        let (out, later) = (bed.customer("n1").await, bed.customer("n2").await);
        assert_eq!(out.account.as_ref().map(|(id, _)| id.as_str()), Some("a0"), "{by:?}: {out:?}");
        assert_eq!((out.state, &out.contract), (CustomerState::Excluded, &None), "{by:?}: it is not billed: {out:?}");
        assert_eq!(later.contract.as_ref().map(|(id, _)| id.as_str()), Some("next"), "{by:?}: {later:?}");
        let billed = changes(&bed.app, &plan).await.into_iter().any(|change| change.customer == "n1");
        assert!(!billed, "{by:?}: {:?}", plan.plan.totals);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_of_the_new_record_stands_before_what_was_said_of_the_one_before() {
    let bed = Bed::start(["c1", "c2", "c3"], |_| {}).await;
    bed.renew(0, "c1", "n1", By::Number);
    bed.app.plan().await;
    bed.map("n1", None, Some(&Decision::Exclude)).await;
    bed.round().await;
    let now = bed.customer("n1").await;
    assert_eq!((now.state, now.contract), (CustomerState::Excluded, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_was_left_out_stays_so_though_the_new_record_was_another_account_first() {
    let bed = Bed::start(["c1", "c2", "c3"], |rules| {
        rules.kinds.get_mut(&Kind::Contract).expect("contracts").accept_score = Some(0.9);
    })
    .await;
    bed.to.put("customer", "other", None, "Northwind Traders", &json!({}));
    bed.to.put("contract", "of-other", Some("other"), "Care", &json!({ "takes-usage": true }));
    bed.map("c1", None, Some(&Decision::Exclude)).await;
    bed.renew(0, "c1", "n1", By::Name);
    bed.app.plan().await;
    bed.map("n1", Some(&Decision::Link("other".to_owned())), None).await;
    bed.app.plan().await;
    let by_score = bed.customer("n1").await.contract;
    assert_eq!(by_score.as_ref().map(|(id, _)| id.as_str()), Some("of-other"));
    bed.map("n1", Some(&Decision::Link("a0".to_owned())), None).await;
    bed.app.plan().await;
    let now = bed.customer("n1").await;
    assert_eq!((now.state, &now.contract), (CustomerState::Excluded, &None), "{now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_a_customer_made_anew_is_in_step_whatever_signs_its_id_has() {
    for (old, new) in [("c1", ODD), (ODD, "c9"), (ODD, "%2F/")] {
        let bed = Bed::start([old, "c2", "c3"], |_| {}).await;
        let to = Decision::Link("s1".to_owned());
        bed.app.tenant.link_decide(&sync(), Kind::Product, "p2", &to).await.expect("mapped");
        next_day(&bed.app);
        bed.round().await;
        assert_nothing_to_do(&bed.app.plan().await);
        bed.renew(0, old, new, By::Number);
        bed.app.plan().await;
        bed.round().await;
        assert_nothing_to_do(&bed.app.plan().await);
        let sum = line(&bed.app, new, "p1").await;
        assert_eq!((sum.state, sum.counted, sum.parts.len()), (UsageState::InStep, Some(30), 2), "{sum:?}");
    }
}

/// Two customers on the contract of the first, whose line has both.
async fn sum_of_two(second: &str) -> Bed {
    let bed = Bed::start(["c1", second, "c3"], |_| {}).await;
    let (account, contract) = (Decision::Link("a0".to_owned()), Decision::Link("k0".to_owned()));
    bed.map(second, Some(&account), Some(&contract)).await;
    next_day(&bed.app);
    bed.round().await;
    assert_nothing_to_do(&bed.app.plan().await);
    bed
}

async fn assert_billed_together(bed: &Bed, leads: &str, part: &str) {
    assert_nothing_to_do(&bed.app.plan().await);
    let sum = line(&bed.app, leads, "p1").await;
    let parts: Vec<&str> = sum.parts.iter().map(|part| part.customer.as_str()).collect();
    assert_eq!((sum.state, parts), (UsageState::InStep, vec![leads, part]), "{sum:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_another_leads_goes_on_with_a_part_made_anew_and_is_taken_back_with_it() {
    for (old, new) in [("c2", "n2"), (ODD, "n2"), ("c2", ODD)] {
        let bed = sum_of_two(old).await;
        bed.renew(1, old, new, By::Name);
        bed.app.plan().await;
        let account = Decision::Link("a0".to_owned());
        let decided = bed.app.tenant.link_decide(&sync(), Kind::Customer, new, &account).await;
        decided.unwrap_or_else(|error| panic!("{old} {new}: {}", told(&error)));
        assert_billed_together(&bed, "c1", new).await;

        let newest = crosswalk::store::JournalFilter { sync: Some(sync()), limit: 1, ..Default::default() };
        let entry = bed.app.tenant.journal(&newest).await.expect("a journal").remove(0);
        let detail = entry.detail.expect("what it rested on");
        let id = detail["decision"].as_str().expect("an id");
        let taken = bed.app.tenant.decision_take_back(&sync(), id).await.expect("taken back");
        assert!(taken.left.is_empty(), "{old} {new}: {:?}", taken.left);
        let sum = bed.app.tenant.why(&sync(), Kind::Usage, "c1/p1").await.expect("a line").link.expect("a link");
        let parts = sum.memory.line().parts.as_deref().expect("a sum");
        let named: Vec<_> = parts.iter().map(|part| (part.line.clone(), part.counted)).collect();
        let expected = [("c1/p1".to_owned(), Some(10)), (LineKey::new(old, "p1").to_string(), Some(11))];
        assert_eq!(named, expected, "{old} {new}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_whose_customers_are_all_made_anew_goes_on_in_one_decision_or_one_after_the_other() {
    for at_once in [true, false] {
        let bed = sum_of_two("c2").await;
        bed.renew(0, "c1", "n1", By::Name);
        bed.renew(1, "c2", "n2", By::Name);
        bed.app.plan().await;
        if at_once {
            let rows = "customer,account\nn1,a0\nn2,a0\n";
            let imported = bed.app.tenant.customer_import(&sync(), rows.as_bytes(), false).await;
            imported.unwrap_or_else(|error| panic!("{}", told(&error)));
        } else {
            for new in ["n2", "n1"] {
                bed.map(new, Some(&Decision::Link("a0".to_owned())), None).await;
            }
        }
        assert_billed_together(&bed, "n1", "n2").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_nobody_set_of_the_new_record_is_as_it_was_though_another_was_set() {
    for by in [By::Number, By::Name] {
        let bed = Bed::start(["c1", "c2", "c3"], |_| {}).await;
        bed.switch("c1", Switch::Usage, false).await;
        bed.switch("c1", Switch::Tickets, false).await;
        bed.renew(0, "c1", "n1", by);
        bed.app.plan().await;
        // On by the rule: by its own word it is off, and on again.
        for on in [false, true] {
            bed.switch("n1", Switch::Tickets, on).await;
        }
        match by {
            By::Number => bed.round().await,
            By::Name => bed.map("n1", Some(&Decision::Link("a0".to_owned())), None).await,
        }
        let now = bed.customer("n1").await;
        assert_eq!((now.account.is_some(), now.usage, now.tickets), (true, false, true), "{by:?}: {now:?}");
    }
}
