### Steps of a run: reading, planning, looking up, applying, undoing, and work that is due.

## Words.

## $action (String): the contract's word for what a change does.

run-action = { $action }

# What a change does to which record, before a colon.
run-change = { run-action } { kind } { $name }
# All changes of one kind and action, before a colon.
run-changes = { run-action } { kind }
run-failure = { $what }: { $why }
write-of-record = { kind } { $id }: { $why }

## The end of a run.

run-undid = undid run { $run }
# $brakes: a list of `run-released-brake`.
run-released = plan { $plan }: { $brakes } released by { $by }
run-released-brake =
    `{ $brake }` of { $count } { kind } { $count ->
        [one] change
       *[other] changes
    }
run-refuses-all = `{ $connection }` refuses all of them: { $why }
run-rest-waits = the rest of it waits: { $why }

## What was asked for cannot be done.

run-plan-superseded = plan { $plan } is superseded by plan { $newer }, which was made from what is there now
run-hint-newer-plan = look at that one: { $show }, then { $apply }
run-plan-of-another-account = plan { $plan } was made before `{ $connection }` went over to another account
run-hint-plan-anew = { $plan } makes one from what is there now
run-no-tickets = the target `{ $target }` has no tickets
run-hint-other-target = choose another target
run-kind-not-synced = the sync `{ $sync }` does not sync { kinds }
run-hint-sync-list = { $list } shows what each sync does
run-kind-previewed = the sync `{ $sync }` only previews { kinds }: nothing of them is written
run-hint-raise-trust = raise its trust; { $plan } shows what would be written
run-no-alerts = alerts take no part in the sync `{ $sync }`
run-hint-alerts = add the sync with `--kinds customer,location,asset,alert`

## Undoing.

run-under-way = run { $run } is in progress
run-hint-undo-later = undo it after it has ended: { $runs } shows when
run-undone-already = run { $run } was undone already, by run { $by }
run-hint-journal = { $journal } shows what that run did
run-undo-not-kept = the changes of run { $run } are not kept any more: it cannot be undone
run-hint-undo-not-kept = { $journal } lists them; { $prune } says how long each kind of data is kept
run-undo-nothing = run { $run } applied nothing: there is nothing to undo
run-hint-runs = { $runs } shows which runs did something
run-undo-previewed = the sync `{ $sync }` only previews { kinds }: nothing of them can be undone
run-hint-undo-previewed = undo the other kinds with `--kind`, or raise the trust of { kinds }
run-not-undone-uncertain =
    it is not undone: a write of it has no known outcome yet; when { $list } does not list it any more, undo run { $run } again
run-undo-no-kind = the target has no { kinds } any more
run-undo-unread = its record { $target } could not be read, so it is left: { $cause }

## Refreshing single records.

run-nothing-applied = nothing of the sync `{ $sync }` was applied yet: there is nothing to refresh
run-hint-plan-and-apply = { $plan }, then look at the plan and apply it
run-cannot-refresh = { kind } { $id } cannot be refreshed: { $why }
run-hint-plan-all = { $plan } reads everything and says what is to be done
run-no-single-reads = single { kinds } cannot be read from both `{ $source }` and `{ $target }`
run-not-linked = it is not linked
run-customer-not-linked = its customer { $customer } is not linked
run-source-unread = it could not be read from `{ $connection }`: { $cause }
run-target-unread = what it is linked to could not be read from `{ $connection }`: { $cause }
run-source-gone = it is gone from `{ $connection }`
run-target-gone = what it is linked to is gone from `{ $connection }`
run-devices-not-refreshed = the devices of new alerts were not refreshed: { $why }

## What was read, or not.

run-flawed = `{ $connection }` gave the { kind } { $name }: { $what }
run-flawed-more =
    `{ $connection }` gave { $count } more { $count ->
        [one] { kind }
       *[other] { kinds }
    } with something wrong
run-unread = { $connection } { kinds } that could not be read whole: { $count }, the first { $id }: { $cause }
run-unread-first = { $count }, the first { $id }: { $cause }
run-not-read-whole =
    the { kind } { $name } could not be read whole from `{ $connection }`: nothing is made of it until it is ({ $cause })
run-astray =
    { $count } { $count ->
        [one] { kind } in `{ $connection }` belongs
       *[other] { kinds } in `{ $connection }` belong
    } to the customer { $customer }, which it does not list; the first is { $first }
# $records: a list of `run-shared-key-of` and `run-shared-key-linked`.
run-shared-key =
    { $count } { kinds } of `{ $connection }` carry one key, `{ $key }`: { $records }; clear it in those that are copies
run-shared-key-of = { $id } `{ $name }`
run-shared-key-linked = { $id } `{ $name }` (linked)

## Planning.

run-account-out-of-use =
    account { $account } (`{ $name }`) is not in use in `{ $target }`, so nothing is made in it: link the customer to another ({ $link }) or put it back in use
run-account-alike-in-use = { $account } in `{ $target }` has that name and is in use
run-location-held = it names a location that is held: { $reason }
run-still-at-work = an earlier write of it is not settled: the vendor still works on it, or it is being looked up
run-ticket-customer-excluded = its customer is excluded
run-tickets-switched-off = tickets are switched off for its customer
run-stays-for-candidate =
    missing from the source, but { $other } may be the same { kind }: it stays in use until that is decided
run-stays-for-customer =
    missing from the source, but the customer { $other } may be the same account: it stays in use until that is decided
run-stays-for-serial-number =
    missing from the source, but { $other } has its serial number there: it stays in use until that one is linked
run-serial-number-taken =
    { $other } in the target has this serial number already, so the two may be one { kind }: link { $source } to { $other }, or let it be written to both with `--release identity`

## A change waits: it stays as it is, and a later run may do it.

write-waits-for-earlier = it waits: an earlier write of it is not settled, or waits itself
write-waits-for-record = it waits for the { kind } { $id }, which is not settled
write-waits-for-line = it waits for the line of { $line }, which is not settled
write-waits-for-target = it waits: { kind } { $id } could not be read from the target: { $cause }
write-waits-for-source = it waits: { kind } { $id } could not be read from `{ $connection }`: { $cause }
write-waits-for-account = it waits: its account { $account } could not be read: { $cause }
write-waits-for-look = it waits: whether `{ $connection }` already has it could not be read: { $why }
write-vendor-at-work = the vendor still works on it; the next run asks again
write-not-settled = not settled yet; the next run asks again

## A change is not written, because what it was planned on has changed since.

write-alert-over = the alert is over now
write-alert-not-over = the alert is not over any more
write-back-in-source = it is back in the source
write-gone-from-source = it has gone missing from the source since
write-changed-in-source = it was changed in the source since
write-overruled = it was changed in the target since: { $message }
write-excluded = it was excluded since
write-link-decided = its link was decided on since
write-target-taken = its target is now linked to { $source }
write-holder-back = its record is linked to { $source }, which is in the source again
write-there-in-source = the source has it already, as { $id }
write-made-meanwhile =
    { kind } { $id } was made or changed in `{ $connection }` since, and may be the same ({ $reason }): plan again
write-reference-missing = the { kind } { $id } it refers to is not in the target: apply what creates it first
write-customer-not-linked = its customer { $customer } is linked to no account, and nothing could be made in its place
write-account-gone = its account { $account } is gone from the target
write-account-out-of-use =
    its account { $account } (`{ $name }`) is not in use in the target: link its customer to another, or put it back in use

## The same of a line of usage.

write-newer-plan = a newer plan counts it anew: apply that one
write-line-of-another-sync = its line is now billed by the sync { $sync }
write-replacement-refused = what takes its place cannot be written: { $why }
write-contract-changed = the customer now has the contract { $contract }
write-product-excluded = its product was excluded since
write-product-changed = its product is now mapped to { $service }
write-sum-changed = it was planned as the sum of { $planned }, and is now that of { $now }
write-billed-together = it is now billed together with { $leader }
write-line-needed = it now goes to the contract { $contract }, which has this line
write-customer-unlinked = its customer is not linked to an account any more
write-replaced-not-ended = line { $line }, which it takes the place of, was not set to 0
write-part-still-billed =
    line { $line } still bills { $part }, and goes on with { $leader }: that is to be approved with it
write-ring-broken = it is written together with { $other } or not at all, and that cannot be: { $why }

## A change was written.

write-kept-as = the vendor kept { $field } as `{ $value }`
write-changed-by-another = somebody else set { $field } to `{ $value }` before it was read back
write-not-read-back =
    { $connection } { kinds } that were written could not be read back, the next run compares them: { $why }

## A write of unknown outcome.

settle-change = { run-action } { kind } `{ $name }`: { $why }
settle-unknown =
    it is not known whether it was written ({ $why }): the first run after { $due } looks it up again; { $settle } settles it by hand
settle-writes-uncertain =
    { $count } { $count ->
        [one] write is
       *[other] writes are
    } uncertain: { $list } shows which
settle-no-reply = no reply came ({ $failure })
settle-found = it was looked up and is there
settle-found-unanswered = the vendor did not answer, it was looked up and is there
settle-not-there = it was looked up and is not there: it was not written
settle-writes-nothing = it writes nothing
settle-reference-unlinked = the { kind } { $id } it refers to is not linked any more
settle-no-such-kind = `{ $connection }` knows no { kinds } any more
settle-cannot-look-up = it cannot be looked up: { $why }
settle-no-look-up = the vendor has no way to look it up: see whether it is there
settle-no-look-up-of-state = the vendor has no way to look it up: see what its record has there
settle-record-gone = its record is gone from the target
settle-may-be-unread = it may be { $id }, which could not be read: { $cause }
settle-may-be-one-without-id = it may be a record without an id, which could not be read: { $cause }
settle-made-for-several = { $id } could be what was made for any of { $sources }: see whose it is
settle-found-linked = { $id } carries its key and is linked to { $other }: see whose it is
settle-found-out-of-use = { $id } carries its key and is out of use: see whether it is the one
settle-found-in-another = { $id } carries its key and stands in { $parent }: see whether it is the one
settle-found-elsewhere = { $id } carries its key and stands elsewhere: see whether it is the one
settle-found-twice = it is there more than once, as { $one } and { $two }: keep one and name it
settle-line-changed = its line now has { $now }, neither what it had nor what was sent

## Work that is due.

job-writes-settled =
    { $count } { $count ->
        [one] write
       *[other] writes
    } settled
job-signalled =
    { $count } { $count ->
        [one] signal
       *[other] signals
    } sent
job-nothing-to-do = nothing to do
job-plan-held = plan { $plan }: { $held } held
job-plan-waits =
    plan { $plan }: { $count } { $count ->
        [one] waits
       *[other] wait
    } for approval
job-plan-waits-and-held =
    plan { $plan }: { $count } { $count ->
        [one] waits
       *[other] wait
    } for approval, { $held } held
# $counts: a list of the five entries that follow.
job-run = run { $run }: { $counts }
job-done = { $count } done
job-failed = { $count } failed
job-stale = { $count } stale
job-uncertain = { $count } uncertain
job-held = { $count } held
job-no-interval =
    every { $minutes } { $minutes ->
        [one] minute
       *[other] minutes
    } is not a possible interval
job-hint-interval = use 1 to { $most } minutes, or `never`
job-hint-alerts = add `alert` to its `--kinds`
