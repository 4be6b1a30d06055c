### What the commands on connections, plugins, syncs, customers, links and usage print.

## What was done, and what to type next. $next and $back are commands.

desk-cli-next = next: { $next }
desk-cli-next-approve = next: { $next }, or use `--all`
desk-cli-next-back = next: { $next }; to take it back: { $back }
desk-cli-done-next = { $done }; next: { $next }
desk-cli-done-next-back = { $done }; next: { $next }; to take it back: { $back }
desk-cli-back = to take it back: { $back }
desk-cli-in-full = in full: { $command }

# A day in a table.
desk-cli-day = { $day }
# A record, such as `customer 17`.
desk-cli-record = { kind } { $id }
# A candidate and its score, from 0 to 1.
desk-cli-scored = { $score } { $why }
desk-cli-scored-target = { $score } { $why } ({ $target })
desk-cli-tenant-added = tenant { $tenant } added
desk-cli-prune-nothing = nothing is old enough

## Labels before lines, in a column.

desk-cli-label = { $label ->
    [logs-in-by] logs in by
   *[other] { $label }
}

## Links.

desk-cli-no-link = no link matches; { $plan } reads both sides and matches them
desk-cli-links = { $count ->
    [one] { $count } link
   *[other] { $count } links
}
desk-cli-link-set = { kind } { $source } is linked to { $target }
desk-cli-link-to-create = { kind } { $source } will be created
desk-cli-link-excluded = { kind } { $source } is excluded
desk-cli-link-forgotten = { kind } { $source } is undecided again
desk-cli-link-declined = { kind } { $source } is not { $target }
desk-cli-reverse-create = target customer { $target } will be created at the source
desk-cli-reverse-exclude = target customer { $target } is never created at the source
desk-cli-reverse-forgotten = target customer { $target } is undecided again
desk-cli-no-proposal = no { kind } is proposed with a score of { $score } or more; { $list } shows all proposals
desk-cli-link-question = Link { $count ->
    [one] { $count } { kind }
   *[other] { $count } { kinds }
}?
desk-cli-linked = { $count ->
    [one] { $count } { kind }
   *[other] { $count } { kinds }
} linked
desk-cli-restored = { $links ->
    [one] { $links } link
   *[other] { $links } links
} restored to before { $decision }
desk-cli-restored-switches = { $links ->
    [one] { $links } link
   *[other] { $links } links
} and { $switches ->
    [one] { $switches } switch
   *[other] { $switches } switches
} restored to before { $decision }
desk-cli-stays = { $source } stays: { $why }

## Files.

desk-cli-written = the { $what } are in { $path }
desk-cli-standard-input = cannot read standard input: { $detail }
desk-cli-ignored-columns = ignored columns: { $columns }
# $what (String): customer, or link.
desk-cli-records = { $count ->
    [one] { $count } { $what }
   *[other] { $count } { $what }s
}
desk-cli-import-changed = { desk-cli-records } changed
desk-cli-import-would-change = { desk-cli-records } would change; nothing was stored

## Customers.

desk-cli-customer-count = { $count ->
    [one] { $count } customer
   *[other] { $count } customers
}
desk-cli-customer-counts = { desk-cli-customer-count }: { $states }
desk-cli-customer-counts-held = { desk-cli-customer-counts }; { $held } held
desk-cli-customers-in-state = { $count } { $state }
desk-cli-customers-shown = { desk-cli-customer-count } listed
desk-cli-no-customer-yet = no customer is known yet; { $plan } reads both sides
desk-cli-no-customer-named = no customer is named
desk-cli-name-customers = name customers, or use `--all`
desk-cli-name-customers-or-filter = name customers, or use `--all` or a filter such as `--state mapped`
desk-cli-no-customer-matches = no customer matches the filter
desk-cli-customers-listed = { $list } lists them
desk-cli-customer-gone-hint = it no longer exists at the source; { $list } lists those that do
# A proposed account, and how many other candidates there are.
desk-cli-or-more = { $best } or { $more } more
desk-cli-outcome = { $at }: { $message }
desk-cli-reason-found = { $reason }: { $found }
# $failure (String): the word that `connection help` takes; $remedy (String): the plugin's own text.
desk-cli-remedy = { $connection }, { $failure } ({ desk-cli-customer-count }): { $remedy }
# $what (String): account, or service.
desk-cli-none-called = no { $what } has `{ $text }` in its name, as of the last read
desk-cli-no-contract = the customer's account has no contract, as of the last read
desk-cli-accept-nothing = no account is proposed with a score of { $account } or more, nor a contract with { $contract } or more; { $list } shows all proposals
desk-cli-accept-question = Link { $accounts ->
    [one] { $accounts } account
   *[other] { $accounts } accounts
} and { $contracts ->
    [one] { $contracts } contract
   *[other] { $contracts } contracts
}?
desk-cli-accepted = { $accounts ->
    [one] { $accounts } customer
   *[other] { $accounts } customers
} linked to an account, { $contracts } to a contract
# $switch (String): usage, or tickets; $on (String): on, or off.
desk-cli-switched = { $switch } switched { $on } for { desk-cli-customer-count }
desk-cli-switched-some = { desk-cli-switched } ({ $rest ->
    [one] { $rest } already was
   *[other] { $rest } already were
})
desk-cli-customer-renamed = customer { $id }: was { $was }, is now { $now }
desk-cli-account-renamed = account of { $id }: was { $was }, is now { $now }
desk-cli-customer-gone = customer { $id }: no longer at the source
desk-cli-refreshed = { desk-cli-customer-count } read again, { $renamed } renamed
desk-cli-refreshed-gone = { desk-cli-refreshed }, { $gone } no longer at the source

## Usage.

desk-cli-line-count = { $count ->
    [one] { $count } line
   *[other] { $count } lines
}
desk-cli-no-line = no line matches; { $plan } reads the counts
desk-cli-lines-decided = in step with another number than the count: dismissed or adjusted, until the count moves; to take it back: { $adjust }
desk-cli-line-state = { $state ->
    [in-step] in step
    [not-fetched] not fetched
   *[other] { $state }
}
# A count that was not read, which is not zero.
desk-cli-not-fetched = not fetched
desk-cli-lines-in-state = { $count } { desk-cli-line-state }
desk-cli-line-sums = { desk-cli-line-count }: { $states }; { $moves }
# Units by which quantities move, up and down, and the lines that they are on.
desk-cli-moves-none = no unit changes
desk-cli-moves-up = +{ $more ->
    [one] { $more } unit
   *[other] { $more } units
} on { $above ->
    [one] { $above } line
   *[other] { $above } lines
}
desk-cli-moves-down = -{ $less ->
    [one] { $less } unit
   *[other] { $less } units
} on { $below ->
    [one] { $below } line
   *[other] { $below } lines
}
desk-cli-moves-both = { desk-cli-moves-up }, -{ $less } on { $below }
desk-cli-has-today = { $has } (today { $today })
desk-cli-counted-in-use = { $counted } (in use { $actual })
desk-cli-sum-of = sum of { $parts }
# One part of a sum in the history: a count, and the line.
desk-cli-part = { $counted } of { $line }
desk-cli-nothing-counted = nothing has been counted for this customer yet
desk-cli-nothing-written = nothing has been written to its contract
desk-cli-taken = { $line } is line { $target } of the contract
desk-cli-dismiss-question = Dismiss { desk-cli-line-count }?
desk-cli-not-dismissed = nothing was dismissed
desk-cli-nothing-to-dismiss = nothing to dismiss; { $list } shows all lines
desk-cli-dismissed = { desk-cli-line-count } dismissed: contracts stay as they are until counts move; to take it back: { $adjust }

## Approval of lines of usage.

desk-cli-nothing-to-approve = nothing to approve; { $list } shows all lines
desk-cli-lines-in-step = nothing to do: these lines are in step
desk-cli-not-possible = Not possible:
desk-cli-left = left as it is: { $source }: { $message }
desk-cli-lines = { $lines ->
    [one] { $lines } line
   *[other] { $lines } lines
}
desk-cli-new-products = { $products ->
    [one] { $products } new product
   *[other] { $products } new products
}
desk-cli-plan-size = plan { $plan }: { desk-cli-lines }, { $moves }
desk-cli-plan-size-products = { desk-cli-plan-size }; { $products ->
    [one] { $products } product is created
   *[other] { $products } products are created
}
desk-cli-write-lines = Write { desk-cli-lines } to { $target }?
desk-cli-write-products = Write { desk-cli-new-products } to { $target }?
desk-cli-write-both = Write { desk-cli-lines } and { desk-cli-new-products } to { $target }?
desk-cli-not-written = nothing was written
desk-cli-withheld = { $reason }: release it with `{ $flags }`
desk-cli-unseen-brake = { $reason }: the brake `{ $brake }` did not hold it when it was listed; list it again
desk-cli-unseen-number = the contract now has { $has }, not { $seen }: list it again
# A quantity that the contract does not have.
desk-cli-nothing = nothing
desk-cli-half-held = { $other }, which is part of the same decision, is held
desk-cli-replacement-held = the line that replaces it is held

## Syncs.

desk-cli-no-sync = there is no sync: { $add } creates one
desk-cli-sync-added = sync { $sync } added
desk-cli-sync-changed = sync { $sync } changed
desk-cli-sync-paused = the schedule skips it; commands still work
desk-cli-sync-resumed = the schedule runs it again
desk-cli-link-count = { $links ->
    [one] { $links } link with its decision
   *[other] { $links } links with their decisions
}
desk-cli-sync-remove = Remove the sync { $sync }? This deletes its rules, its schedule, its plans and runs, and { desk-cli-link-count }. The journal and both vendors stay as they are.
desk-cli-sync-removed = sync { $sync } removed: its rules, its schedule, its plans and runs, and { desk-cli-link-count }
desk-cli-not-removed = nothing was removed
desk-cli-kind-apart = { $kind } is not a kind of this sync
desk-cli-kind-add = add `{ $kind }` to `--kinds`, or omit its rules
desk-cli-field-unknown = note: `{ $field }` is not a known field of { kinds }; the rule is for an extra attribute of that name
desk-cli-sync-ends = { $sync }: { $source } to { $target }
desk-cli-sites-each = each becomes a location
desk-cli-sites-primary = all assets go to the primary location
desk-cli-volatile = written when the target's are { $hours } h old
desk-cli-grace = { $hours } h before a missing record is deactivated
desk-cli-identity = { $hours } h before a device with neither a serial number nor a name of its own is created
desk-cli-limit = { $what } over { $percent }% (at least { $least })
desk-cli-brakes-of-customer = of a customer: { $limits }
desk-cli-brakes-of-customer-and-first-run = { desk-cli-brakes-of-customer }; of a kind: its first run
desk-cli-brakes-of-sync = of the sync: { $limits }
desk-cli-switched-by-rule = { $switched } unless switched per customer
desk-cli-usage = { desk-cli-switched-by-rule }; days are counted in { $zone }; held are quantities that move over { $percent }% (at least { $least }), fall over as much, or to zero, and over the sync more than { $sync_percent }% (at least { $sync_least })
desk-cli-usage-shared = { $usage }; several customers may share one account
desk-cli-tickets-by-rule = { $switched } unless switched per customer
desk-cli-tickets-new = { desk-cli-tickets-by-rule }; a returning alert gets a new one
desk-cli-tickets-again = { desk-cli-tickets-by-rule }; a closed one is opened again if its alert returns within { $hours } h
desk-cli-reverse = customers that only { $target } has are created in { $source }

## When `crosswalk work` runs a sync.

desk-cli-once-a-day = usage goes out once a day where `crosswalk work` runs; { $set } with `--daily`, `--monthly` or `--every never` changes that
desk-cli-every-minutes = every { $minutes } min
desk-cli-every-hours = every { $hours } h
desk-cli-every-days = every { $days } d
desk-cli-daily = daily { $time } { $zone }
desk-cli-monthly = monthly { $day }@{ $time } { $zone }
# $job (String): sync, or alerts.
desk-cli-schedule = { $job } { $recurs }, next { $next }
desk-cli-schedule-last = { $schedule }; last: { $last }
desk-cli-schedule-failures = { $schedule } ({ $failures ->
    [one] { $failures } failure
   *[other] { $failures } failures
} in a row)
desk-cli-schedule-paused = paused: `{ $resume }` resumes it
desk-cli-schedule-none = none: { $set }, `--daily` or `--monthly` sets one

## Change of vendor.

desk-cli-successor-name = the successor needs another name
desk-cli-successor-as = name it with `--as NAME`
desk-cli-no-connection-named = no connection is named
desk-cli-connection-to-or-from = name one with `--to` or `--from`
desk-cli-replaces = { $successor } replaces { $sync }, which is paused; planning it
desk-cli-swapped = { $sync } is paused and keeps its { $links ->
    [one] { $links } link
   *[other] { $links } links
}; `{ $resume }` goes back, `{ $remove }` removes it
desk-cli-taken-along = { $count ->
    [one] { $count } decision
   *[other] { $count } decisions
} carried over
desk-cli-left-behind-source = { $count ->
    [one] { $count } decision
   *[other] { $count } decisions
} about records of the old source not carried over: { $list }
desk-cli-left-behind-target = { $count ->
    [one] { $count } decision to create at the source is not carried over: it names a customer
   *[other] { $count } decisions to create at the source are not carried over: they name customers
} of the old target

## Connections.

desk-cli-no-connection = there is no connection: { $add } creates one
desk-cli-connection-added = connection { $connection } added
desk-cli-connection-changed = connection { $connection } changed
desk-cli-connection-unusable = { $connection } cannot be used: { $why }
desk-cli-granted = { $connection } may reach { $endpoint }
desk-cli-revoked = { $connection } may no longer reach { $endpoint }
desk-cli-granted-of = { $granted } of { $asked }
desk-cli-not-granted = no: { $grant } grants it
# Two addresses, or an address and a pattern of hosts.
desk-cli-two-places = { $base } and { $hosts }
desk-cli-granted-private = { $at }; may have a private address: { $private }
desk-cli-released = { $connection } is released
desk-cli-no-quarantine = { $connection } was not in quarantine
desk-cli-works = { $connection } works
desk-cli-works-as = { $connection } works: { $account }
desk-cli-account-unnamed = an account without name and id
desk-cli-account-id = account { $id }
desk-cli-account-replaces = it replaces { $was }
desk-cli-account-other = the links of { $syncs } are about another account, { $known }: nothing of them is planned or written
desk-cli-account-other-hint = make it answer as that account again; or, if both are the same account: { $same }
desk-cli-answers-as = it answers as { $other }; { $check } shows what to do
desk-cli-health-ok = ok
desk-cli-health-account = held: another account
desk-cli-health-plugin = its plugin cannot be used
desk-cli-health-quarantine = in quarantine since { $at }
desk-cli-health-rests = crashed { $crashes ->
    [one] once
   *[other] { $crashes } times in a row
}, rests until { $at }
desk-cli-quarantine-why = { $why }; { $release } releases it
desk-cli-no-remedy = the plugin of { $connection } has no text about `{ $failure }`
desk-cli-no-remedies = the plugin of { $connection } has no texts about failures
desk-cli-no-remedies-hint = it has no such texts
desk-cli-remedies-hint = it has: { $failures }
desk-cli-limit-of-vendor = the vendor's
desk-cli-unlimited = unlimited

## Secrets of connections.

desk-cli-secret-twice = the secret `{ $name }` is given twice
desk-cli-secret-once = give it once
desk-cli-variable-unset = the environment variable { $variable } is not set
desk-cli-variable-holds = it has to hold the secret `{ $name }`
desk-cli-secret-file-empty = the secret file { $path } is empty
desk-cli-secret-write = write the secret into it
desk-cli-secret-file-large = the secret file { $path } is larger than { $most } bytes
desk-cli-secret-file-check = check whether it is the right file
desk-cli-secret-nobody = nobody can be asked for the secret `{ $name }`: this is not a terminal
desk-cli-secret-otherwise = use `--secret-file { $name }=FILE` or `--secret-env { $name }=VARIABLE`
desk-cli-secret-empty = the secret `{ $name }` is empty
desk-cli-secret-type = type or paste it, then press Enter
desk-cli-secret-short = the secret `{ $name }` is too short to be recognised: it is not redacted where a vendor echoes it

## Plugins.

desk-cli-no-plugin = no plugin is installed: { $add } installs one
desk-cli-toolchain-hint = change CROSSWALK_WASM_TOOLCHAIN, or unset it
desk-cli-plugin-installed = { $plugin } is installed
desk-cli-plugin-known = { $plugin } was already installed
desk-cli-plugin-beside = { $plugin } is installed beside { $before }; connections keep the version they were added with
desk-cli-plugin-unusable = { $plugin } cannot be used: { $problem }
desk-cli-plugin-superseded = { $plugin } is superseded and cannot be used: { $problem }
desk-cli-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
desk-cli-plugin-endpoints = It wants to reach:
desk-cli-plugin-logins = The host logs in for it, in dry runs too:
desk-cli-plugin-reads = It reads by POST:
desk-cli-plugin-settings = A connection has these settings:
desk-cli-plugin-secrets = A connection needs these secrets, which the plugin never sees:
desk-cli-plugin-buckets = It keeps to these limits of the vendor:
desk-cli-plugin-jobs = It has these jobs:
desk-cli-plugin-abilities = It can:
desk-cli-own-url = the URL you give with `--endpoint { $endpoint }=URL`
# $headers (String): names of HTTP headers.
desk-cli-token-in = a token, in { $headers }
desk-cli-secrets-in = the secrets, in { $headers }
desk-cli-required = (required)
desk-cli-value-of-vendor = one of the vendor's (`connection choices`)
desk-cli-value-text = text
desk-cli-value-number = number
desk-cli-value-from-to = number, { $min } to { $max }
desk-cli-value-at-least = number, at least { $min }
desk-cli-value-at-most = number, at most { $max }
desk-cli-value-boolean = yes or no
desk-cli-calls = { $calls ->
    [one] { $calls } call
   *[other] { $calls } calls
} in { $seconds } s
desk-cli-job-every = every { $minutes ->
    [one] minute
   *[other] { $minutes } minutes
}
desk-cli-job-on-request = on request
