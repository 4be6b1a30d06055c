### Matching: why a source record is linked, proposed, left to a person, or new.

## $key (String): what both records have in common.

match-key = { $key ->
    [stamp] stamp
    [id] id
    [serial-number] serial number
    [mac-address] MAC address
    [product-code] product code
    [customer-number] customer number
   *[name] name within the account
}

## $kind (String): with the article.

match-a = { $kind ->
    [asset] an { kind }
    [alert] an { kind }
   *[other] a { kind }
}

## What a link says.

match-source-gone = it is gone from the source
match-source-out-of-use = it is not in use in the source
match-target-gone = the linked { kind } is gone from the target
match-target-back = the linked { kind } is back in the target
match-asked-for = requested by an operator

## A key that both have. $value (String): the key. $gone (String): id of a source record.

match-same = same { match-key }
match-same-key = same { match-key }: { $value }
match-same-key-as-gone = same { match-key } { $value } as { $gone }, which is gone from the source

## A key by which a person has to decide. $target, $name: id and name of a target record.

match-key-declined =
    { $target } (“{ $name }”) has this { match-key } and was declined: link it after all, or ask for this { kind } to be created
match-key-of-present =
    { $target } (“{ $name }”) has this { match-key } and is linked to { $other }, which is in the source as well: exclude or remove the one that is not in use, or ask for this one to be created
match-key-shared = several { kinds } of the source share this { match-key }
match-key-elsewhere-free =
    { $target } (“{ $name }”) { $whose } has this { match-key }: move it to this customer's account, or ask for this { kind } to be created
match-key-elsewhere-of-gone =
    { $target } (“{ $name }”) { $whose } has this { match-key }, and its own { kind } is gone from the source: if it is the same one, link it with { $link }, and it is moved to this customer; otherwise ask for this { kind } to be created
# $whose of the two above
match-of-account = of another account ({ $account })
match-of-no-account = without an account
match-key-twice =
    the source has the { match-key } { $value } more than once: exclude or remove what is not in use, or ask for it to be created
match-key-twice-in-source = the source has this { match-key } more than once
match-key-several-in-target = { $count } records of the target share this { match-key }
match-key-many-in-target = more than { $count } records of the target share this { match-key }
match-key-shared-with-one = several records of the source match one record of the target by { match-key }

## The key that this program writes into the target.

match-key-in-account = its key, in account { $account }
match-key-in-no-account = its key, without an account
match-key-elsewhere =
    { kind } { $target } (`{ $name }`) of another account has its key: give that one to this customer or remove the key from it in the target, or ask for a new one to be created
match-key-taken-elsewhere =
    { kind } { $target } (`{ $name }`) of another account still has its key and is linked to another { kind }: remove the key from it in the target, or ask for a new one to be created

## How two records are alike. $because and $names (Said): another of these.

match-same-name = same name
match-same-name-but-form = same name, apart from the legal form
match-same-name-other-form = same name, but one is “{ $one }” and the other “{ $other }”
match-name-begins = one name begins with the other
match-similar-name = similar name
match-same-domain = same web domain { $domain }
match-names-and-domain = { $names }, same web domain { $domain }
match-same-address = same address
match-names-and-address = { $names }, same address
match-same-host = same name { $host }, and no serial number to be sure
match-same-host-and-model = same name { $host } and same model
match-same-card = same network card { $mac }, but another name: it may belong to a dock or an adapter
match-linked-to-gone = it is linked to { $gone }, which is gone from the source
match-target-out-of-use = not in use in the target
match-accepted = accepted at { $score }: { $because }
match-alike = { $count } records of the target are alike: { $because }
match-alike-or-more = { $count } or more records of the target are alike: { $because }
match-rival = another { kind } of the source is just as close to “{ $name }”
match-twin = the source has another { kind } of this name: link each by hand, or ask for it to be created

## Nothing is like it.

match-new = new: nothing in the target is like this { kind }
match-new-not-created = nothing in the target is like it, and this sync creates no { kinds } by itself
match-new-not-creatable =
    nothing in the target is like it, and { match-a } cannot be created there: create it by hand, and the next plan finds it
match-target-unread = the target was not read completely, so it is not known to be new
match-nameless =
    it has no serial number yet, and a generated name, so it may be in the target already: it is created if that is still so at { $until }, or once somebody asks for it

## Contracts of an account.

match-contract-back = the contract is back
match-contract-gone = contract { $contract } is no longer one of the account
match-contracts-unread = the account's contracts were not read to the end
match-no-contract = the account has no contract that takes usage
match-only-contract = the only contract in force that takes usage
match-only-contract-not-in-force = the only contract that takes usage; it is not in force
match-several-contracts = the account has { $count } contracts that take usage

## When a contract runs. $starts and $ends are days; $term (Said) is one of the first four.

match-term = { $starts } to { $ends }
match-term-from = from { $starts }
match-term-until = until { $ends }
match-term-open = no dates
match-term-cancelled = { $term }, cancelled
match-term-not-in-force = { $term }, not in force
