### Errors that any verb can end with, and what to do about them.

## $what (String): kind of thing; $name (String): its name.

thing = { $what ->
    [line-of-a-contract] line of a contract
    [link-of] link of
    [link-to-a-taken-record] link to a record that another one is linked to,
    [plugin-with-digest] plugin with digest
    [source-record] source record
    [target-record] target record
   *[other] { $what }
}
not-found = there is no { thing } `{ $name }`
exists-already = there is a { thing } `{ $name }` already: choose another name
changed-meanwhile = the { thing } `{ $name }` was changed by somebody else meanwhile: read it again
too-large = { stored-part } `{ $start }…` has { $bytes } bytes, at most { $most } are stored
too-large-fields = the fields of `{ $record }` have { $bytes } bytes, at most { $most } are stored
too-large-secret = the secret `{ $name }` has more than { $most } bytes
stored-part = { $part ->
    [cursor] the cursor
    [id] the id
    [name] the name
    [parent] the parent's id
    [payload] the payload
    [secret-name] the name of the secret
   *[stamp] the stamp
}
problems = { $what }: { $count } wrong, nothing was taken
    { $problems }
vendor-failed = { $connection }: { $failure }
file-unusable = cannot use { $path }
hint-file = check its path and its permissions
run-stopped = stopped on request: the next run goes on from there

## Work that another process does.

claim-sync = working on the sync `{ $sync }`
claim-job = doing the job `{ $job }` of `{ $connection }`
busy-elsewhere = another process is { $claim }
busy-taken-over = another process took over and is { $claim }
hint-wait = wait until it is done
hint-wait-or-stop = wait until it is done, or stop it: nothing is lost, the next run goes on from there
hint-nothing-lost = nothing is lost: what this process wrote is looked up by the next run

## The database and the key of its secrets.

database-newer =
    the database { $path } is of version { $found }, this program knows versions up to { $known }: use the newer program, or a backup from before it; nothing was changed
database-diverged =
    the database { $path } was made by another build of this program (version { $version } differs): use that build, or start with a new file; nothing was changed
database-foreign = { $path } is a database, but not one of this program: name another file; nothing was changed
database-locked =
    the database { $path } is locked by another process: wait until it is done, or find it with `fuser`, and try again; nothing was changed
database-damaged =
    the database { $path } is damaged ({ $detail }): restore a backup, or move the file away to start anew; nothing was changed
database-disk-full = the disk of the database { $path } is full: make room and try again; nothing was changed
key-wrong = this key is not the one the stored secrets were encrypted with: use the earlier key
key-missing =
    the key file { $path } is missing, and the database holds secrets encrypted with it: put the file back, or pass the key another way
key-open =
    the key file { $path } can be read or changed by other users of this machine, and opens every stored secret: remove their permissions with `chmod 600` (a mounted secret: set its mode to 0440)
key-invalid = the key that was passed is not 32 bytes in base64 or hex: `openssl rand -base64 32` makes one
store-file = cannot use { $path }: check its path and its permissions
store-unreadable =
    the stored { $what } cannot be read ({ $detail }): the database was changed by another program, restore a backup
store-random = the system returned no random bytes: check whether this container has a source of them
store-migration = the tables could not be migrated; nothing was changed
store-closed = the database is closed: the program is stopping
store-database = the database returned an error
secret-too-large = the secret is too large to encrypt
