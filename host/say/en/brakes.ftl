### Brakes, first runs, walks over a vendor's records, uncertain writes, grants, accounts, and look-ups by name.

## Brakes. $count (Number): changes; $in_use (Number): linked records in use; $percent, $least (Number): the limit.

# With the preposition that leads to the number of records.
brake-counted = { $counted ->
    [deactivations] { $count ->
        [one] one deactivation of
       *[other] { $count } deactivations of
    }
    [updates] { $count ->
        [one] one update of
       *[other] { $count } updates of
    }
    [identities] { $count ->
        [one] one changed identity of
       *[other] { $count } changed identities of
    }
    [moves] { $count ->
        [one] one move to another customer of
       *[other] { $count } moves to another customer of
    }
   *[creates] { $count ->
        [one] one new record beside
       *[other] { $count } new records beside
    }
}
brake-share = { brake-counted } { $in_use ->
    [one] one linked { kind }
   *[other] { $in_use } linked { kinds }
}: more than { $percent } %, and at least { $least }
brake-share-of-sync = { brake-counted } { $in_use ->
    [one] one { kind }
   *[other] { $in_use } { kinds }
} in the whole sync: more than { $percent } %, and at least { $least }
brake-all = { $in_use ->
    [one] the only linked { kind } of this customer is to be deactivated
   *[other] all { $in_use } linked { kinds } of this customer are to be deactivated
}
brake-preview = this sync only previews { kinds }: raise their trust to apply them
brake-first-run = the first run of { kinds } in this sync: { $count ->
    [one] one change to review
   *[other] { $count } changes to review
}
brake-of-customer = it belongs to the customer { $customer }, which is held: { $because }

## A first run that is not over although a plan of it was released. The Said arguments are entries below.

first-run-open = the first run of { kinds } is not over: { $did }; until it is over, { $meanwhile }; it ends { $ends }
# $did
first-run-did = plan { $plan } did { $done } of its { $all } { kind } changes
first-run-did-and-left = plan { $plan } did { $done } of its { $all } { kind } changes and left { $left }
# A list of these is $left.
first-run-left-held = { $count } held by `{ $brakes }`
first-run-left-not-begun = { $count } not begun
first-run-left-failed = { $count } failed or stale
first-run-left-unsettled = { $count } unsettled
# $meanwhile
first-run-holds-each = `first-run` holds each of their changes
first-run-brakes-off = the brakes `creates` and `identity` hold none of them
# $ends
first-run-ends-with-next-plan = with the next plan that has any and is released as a whole
first-run-ends-with-this-plan = once all that can be released of this plan is released: { $apply }

## A walk over all records of a kind. $connection (String): its name.

walk-failed = { $connection } { kinds } were not read to the end: { $failure }
walk-moved =
    { $connection } { kinds } changed in number while they were read: nothing counts as gone or new (from { $before } to { $after })
walk-moved-since =
    { $connection } { kinds } changed in number while they were read: nothing counts as gone or new (before this run resumed the read)
walk-short =
    { $connection } { kinds } are incomplete: the vendor reports { $total }, { $came } came: nothing counts as gone or new
walk-dropped =
    { $connection } { kinds } fell from { $before } to { $came } since the last read, and the vendor reports no total: nothing counts as gone or new until a second read agrees
# Parents are customers or accounts whose records are read one by one.
walk-parents-unread = { $connection } { kinds } of { $count ->
    [one] one parent
   *[other] { $count } parents
} could not be read, the first { $first }: { $cause }
walk-parents-unread-others = { $connection } { kinds } of { $count ->
    [one] one parent
   *[other] { $count } parents
} could not be read, the first { $first }: { $cause }; also { $others }
walk-parent-unknown = unknown
walk-more = { $count } more
walk-unread = { $connection } { kinds } that could not be read whole: { $count }, the first { $first }: { $cause }

## A write whose outcome is unknown.

doubt-named-twice = the vendor named { $target } as the result of more than one change
doubt-named-of-another =
    the vendor named { $target } as the new record, but it is linked to { $other }: check whose it is
doubt-program-ended = the program ended while this was being written
doubt-reads-as-before =
    its line reads as before, which proves nothing about a difference: it waits until the line changes, or a person settles it

## A link whose target another source record has now.

anew-re-enrolled = re-enrolled as { $source }, which now has its target

## Grants of endpoints. $endpoint (String): its name in the manifest.

grant-place = { $place }
grant-places = { $base } and { $hosts }
grant-place-open = the URL you give
grant-place-and-reads = { $place }, and to read by POST: { $reads }
grant-pattern = the endpoint `{ $endpoint }` is a pattern of hosts, and { $problem }
grant-hint-form = write { $form }, such as { $example }
grant-no-address = the endpoint `{ $endpoint }` has no address of its own
grant-hint-server = name the server with { $add } or { $grant }
grant-not-public = the plugin asks for the endpoint `{ $endpoint }` at { $place }, which is not a public address
grant-hint-own-server = if the server is yours, name it yourself with { $add } or { $grant }
grant-not-its-server = `{ $place }` is not a server of the endpoint `{ $endpoint }`, which is granted at { $at }
grant-hint-its-server = name the host and the port as in the grant, or grant the endpoint with `--url` first
grant-not-a-place = `{ $text }` is not a host with a port
grant-not-a-url = `{ $text }` is not a URL for the endpoint `{ $endpoint }`
grant-hint-url = write { $form }, without user, password and query
grant-never = `{ $host }` is { grant-standing }, which no grant opens
grant-standing = { $standing ->
    [the-unspecified-address] the unspecified address
    [an-address-of-no-network] an address of no network
    [a-link-local-address] a link-local address
    [a-clouds-metadata-service] a cloud's metadata service
    [an-address-of-protocols] an address reserved for protocols
    [a-multicast-address] a multicast address
    [the-broadcast-address] the broadcast address
    [a-translated-private-address] a translated private address
    [an-address-that-wraps-another] an address that wraps another
    [a-tunnels-address-which-wraps-another] a tunnel address that wraps another
   *[other] an address ({ $standing })
}
grant-hint-never = name the vendor's own server: no vendor is at such an address

## The account that a connection answers as.

account-unnamed = an account without name and id
account-of-id = account { $id }
account-kept = { $connection }: { $account }
account-back = { $connection }: { $account } answers again
account-changed = { $connection }: { $account }, previously { $known }; it is in no sync
account-other = { $connection }: { $account } answers, previously { $known }; its syncs are held
account-held =
    `{ $connection }` answers as { $account }, but its links belong to { $known }: none of its syncs is planned or applied
account-hint-held =
    point it back with { $set } or { $grant }; if both are the same account, confirm it with { $check }; for another account, add a connection and a sync of its own

## Names and ids that are looked up.

find-hint-sync = { $list } lists the syncs
find-hint-plan = { $list } lists the plans
find-hint-connection = { $list } lists the connections
find-hint-tenant = { $list } lists the tenants, { $add } adds one
find-hint-record = check the id; if the record is new, { $plan } reads and matches it
find-no-usage = usage is not part of the sync `{ $sync }`
find-hint-usage = { $set } adds it
find-not-linked = { kind } { $record } is not linked: its link is { find-link-state }
find-link-state = { $state ->
    [create] marked to be created
    [conflict] in conflict
   *[other] { $state }
}
find-hint-why = { $why } explains it, and what would change it

## Opening a connection, and failures of its vendor.

opened-quarantine = the connection `{ $connection }` has been in quarantine since { $since }: { $why }
opened-hint-quarantine = report it to the plugin's author, then release the connection with { $release }
opened-not = the connection `{ $connection }` cannot be opened: { $problem }
opened-hint-set = { $set } changes its settings and secrets
opened-hint-denied = check the credentials and the rights of the account, or grant the endpoint that it names
opened-hint-throttled = wait: the vendor's limit on calls is reached
opened-hint-unavailable = try again later: the vendor is down or its answers make no sense
opened-hint-broken = the connector has a bug: report this message to its author
opened-hint-other = the vendor's own words say what is wrong

## Files of plugins.

plugin-hint-again = add its file again with { $add }
plugin-hint-file = the file is { $file }

## The clock of this machine.

clock-stepped = the clock went from { $before } to { $now }
clock-stepped-and-reset =
    the clock went from { $before } to { $now }; stored times that were too far ahead were reset: { $reset }
# A list of these is $reset.
clock-reset = { clock-times } ({ $count })
clock-times = { $what ->
    [counts-of-wake-ups] counts of wake-ups
    [uncertain-writes] uncertain writes
   *[other] { $what }
}
