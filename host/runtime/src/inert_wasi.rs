//! WASI 0.2 for the runtimes of other languages, linked inert: there are no files, sockets,
//! environment or arguments, and printed text is discarded. Functions that such a runtime calls at
//! start return empty results; any other ends the call with the function's name.
//!
//! Clocks and random numbers are real: they open no way in or out, and a predictable random number
//! is worse than none. Rust connectors import none of this.

use super::catalog::Inspected;
use super::host::CallState;
use wasmtime::component::{
    Component, ComponentType, Linker, LinkerInstance, Lower, Resource, ResourceAny, ResourceType, Val,
};
use wasmtime::{Result, StoreContextMut};

/// Most random bytes of one call.
const RANDOM_MAX: u64 = 64 * 1024;
/// Bytes that a discarding stream accepts at once.
const STREAM_ROOM: u64 = 64 * 1024;

/// Defines the WASI functions that a component imports. Their names were checked before.
pub(super) fn link(linker: &mut Linker<CallState>, component: &Component, inspected: &Inspected) -> Result<()> {
    for name in inspected.wasi() {
        let interface = name.split_once('@').map_or(name, |(interface, _)| interface);
        answer(interface, &mut linker.instance(name)?)?;
    }
    linker.define_unknown_imports_as_traps(component)
}

fn answer(interface: &str, linker: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    let nothing = || Val::List(Vec::new());
    match interface {
        "wasi:cli/environment" => {
            constant(linker, "get-environment", nothing())?;
            constant(linker, "get-arguments", nothing())?;
            constant(linker, "initial-cwd", Val::Option(None))
        }
        "wasi:filesystem/preopens" => constant(linker, "get-directories", nothing()),
        "wasi:cli/terminal-stdin" => constant(linker, "get-terminal-stdin", Val::Option(None)),
        "wasi:cli/terminal-stdout" => constant(linker, "get-terminal-stdout", Val::Option(None)),
        "wasi:cli/terminal-stderr" => constant(linker, "get-terminal-stderr", Val::Option(None)),
        "wasi:cli/stdin" => stream(linker, "get-stdin"),
        "wasi:cli/stdout" => stream(linker, "get-stdout"),
        "wasi:cli/stderr" => stream(linker, "get-stderr"),
        "wasi:io/streams" => streams(linker),
        "wasi:clocks/wall-clock" => {
            function(linker, "now", |store, _| Ok(datetime(store.data().now_ms())))?;
            constant(linker, "resolution", datetime(1))
        }
        "wasi:clocks/monotonic-clock" => {
            function(linker, "now", |store, _| Ok(Val::U64(store.data().now_ms().saturating_mul(1_000_000))))?;
            constant(linker, "resolution", Val::U64(1_000_000))
        }
        "wasi:random/random" => random(linker, "get-random-bytes", "get-random-u64"),
        "wasi:random/insecure" => random(linker, "get-insecure-random-bytes", "get-insecure-random-u64"),
        "wasi:random/insecure-seed" => function(linker, "insecure-seed", |_, _| {
            Ok(Val::Tuple(vec![Val::U64(getrandom::u64()?), Val::U64(getrandom::u64()?)]))
        }),
        _ => Ok(()),
    }
}

fn function(
    linker: &mut LinkerInstance<'_, CallState>,
    name: &str,
    answer: impl Fn(&mut StoreContextMut<'_, CallState>, &[Val]) -> Result<Val> + Send + Sync + 'static,
) -> Result<()> {
    linker.func_new(name, move |mut store, _, given, results| {
        let value = answer(&mut store, given)?;
        if let Some(place) = results.first_mut() {
            *place = value;
        }
        Ok(())
    })
}

fn constant(linker: &mut LinkerInstance<'_, CallState>, name: &str, value: Val) -> Result<()> {
    function(linker, name, move |_, _| Ok(value.clone()))
}

fn random(linker: &mut LinkerInstance<'_, CallState>, bytes: &str, number: &str) -> Result<()> {
    function(linker, bytes, |_, given| {
        let wanted = match given.first() {
            Some(Val::U64(wanted)) => (*wanted).min(RANDOM_MAX),
            _ => 0,
        };
        let mut bytes = vec![0; usize::try_from(wanted)?];
        getrandom::fill(&mut bytes)?;
        Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
    })?;
    function(linker, number, |_, _| Ok(Val::U64(getrandom::u64()?)))
}

fn datetime(ms: u64) -> Val {
    let nanoseconds = u32::try_from(ms % 1_000 * 1_000_000).unwrap_or_default();
    Val::Record(vec![("seconds".to_owned(), Val::U64(ms / 1_000)), ("nanoseconds".to_owned(), Val::U32(nanoseconds))])
}

/// A function that returns a stream. All inert resources have one type and no state.
fn stream(linker: &mut LinkerInstance<'_, CallState>, name: &str) -> Result<()> {
    function(linker, name, |store, _| {
        let stream = ResourceAny::try_from_resource(Resource::<()>::new_own(0), store)?;
        Ok(Val::Resource(stream))
    })
}

/// The error of a closed stream, as WASI defines it.
#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "WASI has this case; an inert stream never fails so")]
    LastOperationFailed(Resource<()>),
    #[component(name = "closed")]
    Closed,
}

type Streamed<T> = Result<(std::result::Result<T, StreamError>,)>;

/// Streams that read as closed and discard writes. These are typed functions, so that the engine
/// tracks borrowed handles.
fn streams(linker: &mut LinkerInstance<'_, CallState>) -> Result<()> {
    for resource in ["input-stream", "output-stream"] {
        linker.resource(resource, ResourceType::host::<()>(), |_, _| Ok(()))?;
    }
    for method in ["read", "blocking-read"] {
        let ended = |_: StoreContextMut<'_, CallState>, _: (Resource<()>, u64)| -> Streamed<Vec<u8>> {
            Ok((Err(StreamError::Closed),))
        };
        linker.func_wrap(&format!("[method]input-stream.{method}"), ended)?;
    }
    for method in ["write", "blocking-write-and-flush"] {
        let taken = |_: StoreContextMut<'_, CallState>, _: (Resource<()>, Vec<u8>)| -> Streamed<()> { Ok((Ok(()),)) };
        linker.func_wrap(&format!("[method]output-stream.{method}"), taken)?;
    }
    for method in ["flush", "blocking-flush"] {
        let done = |_: StoreContextMut<'_, CallState>, _: (Resource<()>,)| -> Streamed<()> { Ok((Ok(()),)) };
        linker.func_wrap(&format!("[method]output-stream.{method}"), done)?;
    }
    let room = |_: StoreContextMut<'_, CallState>, _: (Resource<()>,)| -> Streamed<u64> { Ok((Ok(STREAM_ROOM),)) };
    linker.func_wrap("[method]output-stream.check-write", room)
}
