### Lines of usage: what the vendor counts, what the contract has, and what follows.

## Parts of sentences. $line is the id of a contract's line, or a customer's product as `customer/product`.

line-of-contract = line { $line } of the contract { $contract }
line-part = { $counted } of { $line }
line-sum = { $counted } ({ $parts })
line-part-since = { $part } from { $since }
# Stands where a quantity stands.
line-later-and-today = { $has } for later, and { $now } today

## Nothing is to be done, or nothing can be.

line-nothing = nothing is counted, and nothing is on the contract
line-nothing-counted = nothing is counted
line-in-step = { line-of-contract } has { $has }, as counted or approved
line-today = today it is { $now }
line-will-have = { line-of-contract } will have the approved { $quantity }
line-dismissed = the count of { $counted } was dismissed
line-billed-with = it is billed together with { $leader }, on one line
line-product-excluded = its product is excluded
line-excluded = excluded by the operator
line-stays = line { $line } stays on the contract { $contract } with { $has }: set it to 0 in the PSA
line-stays-adjust = line { $line } stays on the contract { $contract } with { $has }: set it to 0 with { $adjust }
line-former = { line-of-contract }, which billed it before, still has { $has }: set it to 0 in the PSA
line-replaced =
    its line { $line } is gone from the contract { $contract }; line { $other } took its place: confirm that with { $take }
line-gone = its line { $line } is gone from the contract { $contract }: add it there, and choose it with { $take }
line-gone-uncounted = nothing is counted, and its line { $line } is gone
line-several =
    it is { $count } times on the contract { $contract }, as { $lines }: end all but one of them there, or choose one with { $take }
# $owner is "billed by …".
line-taken = { line-of-contract } is { $owner }: one line is billed by one count
line-cannot-add = it is not on the contract { $contract }, and the target cannot add it: add it there
line-cannot-change = { line-of-contract } has { $has }, and { $counted } { $counted ->
    [one] is
   *[other] are
} counted; the target cannot change it
line-cannot-retire = it is billed by line { $line }, which the target cannot change: set that to 0 there

## The count is not known.

line-part-unknown = its part { $part } is not known: { $why }
line-no-number = the vendor lists it without a number
line-negative = the vendor counts { $counted }, which is less than zero
line-no-quantity = { line-of-contract } reports no quantity
line-contract-unread = what is on the contract could not be read

## Why a line changes.

line-counted = counted { $counted }
line-not-there-yet = counted { $counted }; it is not on the contract { $contract } yet
line-has = { line-of-contract } has { $has }
line-has-and-stays = { line-of-contract } has { $has }, and stays so
line-has-and-is-taken-over = { line-of-contract } has { $has }, and is taken over
line-taken-over = { line-of-contract } is taken over; it has { $has }
line-changed-by-hand = { line-of-contract } was changed in the PSA to { $has }
line-retired = nothing is counted of { $line }, and its line goes to 0
line-retired-for-another = { $line } is billed by another line from that day on

## What a person reviews first.

line-edited = somebody set it to { $has } in the PSA, where { $approved } { $approved ->
    [one] was
   *[other] were
} approved
line-fell-to-zero = the count fell from { $has } to zero
line-falls-far = it falls from { $has } to { $quantity }: by more than { $percent } %
line-moves-far = from { $has } to { $quantity }: more than { $percent } %, and at least { $least }
line-parts-changed = it is the sum of { $parts } now, and was that of { $before }
line-takeover = { line-of-contract } has { $has }, which this sync did not put there; it is to have { $quantity }
line-takeover-agreed = { line-of-contract } has { $has }, agreed on for { $parts }; it is to have { $quantity }
line-sweep = { $brake ->
    [falls] over the whole sync { $lines } of { $all_lines } lines fall, by { $units } of { $all_units } units: more than { $percent } %, and at least { $least }
   *[rises] over the whole sync { $lines } of { $all_lines } lines rise, by { $units } of { $all_units } units: more than { $percent } %, and at least { $least }
}

## What billed it before, and what goes elsewhere.

line-joined = { $part } was billed by line { $line } until now: that is set to 0 from the same day on
line-moved = it was billed by { line-of-contract } until now: that is set from { $has } to 0 from the same day on
line-moved-ended = it was billed by { line-of-contract } until that ended, on { $ended }
line-moved-goes-on = it was billed by { line-of-contract } until now, which goes on for others
line-moved-empty = it was billed by { line-of-contract }, which has nothing any more
line-moved-unseen = it was billed by line { $line } until now, which can no longer be found: make sure that it bills nothing
line-leaves-sum =
    { $part } was billed together with { $leader } by line { $line } until now: that goes on without it from the same day on
line-left-sum = { $part } was billed together with { $leader }, and from { $day } on no line bills it
line-gives-away = { $parts } { $count ->
    [one] is
   *[other] are
} billed by another line from the same day on
line-days-left-out =
    no line bills a part of it from { $since } to { $effective }: { $approve } bills those days as well
# $parts is a list of `line-part-since`.
line-parts-left-out =
    no line bills { $parts } to { $last }, and from an earlier day others of its parts would be billed twice: bill those days by hand

## Days on which a quantity cannot change.

line-before-contract = { $on } lies before the contract { $contract } begins, on { $starts }
line-after-contract = { $on } lies after the contract { $contract } ended, on { $ends }
line-last-day = its last day: { $approve }
line-invoiced = it is invoiced until { $until }: { $on } cannot change any more
line-changed-that-day = it was already changed from { $on } on, and a day takes one change
line-changed-later = it was already changed from { $changed } on, and cannot change from { $on } on any more
line-first-open-day = the first open day is { $day }: { $approve }
line-no-open-day = no day of the contract is open: choose another contract with { $map }
line-end-taken =
    line { $line } was already changed from { $changed } on, and cannot end on { $on }; the first open day is { $open }: { $approve }
line-days-lost = it is invoiced until { $until }: the change holds from { $effective } on, and for no day before that

## Contracts that bill nothing.

line-contract-cancelled = the contract { $contract } was cancelled: choose another
line-contract-ended = the contract { $contract } ended on { $ended }, and nothing is billed any more: { $follows }
line-contract-begins = the contract { $contract } begins only on { $first }
line-contract-not-in-force = the contract { $contract } is not in force, and bills nothing: choose another
line-choose-successor = choose the contract that follows with { $map }
line-successor = { $contract } follows it: { $map }
line-successors = { $contract } ({ $id }) follows it, or one of { $count } more: { $map }
