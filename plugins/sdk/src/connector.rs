//! The trait a connector implements, and the glue that exports it.
//!
//! Every call gets a fresh instance and a fresh [`Host`]; nothing is kept in memory between calls.

use crate::bindings::{Guest, exports};
use crate::host::Imports;
use crate::{Change, Choice, Description, Failure, Host, Identity, Outcome, Page, Query, Settlement, Signal, Webhook};
use std::marker::PhantomData;

/// What a vendor is to Crosswalk. See `wit/connector.wit` for what each call must keep to.
pub trait Connector {
    /// What it can do. Must not call out.
    fn describe(host: &dyn Host) -> Description;

    /// Is this account usable, and who is it?
    ///
    /// # Errors
    /// Why it is not.
    fn check(host: &dyn Host) -> Result<Identity, Failure>;

    /// One page of what is asked. Must not write.
    ///
    /// # Errors
    /// Why there is none.
    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure>;

    /// Does these changes, and tells of each.
    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome>;

    /// What can be chosen for a setting.
    ///
    /// # Errors
    /// Unsupported, for one that has no choices; or why they cannot be read.
    fn choices(_host: &dyn Host, setting: &str) -> Result<Vec<Choice>, Failure> {
        Err(Failure::Unsupported(format!("there is no list of choices for `{setting}`")))
    }

    /// Asks after tokens that `write` gave.
    fn settle(_host: &dyn Host, tokens: Vec<String>) -> Vec<Outcome> {
        let unknown = || Settlement::Failed(Failure::Unsupported("this connector gives no tokens".to_owned()));
        tokens.into_iter().map(|change| Outcome { change, result: unknown() }).collect()
    }

    /// Runs a job of the manifest.
    ///
    /// # Errors
    /// Unsupported, for one it does not have; or why it failed.
    fn run(_host: &dyn Host, job: &str, _payload: &str) -> Result<Vec<Signal>, Failure> {
        Err(Failure::Unsupported(format!("there is no job `{job}`")))
    }

    /// Takes a webhook.
    ///
    /// # Errors
    /// Unsupported, for one it does not have; or why it failed.
    fn event(_host: &dyn Host, event: Webhook) -> Result<Vec<Signal>, Failure> {
        Err(Failure::Unsupported(format!("there is no webhook `{}`", event.name)))
    }
}

/// Says what a panic said before it becomes a bare trap. Set at the start of every exported call.
fn tell_panics() {
    if cfg!(target_arch = "wasm32") {
        std::panic::set_hook(Box::new(|panic| Imports.log(crate::Level::Error, &panic.to_string())));
    }
}

/// A connector behind the contract's exports; made by [`export!`](crate::export).
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<C>(PhantomData<C>);

impl<C: Connector> Guest for Component<C> {
    fn describe() -> Description {
        tell_panics();
        C::describe(&Imports)
    }
    fn check() -> Result<Identity, Failure> {
        tell_panics();
        C::check(&Imports)
    }
}

impl<C: Connector> exports::crosswalk::connector::reader::Guest for Component<C> {
    fn read(query: Query, after: Option<String>) -> Result<Page, Failure> {
        tell_panics();
        C::read(&Imports, query, after.as_deref())
    }
    fn choices(setting: String) -> Result<Vec<Choice>, Failure> {
        tell_panics();
        C::choices(&Imports, &setting)
    }
}

impl<C: Connector> exports::crosswalk::connector::writer::Guest for Component<C> {
    fn write(changes: Vec<Change>) -> Vec<Outcome> {
        tell_panics();
        C::write(&Imports, changes)
    }
    fn settle(tokens: Vec<String>) -> Vec<Outcome> {
        tell_panics();
        C::settle(&Imports, tokens)
    }
}

impl<C: Connector> exports::crosswalk::connector::jobs::Guest for Component<C> {
    fn run(job: String, payload: String) -> Result<Vec<Signal>, Failure> {
        tell_panics();
        C::run(&Imports, &job, &payload)
    }
    fn event(event: Webhook) -> Result<Vec<Signal>, Failure> {
        tell_panics();
        C::event(&Imports, event)
    }
}

/// Exports a [`Connector`] as the component. Does nothing when built natively, where the export names
/// cannot be linked and the same crate serves tests.
#[macro_export]
macro_rules! export {
    ($connector:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod exported {
            type Exported = $crate::connector::Component<super::$connector>;
            $crate::bindings::export_component!(Exported with_types_in $crate::bindings);
        }
    };
}
