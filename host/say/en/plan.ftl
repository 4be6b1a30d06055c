### What a plan does with records and alerts, and what it leaves.

## $by (String): the word for who or what decided on a link; $action (String): the word for an action.

plan-decider = { $by ->
    [one-to-one] one to one
    [known-link] known link
    [known-id-spelt-otherwise] known id, spelt differently
    [serial-number] serial number
    [MAC-address] MAC address
    [product-code] product code
    [customer-number] customer number
    [name-within-the-account] name within the account
    [accepted-score] accepted score
    [only-contract] only contract
    [same-product] same product
    [the-contract-had-no-such-line] the contract had no such line
    [an-earlier-rule] an earlier rule
   *[other] { $by }
}
undo-action = { $action }

## A value in a sentence.

plan-value-empty = “(empty)”
plan-value-yes = “yes”
plan-value-no = “no”
plan-value-number = “{ $number }”
plan-value-time = “{ $at }”
plan-value-text = “{ $text }”
plan-value-text-cut = “{ $text }…”

## One field. $field is the contract's name of it.

plan-field-differs = { $field } differs: { $before } becomes { $after }
plan-field-set = { $field } is set to { $after }
plan-field-refers-elsewhere = { $field } refers to another record
# The last of a list of such sentences.
plan-fields-more = and { $count } more
plan-fields-due = due again: { $fields }
plan-field-edited = { $field } was edited in the target to { $has }, and is left as it is
plan-field-changed-twice =
    { $field } changed on both sides: the source has { $wanted }, the target { $has }, which is left as it is
plan-nameless = the source gives it no name: it is created under its id
plan-reference-not-linked = { $field } is left as it is: the { kind } it refers to is not linked
plan-value-not-accepted = { $field } is left as it is: “{ $value }” is none of the values that the target accepts

## The link of a record. $reason is another message.

plan-linked-by = { plan-decider }: { $reason }
plan-to-be-linked-unread = to be linked ({ plan-decider }), but the record was not read from the target
plan-linked-unread = the linked record was not read from the target
plan-proposed = waits for a yes or no: { $reason }
plan-conflict = waits for a choice: { $reason }
plan-unmapped = not linked: { $reason }
plan-broken = { $reason }: link it to another record, or ask for it to be created again
plan-excluded-by = excluded by { plan-decider }
plan-created-once-in-use = to be created once it is in use in the source
plan-link-stands = { $state }: { $reason }

## In use and out of use.

plan-unused-in-source = not in use in the source any more
plan-unused-back-by-hand = not in use in the source; put back in use in the target by a person, and left as it is
plan-retired-by-hand = retired in the target by a person, and left as it is
plan-used-again = in use in the source again
plan-gone-by-rule = gone from the source; by the rule of `active`, the target's state stands
plan-gone-back-by-hand = gone from the source; put back in use in the target by a person, and left as it is
plan-gone-not-ours = gone from the source; this { kind } was in the target before, so it is left in use
plan-missing = missing from the source since { $since }
plan-missing-until = missing from the source since { $since }; taken out of use if it is still missing at { $until }

## A record that changed customers.

plan-moved = it changed customers in the source
plan-moved-retired = it changed customers in the source; the target cannot move it, so this one is retired and a new one created
plan-moved-anew = in place of the one retired, because it changed customers in the source
plan-moved-cannot = it changed customers in the source, and the target can neither move nor replace it
plan-moved-by-hand = a person put it in another account in the target, and it is left there

## What the target cannot do.

plan-cannot-create = { kinds } cannot be created in the target
plan-cannot-update = { kinds } cannot be updated in the target
plan-cannot-deactivate = { kinds } cannot be taken out of use in the target
plan-cannot-reactivate = { kinds } cannot be put back in use in the target

## Why a planned change is not applied any more.

plan-stale-decided = it has been decided on since
plan-stale-link-decided = its link has been decided on since
plan-stale-linked-to = it is now linked to { $target }
plan-stale-linked-elsewhere = it is now linked to another record
plan-stale-not-linked = it is not linked any more
plan-stale-has-ticket = it has a ticket already
plan-stale-may-be-back = its link has changed since: it may be back in the source
plan-stale-gone = its record is gone from the target
plan-stale-out-of-use = it has been taken out of use in the target since
plan-stale-ticket-closed = the ticket has been closed since
plan-stale-field-changed = { $field } was changed in the target since the plan

## Customers of the target that are created at the source.

plan-reverse-asked = reverse: only the target has it, and the operator asked for it
plan-reverse-alone = reverse: only the target has it, and no customer of the source has a name near it
plan-reverse-not-created = not created at the source: { $why }; link it, or decide with { $decide } (`create` or `exclude`)
plan-reverse-nameless = it has no name
plan-reverse-twins = the target has several customers of this name
# $name is the target's, $id and $other the id and the name of the source's; $score is between 0 and 1.
plan-reverse-near = `{ $name }` is near the source's { $id } `{ $other }` ({ $reason }, { $score })

## Alerts and their tickets.

ticket-none = no ticket is made for it: { $why }
ticket-not-listed = the source does not list it any more, and no ticket was made for it
ticket-over-before = it was over before a ticket was made for it
ticket-raised-before = it was raised at { $raised }, and alerts become tickets from { $from } on
ticket-unsettled = an earlier write of it is not settled: the vendor still works on it, or it is being looked up
ticket-unread = it waits: its ticket { $ticket } could not be read: { $cause }
ticket-customer-not-linked =
    its customer is not linked, and no account is chosen for such tickets: link the customer, or choose an account with { $catch }
ticket-alert = alert: no open ticket is about it
ticket-repeat-of-first = repeat: of the alert that opens the ticket
ticket-repeat-noted-later = repeat: noted with a later one
ticket-repeat = repeat: the alert came again, { $times } times so far
ticket-back = back: the alert came again after its ticket was closed, { $times } times so far
ticket-flapping = it comes and goes: { $count } alerts so far, all in ticket { $ticket }
ticket-over = the alert is over
ticket-over-cannot-close = the alert is over; the target cannot close its ticket
ticket-over-flapping =
    the alert is over; it came back { $times } times, so its ticket stays open until { $until } unless it comes again
ticket-over-unknown = the alert is over; it is not known whether its ticket was worked on, so it is left open
ticket-over-worked-on = the alert is over; somebody worked on its ticket, so it is left open

## Undoing a run.

# Begins with the verb: `undo-took-back` puts "run 8" before it.
undo-reason = undoes “{ undo-action }” of run { $run }
undo-reason-key-stays = undoes “{ undo-action }” of run { $run }; the key in the record stays
# $reason is `undo-reason`.
undo-took-back = run { $run } { $reason }
undo-was-linked = it was linked to { $target }: { $link } links it again, { $create } has it made anew
undo-gone = it is gone from the target
undo-out-of-use-already = it is out of use in the target already
undo-only-volatile = it wrote only values that change by themselves
undo-before-unknown = it is not known what { $field } was before
undo-field-not-reported = the target does not report its { $field }
undo-name-never-emptied = a name is never emptied
undo-field-edited = { $field } has been edited in the target since, to { $has }, and is left as it is
undo-written-again = { $field } was written again by a later run
undo-field-not-put-back = { $field } was not put back, and the record is not linked any more
undo-done-again-by-rule = by the rule `{ $rule }` of { $field } the next plan would do it again
undo-ticket-stays = what people have read in ticket { $ticket } is not taken back: handle it by hand
undo-source-stays = what was created at the source for { $target } stays there: handle it by hand
undo-quantity-set =
    its quantity was set from { $before } to { $after }, and a day takes one change: set it back with { $adjust }
undo-sum-set =
    its quantity was set from { $before } to { $after }, the sum of { $parts }, and a day takes one change: set it back with { $adjust }
