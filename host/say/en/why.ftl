### Why a record is, or is not, in step: the verdict, the steps of the trace, and the effect of each advice.

## Words within sentences.

# $action (String): what a change does; in quotes where it is used.
why-action = { $action }
# $decider (String): who or which rule decided a link. With its preposition, after “linked” or “excluded”.
why-by = { $decider ->
    [operator] by the operator
    [undo] by an undo
    [one-to-one] by the one-to-one rule
    [known-link] by its earlier link
    [known-id-spelt-otherwise] by its known id, spelt otherwise
    [serial-number] by serial number
    [MAC-address] by MAC address
    [product-code] by product code
    [customer-number] by customer number
    [name-within-the-account] by name within the account
    [accepted-score] by an accepted score
    [re-enrolled] by the rule for re-enrolled records
    [only-contract] as the only contract
    [same-product] by the same product
    [the-contract-had-no-such-line] because the contract had no such line
    [dismissal] by a dismissal
    [retirement] by a retirement
    [alert] by the alert itself
    [repeat] as a repeat of an earlier alert
    [back] as an alert that came back
    [reverse] when it was created at the source
    [an-earlier-rule] by a rule of an earlier version
   *[other] by { $decider }
}
# $actor (String): `local:anna`, `schedule`, …
why-by-actor = { $actor ->
    [schedule] by the schedule
    [host] { why-by }
   *[other] { why-by } { $actor }
}
# $status (String): the state of a change that is not done.
why-status = { $status ->
    [failed] failed
    [stale] went stale
    [skipped] was skipped
    [uncertain] is uncertain
   *[other] is under way
}
why-because = { $what }: { $reason }
why-no-reason = no reason is known
why-no-match = no match was found

## The verdict.

why-not-in-step = not in step: { $why }
why-undecided = not in step: this { kind } was read, and nothing is decided yet
# $why (message): the reason why the outcome is unknown.
why-uncertain =
    not in step yet: it is unknown whether “{ why-action }” of run { $run } was written ({ $why }); it is looked up, and nothing else is planned meanwhile
why-uncertain-due =
    not in step yet: it is unknown whether “{ why-action }” of run { $run } was written ({ $why }); it is looked up by the first run after { $due }, and nothing else is planned meanwhile
why-outcome-unknown = not in step yet: the outcome of “{ why-action }” is not known
# Stands after “not in step:”.
why-ended = { why-action } { why-status }
why-target-alone = no { kind } of `{ $connection }` is linked to it: nothing of this sync touches it
why-kind-out = left out: { kinds } take no part in the sync `{ $sync }`
why-sites-primary =
    left out: by the rule `sites`, everything of a customer belongs to its primary location, and no location is created
# $customer (message): the customer; $stands (message): what is said of it, such as “is linked to nothing”.
why-customer-bars =
    not in step: its customer { $customer } { $stands }, and nothing of a customer that is not linked is synced
why-proposed = not in step: a near match was found, and waits to be confirmed or declined
why-conflict = not in step: several records could be it, and a person must choose
why-excluded = left out: excluded { $by }
why-create = not in step: it is to be created by the next plan
why-broken = not in step: the linked record is gone from the target
why-unread = not in step: it was never read from `{ $connection }`
why-planned = not in step: “{ why-action }” is planned ({ $reason })
why-planned-held = not in step: “{ why-action }” is planned and held by the brake `{ $brake }` ({ $reason })
why-due = not in step: “{ why-action }” is due ({ $reason })
why-due-held = not in step: “{ why-action }” is due ({ $reason }), and held by the brake `{ $brake }`: { $hold }
why-target-unread = not in step: the linked record is not among what was read from the target
why-gone-active = gone from the source; the target record is left as it is
why-gone-inactive = gone from the source, and out of use in the target
why-in-step = in step: linked { $by } ({ $reason })
why-in-step-left = in step, but for what is left as it is: linked { $by } ({ $reason })
why-in-step-unbilled = in step, but nothing of its usage is billed: { $why } (it is linked { $by }: { $reason })

## The verdict on an alert.

why-no-ticket = left out: no ticket is made for it: { $why }
why-in-ticket = in step: it is in ticket `{ $ticket }`, { $state ->
    [open] which is open
    [closed] which is closed
   *[unread] which is not among what was read from the target
}
why-in-ticket-left = in step, but for what is left as it is: it is in ticket `{ $ticket }`; { $message }
# Follows `why-in-ticket`.
why-alert-unlisted = the source does not list it any more, which does not say that it is over

## The verdict on a line of usage.

why-line-of-nothing = in step: nothing of it is counted, and nothing of it is on a contract
why-line-in-step = in step: { $reason }
why-line-in-step-left = in step, but for what is left: { $note } ({ $reason })
why-line-not-fetched = not in step: its count is not known: { $reason }
why-line-together = in step with another: { $reason }
why-line-waits = not in step: it waits for an approval ({ $reason })
why-line-held = not in step: it is held by the brake `{ $brake }` ({ $reason })

## A customer, and what is said of it. Follows “its customer …” and “it belongs to …, which …”.

why-customer-id = `{ $customer }`
why-customer-name = “{ $name }” (`{ $customer }`)
why-customer = it belongs to { $customer }, which { $stands }
why-customer-waits-link = waits for plan { $plan } to link it
why-customer-waits-create = waits for plan { $plan } to create it
why-customer-undecided = is not decided on yet
why-customer-unlisted = is not listed by the source
why-customer-linked = is linked to `{ $target }`
why-customer-excluded = is excluded { $by }
why-customer-create = is to be created
why-customer-proposed = waits for its proposal to be confirmed or declined
why-customer-conflict = waits for a choice between several accounts
why-customer-broken = was linked to `{ $target }`, which is gone
why-customer-unmapped = is linked to nothing

## The steps. A step often consists of several entries, joined by semicolons.

# $connection (String): the connection that was read.
why-nothing-read = nothing of it was read from `{ $connection }`
why-has = `{ $connection }` has it as `{ $id }` “{ $name }”
why-has-out-of-use = `{ $connection }` has it as `{ $id }` “{ $name }”, out of use
why-first-seen = first seen { $at }
why-last-seen = last seen { $at }
why-gone-since = gone since { $at }
why-line-numbers =
    counted { $counted ->
        [unknown] not known
       *[other] { $counted }
    }; on the contract { $has ->
        [unknown] not known
       *[other] { $has }
    }; approved { $approved ->
        [unknown] not known
       *[other] { $approved }
    }
why-line-contract = its contract is { $name } (`{ $contract }`)
why-match-none = nothing is decided yet
why-match-state = { $state ->
    [made] linked to `{ $target }`, which this host made,
    [linked] linked to `{ $target }`
    [broken] linked to `{ $target }`, which is gone,
    [proposed] a proposal
    [conflict] a conflict
    [excluded] excluded
    [create] to be created
   *[unmapped] linked to nothing
}
why-match = { why-match-state } at { $at }
why-match-by = { why-match-state } { $by } at { $at }
why-candidate = `{ $target }` “{ $name }” scores { $score }: { $reason }
why-declined = declined: { $targets }
# $event (String): what happened to the record.
why-event = { $event ->
    [created-at-the-source] created at the source
   *[other] { $event }
}
why-happened = { why-event } at { $at }
why-happened-in-run = { why-event } at { $at } in run { $run }
# $what (message): what happened; $fields (list): the fields that were written.
why-with-fields = { $what } ({ $fields })
why-with-fields-more = { $what } ({ $fields } and { $more } more)
# $kept and $sent (String): values, in quotes.
why-kept = of { $field } the target kept { $kept } where { $sent } was sent
why-unbilled = nothing of its usage is billed: { $why }
why-left-by-rule = { $field } is left by the rule `{ $rule }`: the source has { $source }, the target { $target }
why-found = plan { $plan }, made at { $made_at }: { $message }
why-plan-has = plan { $plan } has “{ why-action }”: { $reason }
why-held = held by the brake `{ $brake }`: { $reason }
# Follows `why-plan-has`.
why-change-ended = it { why-status }
why-next-plan = the next plan has “{ why-action }”: { $reason }
why-newest-plan =
    plan { $plan }, made at { $made_at }, is the newest; what was read or decided since then is shown as it is now

## The effect of an advice. Stands in brackets after a command.

why-does-match = matches it
why-does-look-up = looks it up
why-does-look-up-first = looks it up first
why-does-settle = settles it by hand
why-does-try-again = tries again
why-does-list = lists the links and proposals
why-does-customer-waits = explains what its customer waits for
why-does-customer-state = explains the state of its customer
why-does-create = has it created
why-does-create-anew = has it created anew
why-does-create-plan = plans that
why-does-set = links it to a record of the target
why-does-accept = accepts the best candidate
why-does-exclude = leaves it out
why-does-forget = lets matching decide again
why-does-read = reads it
why-does-read-again = reads it again
why-does-look-again = looks again
why-does-plan = plans it
why-does-apply = does it
why-does-release = releases it, with everything else that this brake holds
why-does-link-customer = links its customer
why-does-customers = shows its customer's account, contract and switches
why-does-contract = chooses its contract
why-does-leader = explains that line
why-does-approve = approves it
why-does-approve-held = approves it, held or not

## The record that a person means.

why-several-called = { $count } { kinds } of `{ $connection }` are called `{ $name }`
why-name-by-id = name one by its id: { $ids }
# $plan (call): the command that plans.
why-never-read = it was never read: run { $plan }, or check the id or the name
