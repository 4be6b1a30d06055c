//! Events of the journal, each with its word.

use super::Action;
use crate::words::words;

words! {
    /// The event of a journal entry.
    #[derive(Default)]
    "an event" Event {
        /// A link was recorded.
        Linked = "linked",
        /// A record was created.
        Created = "created",
        /// Fields were written.
        Updated = "updated",
        /// A record got another parent.
        Moved = "moved",
        /// A record left use because its source moved, or a line ended.
        Retired = "retired",
        /// A record was taken out of use.
        Deactivated = "deactivated",
        /// A record was put back in use.
        Reactivated = "reactivated",
        /// A ticket was made.
        Opened = "opened",
        /// A note was added to a ticket.
        Noted = "noted",
        /// A ticket was closed.
        Closed = "closed",
        /// A record was created at the source.
        CreatedAtSource = "created at the source",
        /// A link was taken back.
        Unlinked = "unlinked",
        /// A write failed.
        Failed = "failed",
        /// The state that a change was planned on has changed.
        Stale = "stale",
        /// A change was left out because what it refers to is not linked.
        Skipped = "skipped",
        /// A change waits for a later run.
        PutOff = "put off",
        /// The vendor works on a write.
        Accepted = "accepted",
        /// It is unknown whether a write was carried out.
        Uncertain = "uncertain",
        /// The outcome of an uncertain write was found.
        LookedUp = "looked up",
        /// A part of a plan was approved, to be applied later.
        Approved = "approved",
        /// Approvals of a plan were withdrawn.
        Withdrawn = "withdrawn",
        /// Brakes were released by an approval.
        Released = "released",
        /// The gate refused a request.
        Refused = "refused",
        /// A link was decided by a person or a file.
        Decided = "decided",
        /// A decision on a link that is billed.
        Mapped = "mapped",
        /// Two records were linked to one, which a migration took apart.
        Conflict = "conflict",
        /// A switch of a customer was set.
        Switched = "switched",
        /// A count was dismissed.
        Dismissed = "dismissed",
        /// A line of a contract was taken over.
        Taken = "taken",
        /// A sync was added.
        SyncAdded = "sync-added",
        /// Rules of a sync were changed.
        SyncChanged = "sync-changed",
        /// A sync was removed.
        SyncRemoved = "sync-removed",
        /// A sync was paused.
        Paused = "paused",
        /// A sync was resumed.
        Resumed = "resumed",
        /// Another connection took a sync's place.
        Swapped = "swapped",
        /// A connection was added.
        ConnectionAdded = "connection-added",
        /// Settings of a connection were changed.
        ConnectionChanged = "connection-changed",
        /// A connection was let out of quarantine.
        ConnectionReleased = "connection-released",
        /// A secret was changed.
        SecretChanged = "secret-changed",
        /// An endpoint was granted.
        Granted = "granted",
        /// A grant was revoked.
        Revoked = "revoked",
        /// A connection answered with its account for the first time.
        AccountKept = "account-kept",
        /// A connection answers as its account again.
        AccountBack = "account-back",
        /// A person accepted another account of a connection.
        AccountChanged = "account-changed",
        /// A connection answered as another account.
        AccountOther = "account-other",
        /// A person said that an account is the same as before.
        AccountSame = "account-same",
        /// The clock was wrong.
        Clock = "clock",
        /// An event of an earlier version.
        #[default]
        Other = "other",
    }
}

impl Event {
    /// The event of a change that was done.
    #[must_use]
    pub fn done(action: Action) -> Self {
        match action {
            Action::Link => Event::Linked,
            Action::Create => Event::Created,
            Action::Update => Event::Updated,
            Action::Move => Event::Moved,
            Action::Retire => Event::Retired,
            Action::Deactivate => Event::Deactivated,
            Action::Reactivate => Event::Reactivated,
            Action::Open => Event::Opened,
            Action::Append => Event::Noted,
            Action::Close => Event::Closed,
            Action::CreateSource => Event::CreatedAtSource,
            Action::Unlink => Event::Unlinked,
        }
    }

    /// Whether something was written to a vendor.
    #[must_use]
    pub fn is_write(self) -> bool {
        Action::ALL.into_iter().any(|action| action.writes() && Event::done(action) == self)
    }
}
