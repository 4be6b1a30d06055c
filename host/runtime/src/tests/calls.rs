//! Misbehaviour of guests, one kind per test: each is a failure of that call, with a message, and
//! the next call on the same host succeeds.

use super::guest::{getting, guest, guest_with};
use super::vendor::{Vendor, ok};
use super::*;
use std::sync::atomic::Ordering;
use std::time::Instant;

const LOOP: &str = "(loop $again (br $again)) unreachable";
const FINE: &str = "(i32.const 1024)";

/// Returns the failure of a misbehaving guest, and a subsequent call of a well-behaved one.
async fn habit(runtime: &Runtime, bad: &[u8]) -> String {
    let (connector, _) = opened(runtime, bad).await;
    let message = check(&connector).await.unwrap_err();
    let (fine, _) = opened(runtime, &guest(FINE)).await;
    assert_eq!(check(&fine).await, Ok(String::new()), "after: {message}");
    assert_eq!(check(&connector).await, Err(message.clone()), "the same again");
    message
}

#[tokio::test]
async fn an_endless_loop_is_stopped() {
    let short = runtime(|limits| limits.cpu = Duration::from_millis(50));
    assert_eq!(
        habit(&short, &guest(LOOP)).await,
        "broken: the connector was stopped: it used more than 50ms of processor time"
    );
    let start = guest_with(FINE, &format!("(func $forever {LOOP}) (start $forever)"));
    assert!(habit(&short, &start).await.contains("processor time"), "a loop in the start function");
    let calling = guest("(loop $again (drop (call $now)) (br $again)) unreachable");
    assert!(habit(&short, &calling).await.contains("processor time"), "a loop of cheap host calls");
    let wall = runtime(|limits| limits.wall = Duration::from_millis(80));
    assert_eq!(habit(&wall, &guest(LOOP)).await, "broken: the connector was stopped: it took longer than 80ms");
}

#[tokio::test]
async fn memory_is_capped_over_all_memories_of_a_call() {
    let small = runtime(|limits| limits.memory_per_call = 1 << 20);
    let hoard = guest("(loop $again (drop (memory.grow (i32.const 1))) (br $again)) unreachable");
    assert_eq!(
        habit(&small, &hoard).await,
        "broken: the connector was stopped: it wanted more than the 1 MiB of memory a call may have"
    );
    let tables = guest_with(
        "(loop $again (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $again)) unreachable",
        "(table $t 1 funcref)",
    );
    assert!(habit(&small, &tables).await.contains("table elements"));
}

#[tokio::test]
async fn memory_is_capped_over_all_calls_of_a_tenant() {
    let vendor = Vendor::start(|_, _| vendor::Answer::Silence).await;
    let runtime = runtime(|limits| {
        limits.memory_per_tenant = 1 << 20;
        limits.http.attempt = Duration::from_millis(300);
        limits.http.tries = 1;
    });
    // Ten calls that wait for the vendor hold 64 KiB each; 512 KiB more is too much for this
    // tenant, and fine for another.
    let waiting = runtime.load(&getting("/x")).await.unwrap();
    let (waiting, _) = open_for("one", &runtime, &waiting, &vendor.base);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            tokio::spawn({
                let waiting = Arc::clone(&waiting);
                async move { check(&waiting).await }
            })
        })
        .collect();
    while vendor.arrived.lock().unwrap().len() < 10 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let taking = runtime.load(&guest("(drop (memory.grow (i32.const 8))) (i32.const 1024)")).await.unwrap();
    let (one, _) = open_for("one", &runtime, &taking, &vendor.base);
    let (two, _) = open_for("two", &runtime, &taking, &vendor.base);
    assert!(check(&one).await.unwrap_err().contains("the calls of this tenant together"));
    assert_eq!(check(&two).await, Ok(String::new()));
    for call in calls {
        assert!(call.await.unwrap().unwrap_err().contains("no complete reply"));
    }
    assert_eq!(check(&one).await, Ok(String::new()), "what ended gave its memory back");
}

#[tokio::test]
async fn a_crash_is_told_with_the_guest_s_own_words() {
    let runtime = runtime(|_| ());
    let crash = guest_with(
        "(call $log (i32.const 3) (i32.const 2048) (i32.const 26)) unreachable",
        r#"(data (i32.const 2048) "panicked at lib.rs:7:\nboom")"#,
    );
    let message = habit(&runtime, &crash).await;
    assert!(
        message.starts_with("broken: the connector crashed: wasm trap: wasm `unreachable` instruction executed"),
        "{message}"
    );
    assert!(message.ends_with("; it said: panicked at lib.rs:7: boom"), "{message}");
    let deep = guest_with("(call $deeper) unreachable", "(func $deeper (call $deeper))");
    assert!(habit(&runtime, &deep).await.contains("call stack exhausted"));
    // An address far outside the memory, where the host would read the answer.
    assert!(habit(&runtime, &guest("(i32.const -8)")).await.contains("crashed"));
}

#[tokio::test]
async fn a_flood_of_lines_is_cut() {
    let runtime = runtime(|limits| limits.log_lines = 3);
    let flood = guest_with(
        "(local $n i32)
         (loop $again
           (call $log (i32.const 1) (i32.const 2048) (i32.const 5))
           (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10))))
         (i32.const 1024)",
        r#"(data (i32.const 2048) "hello")"#,
    );
    let (connector, ports) = opened(&runtime, &flood).await;
    check(&connector).await.unwrap();
    let lines = ports.lines.lock().unwrap().clone();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[..3], ["info: hello"; 3]);
    assert!(lines[3].starts_with("warn: the connector logs more"));
}

#[tokio::test]
async fn a_huge_argument_is_refused_before_it_is_copied() {
    // A line of 16 MiB: more than a guest may hand over in one go.
    let runtime = runtime(|_| ());
    let huge = guest(
        "(drop (memory.grow (i32.const 320))) (call $log (i32.const 1) (i32.const 0) (i32.const 16777216)) (i32.const 1024)",
    );
    let (connector, ports) = opened(&runtime, &huge).await;
    // `check` may hand over a page's worth; only what is logged is kept.
    check(&connector).await.unwrap();
    assert!(ports.lines.lock().unwrap().iter().all(|line| line.len() < 5_000));
    let report = connector.describe().await;
    assert!(report.is_ok());
    let small = super::runtime(|limits| limits.result_bytes = 1 << 20);
    assert!(habit(&small, &huge).await.contains("fuel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_that_never_end_stop_nobody_else() {
    let vendor = Vendor::start(|_, _| ok("fine")).await;
    let runtime = runtime(|limits| {
        limits.cpu = Duration::from_secs(60);
        limits.wall = Duration::from_secs(60);
    });
    let looping = runtime.load(&guest(LOOP)).await.unwrap();
    let (looping, _) = open_for("bad", &runtime, &looping, &vendor.base);
    let loops: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let looping = Arc::clone(&looping);
                async move { check(&looping).await }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let good = runtime.load(&getting("/x")).await.unwrap();
    let (good, _) = open_for("good", &runtime, &good, &vendor.base);
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(check(&good).await, Ok("fine".to_owned()));
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "ten calls took {took:?} beside four endless ones");
    for task in loops {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_ends_and_leaves_nothing() {
    let runtime = runtime(|_| ());
    let looping = runtime.load(&guest(LOOP)).await.unwrap();
    let (connector, _) = open_for("one", &runtime, &looping, "http://127.0.0.1:9");
    assert!(tokio::time::timeout(Duration::from_millis(30), check(&connector)).await.is_err());
    let (fine, _) = opened(&runtime, &guest(FINE)).await;
    assert_eq!(check(&fine).await, Ok(String::new()));
    drop((looping, connector));
    // Its slot is free again once it reached its next tick.
    let limits = Limits { calls_at_once: 1, ..Limits::default() };
    let one = Runtime::new(RuntimeOptions { limits, guest_threads: 2, ..RuntimeOptions::default() }).unwrap();
    let (looping, _) = opened(&one, &guest(LOOP)).await;
    let (fine, _) = opened(&one, &guest(FINE)).await;
    assert!(tokio::time::timeout(Duration::from_millis(30), check(&looping)).await.is_err());
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), check(&fine)).await, Ok(Ok(String::new())));
}

#[tokio::test]
async fn the_deadline_starts_when_the_call_does() {
    let limits = Limits { calls_at_once: 1, wall: Duration::from_millis(300), ..Limits::default() };
    let runtime = Runtime::new(RuntimeOptions { limits, guest_threads: 2, ..RuntimeOptions::default() }).unwrap();
    let (looping, _) = opened(&runtime, &guest(LOOP)).await;
    let (fine, _) = opened(&runtime, &guest(FINE)).await;
    let first = tokio::spawn(async move { check(&looping).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(check(&fine).await, Ok(String::new()), "it waited longer than a call may take, and then took its time");
    assert!(first.await.unwrap().unwrap_err().contains("longer than"));
}

#[tokio::test]
async fn a_guest_reads_its_settings_and_no_secret() {
    let runtime = runtime(|_| ());
    let telling = guest(
        "(call $settings (i32.const 3000))
         (i32.store (i32.const 3408) (i32.load (i32.const 3000)))
         (i32.store (i32.const 3412) (i32.load (i32.const 3004)))
         (i32.const 3400)",
    );
    let (connector, _) = opened(&runtime, &telling).await;
    assert_eq!(check(&connector).await, Ok(r#"{"user":"anna"}"#.to_owned()));
}

#[tokio::test]
async fn a_panic_of_the_host_is_that_call_s_failure() {
    let runtime = runtime(|_| ());
    let shouting = guest_with(
        "(call $log (i32.const 1) (i32.const 2048) (i32.const 5)) (i32.const 1024)",
        r#"(data (i32.const 2048) "panic")"#,
    );
    let plugin = runtime.load(&shouting).await.unwrap();
    let (connector, ports) = open_for("default", &runtime, &plugin, "http://127.0.0.1:9");
    ports.panics.store(true, Ordering::Relaxed);
    assert!(check(&connector).await.unwrap_err().contains("the host itself failed"));
    ports.panics.store(false, Ordering::Relaxed);
    assert_eq!(check(&connector).await, Ok(String::new()));
}

#[tokio::test]
async fn describe_reaches_nothing() {
    let vendor = Vendor::start(|_, _| ok("fine")).await;
    let runtime = runtime(|_| ());
    let calling = super::guest::describing_by_calling();
    let plugin = runtime.load(&calling).await.unwrap();
    plugin.describe().await.unwrap();
    let (connector, ports) = open_for("default", &runtime, &plugin, &vendor.base);
    connector.describe().await.unwrap();
    assert_eq!(vendor.lines(), Vec::<String>::new());
    assert_eq!(*ports.refusals.lock().unwrap(), ["`describe` is asked without an account and must not call out"]);
}
