### Errori con cui può terminare qualsiasi comando, e che cosa fare.

## $what (String): il tipo di oggetto; $name (String): il suo nome.

thing = { $what ->
    [bucket] limite di chiamate
    [change] modifica
    [connection] connessione
    [contract] contratto
    [customer] cliente
    [decision] decisione
    [endpoint] endpoint
    [instance] istanza
    [line] riga
    [line-of-a-contract] riga di contratto
    [link-of] collegamento di
    [link-to-a-taken-record] collegamento a un record a cui ne è collegato un altro,
    [plan] piano
    [plugin] plugin
    [plugin-with-digest] plugin con digest
    [read] lettura
    [reason] motivo
    [run] esecuzione
    [secret] segreto
    [source-record] record di origine
    [sync] sincronizzazione
    [target-record] record di destinazione
    [tenant] tenant
   *[other] { $what }
}
not-found = non esiste: { thing } `{ $name }`
exists-already = esiste già: { thing } `{ $name }`. Scegliere un altro nome
changed-meanwhile = { thing } `{ $name }`: nel frattempo qualcun altro ha apportato modifiche. Leggere di nuovo
too-large = { stored-part } `{ $start }…` ha { $bytes } byte, se ne salvano al massimo { $most }
too-large-fields = i campi di `{ $record }` hanno { $bytes } byte, se ne salvano al massimo { $most }
too-large-secret = il segreto `{ $name }` ha più di { $most } byte
stored-part = { $part ->
    [cursor] il cursore
    [id] l'id
    [name] il nome
    [parent] l'id del record padre
    [payload] il contenuto
    [secret-name] il nome del segreto
   *[stamp] lo stamp
}
problems = { $what }: { $count } errori, non è stato accettato nulla
    { $problems }
vendor-failed = { $connection }: { $failure }
file-unusable = impossibile usare { $path }
hint-file = controllare il percorso e i permessi
run-stopped = interrotta su richiesta: la prossima esecuzione riprende da qui

## Lavoro svolto da un altro processo.

claim-sync = lavora alla sincronizzazione `{ $sync }`
claim-job = esegue il job `{ $job }` di `{ $connection }`
busy-elsewhere = un altro processo { $claim }
busy-taken-over = un altro processo è subentrato e { $claim }
hint-wait = attendere la fine
hint-wait-or-stop = attendere la fine, o interromperlo: non si perde nulla, la prossima esecuzione riprende da qui
hint-nothing-lost = non si perde nulla: ciò che questo processo ha scritto viene verificato dalla prossima esecuzione

## Il database e la chiave dei suoi segreti.

database-newer =
    il database { $path } è della versione { $found }, questo programma conosce le versioni fino alla { $known }: usare il programma più recente, o un backup precedente; non è stato modificato nulla
database-diverged =
    il database { $path } è stato creato da un'altra build di questo programma (la versione { $version } è diversa): usare quella build, o iniziare con un file nuovo; non è stato modificato nulla
database-foreign = { $path } è un database, ma non di questo programma: indicare un altro file; non è stato modificato nulla
database-locked =
    il database { $path } è bloccato da un altro processo: attendere la fine, o cercarlo con `fuser`, e riprovare; non è stato modificato nulla
database-damaged =
    il database { $path } è danneggiato ({ $detail }): ripristinare un backup, o spostare il file per ricominciare; non è stato modificato nulla
database-disk-full = il disco del database { $path } è pieno: liberare spazio e riprovare; non è stato modificato nulla
key-wrong = questa chiave non è quella con cui sono stati cifrati i segreti: usare la chiave precedente
key-missing =
    il file della chiave { $path } manca, e il database contiene segreti cifrati con essa: ripristinare il file, o fornire la chiave in altro modo
key-open =
    il file della chiave { $path } può essere letto o modificato da altri utenti di questa macchina, e apre ogni segreto: togliere i loro permessi con `chmod 600` (per un segreto montato: modo 0440)
key-invalid = la chiave fornita non è di 32 byte in base64 o esadecimale: `openssl rand -base64 32` ne crea una
store-file = impossibile usare { $path }: controllare il percorso e i permessi
store-unreadable =
    il dato salvato ({ $what }) non è leggibile ({ $detail }): il database è stato modificato da un altro programma, ripristinare un backup
store-random = il sistema non ha fornito byte casuali: controllare se questo container ne ha una sorgente
store-migration = la migrazione delle tabelle non è riuscita; non è stato modificato nulla
store-closed = il database è chiuso: il programma sta terminando
store-database = il database ha restituito un errore
secret-too-large = il segreto è troppo grande per essere cifrato
