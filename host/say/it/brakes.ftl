### Freni, prime esecuzioni, lettura dei record di un fornitore, scritture incerte, autorizzazioni, account e ricerche per nome.

## Freni. $count (Number): modifiche; $in_use (Number): record collegati in uso; $percent, $least (Number): la soglia.

brake-counted = { $counted ->
    [deactivations] { $count ->
        [one] una disattivazione
       *[other] { $count } disattivazioni
    }
    [updates] { $count ->
        [one] un aggiornamento
       *[other] { $count } aggiornamenti
    }
    [identities] { $count ->
        [one] un cambio di identità
       *[other] { $count } cambi di identità
    }
    [moves] { $count ->
        [one] uno spostamento a un altro cliente
       *[other] { $count } spostamenti a un altro cliente
    }
   *[creates] { $count ->
        [one] un nuovo record
       *[other] { $count } nuovi record
    }
}
brake-share =
    { brake-counted } rispetto ai record collegati ({ kinds }: { $in_use }): superata la soglia ({ $percent }%, minimo { $least })
brake-share-of-sync =
    { brake-counted } nell'intera sincronizzazione ({ kinds }: { $in_use }): superata la soglia ({ $percent }%, minimo { $least })
brake-all = verrebbero disattivati tutti i record collegati di questo cliente ({ kinds }: { $in_use })
brake-preview =
    { kinds }: questa sincronizzazione mostra solo l'anteprima. Per applicare le modifiche, aumentare il livello di fiducia
brake-first-run = { kinds }: prima esecuzione in questa sincronizzazione, { $count ->
    [one] una modifica da esaminare
   *[other] { $count } modifiche da esaminare
}
brake-of-customer = appartiene al cliente { $customer }, che è trattenuto: { $because }

## Una prima esecuzione non conclusa, benché un suo piano sia stato sbloccato. Gli argomenti Said sono le voci qui sotto.

first-run-open = { kinds }: la prima esecuzione non è conclusa: { $did }; fino ad allora { $meanwhile }; si conclude { $ends }
# $did
first-run-did = il piano { $plan } ha eseguito { $done } modifiche su { $all } ({ kind })
first-run-did-and-left = il piano { $plan } ha eseguito { $done } modifiche su { $all } ({ kind }), le altre: { $left }
# Un elenco di queste voci è $left.
first-run-left-held = { $count } { $count ->
    [one] trattenuta
   *[other] trattenute
} da `{ $brakes }`
first-run-left-not-begun = { $count } { $count ->
    [one] non iniziata
   *[other] non iniziate
}
first-run-left-failed = { $count } { $count ->
    [one] non riuscita o superata
   *[other] non riuscite o superate
}
first-run-left-unsettled = { $count } da chiarire
# $meanwhile
first-run-holds-each = `first-run` trattiene ogni loro modifica
first-run-brakes-off = i freni `creates` e `identity` non ne trattengono nessuna
# $ends
first-run-ends-with-next-plan = con il prossimo piano che ne contiene e che viene sbloccato per intero
first-run-ends-with-this-plan = quando tutto ciò che si può sbloccare di questo piano è sbloccato: { $apply }

## Lettura di tutti i record di un tipo. $connection (String): il nome della connessione.

walk-failed = { $connection }, { kinds }: lettura non arrivata alla fine: { $failure }
walk-moved =
    { $connection }, { kinds }: il totale è cambiato durante la lettura (da { $before } a { $after }); nulla viene considerato scomparso o nuovo
walk-moved-since =
    { $connection }, { kinds }: il totale è cambiato durante la lettura (prima che questa esecuzione la riprendesse); nulla viene considerato scomparso o nuovo
walk-short =
    { $connection }, { kinds }: lettura incompleta, il fornitore indica { $total } record e ne sono arrivati { $came }; nulla viene considerato scomparso o nuovo
walk-dropped =
    { $connection }, { kinds }: da { $before } a { $came } record dall'ultima lettura, e il fornitore non indica un totale; nulla viene considerato scomparso o nuovo finché una seconda lettura non lo conferma
# I record padre sono clienti o account, i cui record si leggono uno per uno.
walk-parents-unread = { $connection }, { kinds }: impossibile leggere i record di { $count ->
    [one] un record padre
   *[other] { $count } record padre
}, il primo { $first }: { $cause }
walk-parents-unread-others = { $connection }, { kinds }: impossibile leggere i record di { $count ->
    [one] un record padre
   *[other] { $count } record padre
}, il primo { $first }: { $cause }; inoltre { $others }
walk-parent-unknown = sconosciuto
walk-more = { $count ->
    [one] un altro
   *[other] altri { $count }
}
walk-unread = { $connection }, { kinds }: record che non è stato possibile leggere per intero: { $count }, il primo { $first }: { $cause }

## Una scrittura dall'esito sconosciuto.

doubt-named-twice = il fornitore ha indicato { $target } come risultato di più di una modifica
doubt-named-of-another =
    il fornitore ha indicato { $target } come nuovo record, ma è collegato a { $other }: verificare a chi appartiene
doubt-program-ended = il programma si è interrotto durante la scrittura
doubt-reads-as-before =
    la sua riga è come prima, il che non prova nulla su una differenza: resta in attesa finché la riga non cambia o una persona non chiarisce

## Un collegamento la cui destinazione appartiene ora a un altro record di origine.

anew-re-enrolled = registrato di nuovo come { $source }, a cui ora appartiene la sua destinazione

## Autorizzazioni di endpoint. $endpoint (String): il nome nel manifest.

grant-place = { $place }
grant-places = { $base } e { $hosts }
grant-place-open = l'URL indicato dall'operatore
grant-place-and-reads = { $place }, e lettura tramite POST: { $reads }
grant-pattern = l'endpoint `{ $endpoint }` è un pattern di host: { $problem }
grant-hint-form = scrivere { $form }, ad esempio { $example }
grant-no-address = l'endpoint `{ $endpoint }` non ha un indirizzo proprio
grant-hint-server = indicare il server con { $add } o { $grant }
grant-not-public = il plugin chiede per l'endpoint `{ $endpoint }` l'indirizzo { $place }, che non è pubblico
grant-hint-own-server = se il server è proprio, indicarlo con { $add } o { $grant }
grant-not-its-server = `{ $place }` non è un server dell'endpoint `{ $endpoint }`, autorizzato per { $at }
grant-hint-its-server = indicare host e porta come nell'autorizzazione, o prima autorizzare l'endpoint con `--url`
grant-not-a-place = `{ $text }` non è un host con porta
grant-not-a-url = `{ $text }` non è un URL per l'endpoint `{ $endpoint }`
grant-hint-url = scrivere { $form }, senza utente, password e query
grant-never = `{ $host }` è { grant-standing }: nessuna autorizzazione lo apre
grant-standing = { $standing ->
    [the-unspecified-address] l'indirizzo non specificato
    [an-address-of-no-network] un indirizzo di nessuna rete
    [a-link-local-address] un indirizzo link-local
    [a-clouds-metadata-service] il servizio di metadati di un cloud
    [an-address-of-protocols] un indirizzo riservato ai protocolli
    [a-multicast-address] un indirizzo multicast
    [the-broadcast-address] l'indirizzo di broadcast
    [a-translated-private-address] un indirizzo privato tradotto
    [an-address-that-wraps-another] un indirizzo che ne contiene un altro
    [a-tunnels-address-which-wraps-another] un indirizzo di tunnel, che ne contiene un altro
   *[other] un indirizzo ({ $standing })
}
grant-hint-never = indicare il server del fornitore: a un indirizzo simile non c'è nessun fornitore

## L'account con cui risponde una connessione.

account-unnamed = un account senza nome né id
account-of-id = account { $id }
account-kept = { $connection }: { $account }
account-back = { $connection }: risponde di nuovo { $account }
account-changed = { $connection }: { $account }, in precedenza { $known }; non è in nessuna sincronizzazione
account-other = { $connection }: risponde { $account }, in precedenza { $known }; le sue sincronizzazioni sono trattenute
account-held =
    `{ $connection }` risponde come { $account }, ma i suoi collegamenti appartengono a { $known }: nessuna delle sue sincronizzazioni viene pianificata o applicata
account-hint-held =
    ripristinare la connessione con { $set } o { $grant }; se si tratta dello stesso account, confermarlo con { $check }; per un altro account, aggiungere una connessione e una sincronizzazione apposite

## Nomi e id da cercare.

find-hint-sync = { $list } elenca le sincronizzazioni
find-hint-plan = { $list } elenca i piani
find-hint-connection = { $list } elenca le connessioni
find-hint-tenant = { $list } elenca i tenant, { $add } ne aggiunge uno
find-hint-record = controllare l'id; se il record è nuovo, { $plan } lo legge e lo abbina
find-no-usage = l'utilizzo non fa parte della sincronizzazione `{ $sync }`
find-hint-usage = { $set } lo aggiunge
find-not-linked = { kind } { $record }: record non collegato, stato del collegamento: { find-link-state }
find-link-state = { $state ->
    [unmapped] non mappato
    [proposed] proposto
    [linked] collegato
    [create] da creare
    [excluded] escluso
    [conflict] in conflitto
   *[broken] interrotto
}
find-hint-why = { $why } spiega il motivo e che cosa lo cambierebbe

## Apertura di una connessione ed errori del suo fornitore.

opened-quarantine = la connessione `{ $connection }` è in quarantena ({ $since }): { $why }
opened-hint-quarantine = segnalarlo all'autore del plugin, poi sbloccare la connessione con { $release }
opened-not = impossibile aprire la connessione `{ $connection }`: { $problem }
opened-hint-set = { $set } ne cambia impostazioni e segreti
opened-hint-denied = controllare le credenziali e i diritti dell'account, o autorizzare l'endpoint indicato
opened-hint-throttled = attendere: il limite di chiamate del fornitore è raggiunto
opened-hint-unavailable = riprovare più tardi: il fornitore non è raggiungibile o dà risposte senza senso
opened-hint-broken = il connettore ha un difetto: segnalare questo messaggio al suo autore
opened-hint-other = il testo del fornitore dice che cosa non va

## File dei plugin.

plugin-hint-again = aggiungere di nuovo il suo file con { $add }
plugin-hint-file = il file è { $file }

## L'orologio di questa macchina.

clock-stepped = l'orologio è passato da { $before } a { $now }
clock-stepped-and-reset =
    l'orologio è passato da { $before } a { $now }; gli orari salvati troppo avanti sono stati reimpostati: { $reset }
# Un elenco di queste voci è $reset.
clock-reset = { clock-times } ({ $count })
clock-times = { $what ->
    [schedules] pianificazioni
    [wake-ups] risvegli
    [rests] pause
    [crashes] arresti
    [counts-of-wake-ups] conteggi dei risvegli
    [prunings] pulizie
    [tenants] tenant
    [records] record
    [reads] letture
    [links] collegamenti
    [uncertain-writes] scritture incerte
    [intents] scritture avviate
    [counts] conteggi
    [refusals] rifiuti
   *[other] { $what }
}
