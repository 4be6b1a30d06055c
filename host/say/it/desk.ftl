### Comandi di una persona: elenchi, decisioni, file, connessioni, sincronizzazioni.

## Parole. $state (String): stato di un collegamento; $target_kind (String): tipo di record nella destinazione.

link-state = { $state ->
    [unmapped] non collegato
    [proposed] proposto
    [linked] collegato
    [create] da creare
    [excluded] escluso
    [conflict] in conflitto
    [broken] interrotto
   *[other] { $state }
}
link-target-kind = { $target_kind ->
    [customer] cliente
    [location] sede
    [asset] asset
    [contract] contratto
    [product] prodotto
    [usage] riga di utilizzo
    [alert] avviso
    [ticket] ticket
   *[other] { $target_kind }
}
# $switch (String): `usage` o `tickets`.
link-switch = { $switch ->
    [usage] utilizzo
   *[tickets] ticket
}

## Clienti: account, contratto, interruttori.

customer-decided-since = cliente { $customer }: nel frattempo qualcuno ha preso un'altra decisione
customer-hint-now = { $list } mostra lo stato attuale
customer-hint-list = { $list } li elenca
customer-hint-find = { $find } cerca gli account in base a una parte del nome
customer-hint-products = { $list } li elenca
customer-hint-services = { $find } cerca i servizi in base a una parte del nome
customer-hint-by-id = indicare l'id di quello desiderato
customer-name-shared = { $count } { kinds } hanno il nome `{ $name }`: { $ids }
customer-contract-without-account = un contratto appartiene a un account, e l'account viene tolto
customer-hint-name-account = indicare l'account, o omettere il contratto
customer-without-account = il cliente { $customer } non è collegato a un account
customer-hint-map = { $map } lo collega
customer-contract-without-usage =
    l'utilizzo non fa parte della sincronizzazione `{ $sync }`: un contratto non vi ha alcun significato
customer-hint-account-alone = mappare soltanto l'account
customer-contract-declined =
    il contratto { $contract } non può essere rifiutato: un account ne ha pochi, e se ne sceglie uno
customer-hint-contracts = { $contracts } elenca quelli che si possono scegliere
customer-contract-created = i contratti non vengono creati
# Il PSA è il sistema di destinazione.
customer-hint-make-contract = crearlo nel PSA, poi sceglierlo
customer-contract-decided = deciso dall'operatore
customer-contract-of-another = il contratto { $contract } (`{ $name }`) appartiene a un altro account
customer-contract-cancelled = il contratto { $contract } (`{ $name }`) è stato disdetto
customer-contract-not-eligible = il contratto { $contract } (`{ $name }`) è di un tipo che non accetta quantità
customer-nothing-to-switch =
    { $kind ->
        [usage] l'utilizzo non fa
       *[alert] gli avvisi non fanno
    } parte della sincronizzazione `{ $sync }`: non c'è nulla da attivare o disattivare
customer-hint-kinds = { $set } con `--kinds` aggiunge un tipo
customer-not-read-alone = `{ $source }` o `{ $target }` non può leggere singoli clienti
customer-hint-plan = { $plan } li legge tutti

# $to (String): `on`, `off`, o `rule` per ciò che dice la regola della sincronizzazione.
customer-switched =
    interruttore { link-switch }: { $to ->
        [on] attivo
        [off] non attivo
       *[rule] secondo la regola della sincronizzazione
    }; autore: { $by }, decisione { $decision }
customer-switched-since = il suo interruttore { link-switch } è stato cambiato nel frattempo

## Collegamenti.

# Chi ha preso una decisione, dopo «autore:».
link-by-operator = operatore
link-by-file = file
link-by-score = punteggio accettato { $score }
link-by-taking-back = annullamento di { $decision }

# Nel registro. $to, $was: l'id di una destinazione, o lo stato se non ce n'è una.
link-decided = { kind } { $source }: { link-target-kind } { $to }; autore: { $by }, decisione { $decision }
link-redecided =
    { kind } { $source }: { link-target-kind } { $to }, prima { $was }; autore: { $by }, decisione { $decision }
link-hint-journal = { $journal } elenca le decisioni con i loro id
link-written-since = un'esecuzione vi ha scritto nel frattempo: { $undo } la annulla
link-decided-since = nel frattempo è stata presa un'altra decisione
link-decided-by-operator = deciso dall'operatore
link-accepted = accettato con { $score }: { $reason }
link-taken-along = { $reason }, in { $sync }
link-state-for = { link-state }: { $reason }
link-no-ticket = nessun ticket
link-note-free = lì il suo prezzo è 0: non viene addebitato nulla
link-no-reverse = la sincronizzazione `{ $sync }` non crea nulla nella sua origine `{ $source }`
link-hint-reverse = lo fa una sincronizzazione con `--reverse`
# $decision (String): `create`, `exclude` o `undecided`.
link-reverse-decided = cliente di destinazione { $target }: { $decision ->
    [create] da creare
    [exclude] escluso
   *[undecided] non deciso
} nell'origine
link-taken = { kind } { $target }: è già presente un collegamento con { $other }
link-taken-named = { kind } { $target } (`{ $name }`): è già presente un collegamento con { $other }
link-hint-free = { $forget } toglie il collegamento
link-hint-free-first = prima togliere quel collegamento: { $forget }
link-hint-remove-first = { $forget } toglie prima il collegamento
link-hint-list = { $list } elenca i record; se il record è nuovo, prima eseguire { $plan }
link-hint-plan = se il record è nuovo in { $target }, prima eseguire { $plan }
link-hint-proposed = { $list } elenca le proposte
link-customer-not-linked = { kind } { $source }: il cliente { $customer } non è ancora collegato
link-hint-customer-first = collegare prima il cliente: { $set }
link-of-another-account = { kind } { $target } (`{ $name }`): appartiene a un altro account, { $other }
link-of-no-account = { kind } { $target } (`{ $name }`): non appartiene ad alcun account
link-hint-of-account = scegliere tra { kinds } dell'account { $account }, a cui il cliente è collegato
link-declined-linked = { kind } { $source }: il collegamento esiste già, si può rifiutare soltanto una proposta
link-record = { kind } { $id }
link-record-named = { kind } { $id } (`{ $name }`)

## Connessioni. $connection (String): nome; $grants, $grant (String): JSON.

connection-added = { $connection }: { $plugin }, autorizzazioni { $grants }
connection-granted = { $connection }: { $endpoint } { $grant }
connection-revoked = { $connection }: { $endpoint }
connection-hint-grants = { $list } mostra che cosa può raggiungere `{ $connection }`
connection-changed = { $connection }: { $changed }
connection-secret-changed = { $connection }: { $secret }
connection-no-reason = manca il motivo
connection-hint-reason = indicare con `--reason` perché sono lo stesso account
connection-same-account = { $connection }: { $account } è lo stesso account di { $known }: { $reason }
connection-settings = le impostazioni
connection-hint-settings = { $inspect } elenca le impostazioni
connection-secrets-missing = { $title } non può accedere senza i suoi segreti: { $secrets }
connection-hint-secrets =
    fornire ognuno con `--secret-file NAME=FILE` o `--secret-env NAME=VARIABLE`, o rispondere alla richiesta

## Plugin.

plugin-has = { $plugin } ha: { $names }
plugin-has-none = { $plugin } non ne ha
plugin-describe-failed = il componente ha fallito in `describe`: segnalarlo all'autore
plugin-hint-list = { $list } elenca quelli installati, { $add } ne installa uno
plugin-hint-add = { $add } ne installa uno utilizzabile

## Sincronizzazioni.

sync-added = da { $source } a { $target }: { $rules }
sync-removed =
    { $sync }: da { $source } a { $target }, con { $links ->
        [one] { $links } collegamento
       *[other] { $links } collegamenti
    }
# $path (String): nome di un'impostazione, come in `kinds.asset.trust`.
sync-value-changed = { $path }: { $value }, prima { $was }
sync-value-none = nessun valore
sync-remove-uncertain =
    { $count ->
        [one] una scrittura di questa sincronizzazione ha
       *[other] { $count } scritture di questa sincronizzazione hanno
    } un esito incerto
sync-hint-uncertain =
    { $plan } le verifica, { $list } mostra quando, e { $settle } ne chiarisce una a mano; poi rimuovere la sincronizzazione
sync-one-connection = origine e destinazione sono la stessa connessione
sync-hint-two-connections = indicare due connessioni
# $side (String): `source` o `target`.
sync-cannot-list =
    { $side ->
        [source] l'origine
       *[target] la destinazione
    } `{ $connection }` non può elencare { kinds }
# $word (String): un valore dell'opzione `--kinds`.
sync-hint-without-kind = omettere `{ $word }` da `--kinds`, o scegliere un'altra connessione
sync-cannot-make-tickets = la destinazione `{ $connection }` non può creare ticket e leggerli
sync-without-customers = sedi, asset, utilizzo e avvisi appartengono ai clienti
sync-hint-customers = aggiungere `customer` a `--kinds`
sync-kind-alone =
    contratti e prodotti si mappano per l'utilizzo, e i ticket nascono dagli avvisi: nessuno di essi funziona da solo
sync-hint-kind-alone = indicare `usage` o `alert` in `--kinds`
sync-no-time-zone = `{ $zone }` non è un fuso orario
sync-hint-time-zone = indicare il nome IANA, per esempio `Europe/Rome`
sync-cannot-reverse = l'origine `{ $connection }` non può creare clienti
sync-hint-without-reverse = omettere `--reverse`, o scegliere un'altra connessione
sync-swap-same = la sincronizzazione `{ $sync }` ha già quella connessione
sync-hint-other-connection = indicare la connessione dell'altro fornitore
sync-successor = al posto di { $old }: da { $source } a { $target }
sync-succeeded =
    in pausa: { $successor } ne prende il posto; { $links ->
        [one] il suo unico collegamento resta
       *[other] i suoi { $links } collegamenti restano
    }
sync-hint-runs = { $runs } le elenca
sync-findings-not-kept =
    osservazioni del piano { $plan }: { $counted }; si conservano una per una soltanto per i piani più recenti
sync-findings-kept-in-part = osservazioni del piano { $plan }: { $counted }; le prime { $kept } si conservano una per una

## Righe di utilizzo. $line (String): cliente e prodotto; $target (String): id di una riga del contratto.

usage-desk-not-counted = il conteggio di { $line } non è noto: { $reason }
usage-desk-hint-not-counted = finché non è noto non c'è nulla da ignorare
usage-desk-count-moved = { $line } ora conta { $counted }, non { $seen }
usage-desk-hint-list = { $list } mostra la riga
usage-desk-hint-lines = { $list } mostra le righe
usage-desk-dismissed = il conteggio di { $counted } è stato ignorato
usage-desk-no-contract = nessun contratto scelto per il cliente { $customer }
usage-desk-other-contract = la riga { $target } non è nel contratto { $contract }
usage-desk-other-product = la riga { $target } non è del prodotto { $service }, a cui è mappato { $product }
usage-desk-taken-already = la riga { $target } è già assegnata a { $other }
usage-desk-billed-elsewhere = la riga { $target } è { $elsewhere }: una riga è fatturata in base a un solo conteggio
usage-desk-line-chosen = riga scelta dall'operatore
usage-desk-taken = è la riga { $target }

## Scritture dall'esito incerto, chiarite a mano. $change (String): `<piano>.<sequenza>`.

uncertain-no-reason = manca il motivo
uncertain-hint-reason = descrivere con `--reason` che cosa si è visto presso il fornitore
uncertain-settled-already = la modifica { $change } non è incerta
uncertain-hint-list = { $list } elenca quelle incerte
uncertain-of-another = la modifica { $change } riguarda { $target }, non { $id }
uncertain-hint-written = indicare `--written { $target }`, o `--not-written`
uncertain-hint-look-in = cercare l'id in `{ $connection }`; `--not-written` se il record non c'è
uncertain-hint-look = cercare lì l'id; `--not-written` se il record non c'è
uncertain-hint-look-made = cercare lì l'id; `--not-written` se non è stato creato nulla
uncertain-hint-set = { $other } non è più nell'origine: { $set } cede poi il record
uncertain-hint-forget = se quel collegamento è errato, prima { $forget }
uncertain-not-asked = { kind } { $id }: ora non è possibile chiedere a `{ $connection }` se esiste: { $failure }
uncertain-hint-again = non è stato modificato nulla: riprovare quando risponde
uncertain-written-by-hand = chiarita a mano come scritta: { $reason }
uncertain-not-written-by-hand = chiarita a mano come non scritta: { $reason }
uncertain-linked-to-another =
    { $record }: è già presente un collegamento con { $other }, non è ciò che è stato creato per { $source }
uncertain-billed-elsewhere = { $record }: già nella fatturazione della sincronizzazione { $sync }
uncertain-elsewhere = { kind } { $id }: si trova in { $there }, la creazione era prevista in { $sent }
uncertain-other-product = { kind } { $id }: il prodotto è { $there }, la creazione era prevista per { $sent }
uncertain-vendor-works = il fornitore la sta elaborando
uncertain-run-ended = la sua esecuzione è terminata durante la scrittura

## Righe di un file importato. Le parole tra apici inversi sono celle del file.

file-row = riga { $row }: { $why }
file-row-more =
    lo stesso in { $count ->
        [one] un'altra riga
       *[other] altre { $count } righe
    }: { $rows }
file-row-unreadable = la riga non è leggibile: { $detail }
file-row-none = nessuno
# $cell (String): la colonna.
file-row-cell = { $cell ->
    [account] account
    [contract] contratto
   *[customer] cliente
}
file-row-source = { kind } di origine
file-row-target = { kind } di destinazione
# $what: una delle tre voci qui sopra.
file-row-misplaced =
    { $what } { $id }: il nome è `{ $actual }`, ma quello accanto è `{ $beside }`: correggere l'id, o svuotare il nome
file-row-altered-id =
    un foglio di calcolo ha trasformato un id in un numero o in una data: riprendere l'id da una nuova esportazione, che conserva gli id come testo
file-row-source-twice = { kind } { $source }: già presente nella riga { $before }
file-row-target-twice = { file-row-target } { $target }: già presente nella riga { $before }
file-row-cell-twice = { file-row-cell } { $target }: già presente nella riga { $before }
file-row-no-customer = non esiste un cliente { $customer }
file-row-switch-impossible =
    `{ $switch }` non può essere `on`: { $kind ->
        [usage] l'utilizzo non fa
       *[alert] gli avvisi non fanno
    } parte della sincronizzazione
file-row-switch-unreadable = `{ $switch }` è `{ $text }`: scrivere `on`, `off` o nulla
file-row-customer-since =
    cliente { $customer }: è stata presa una decisione dopo la creazione di questo file. Ora: account { $account }, contratto { $contract }, utilizzo { $usage }, ticket { $tickets }. Esportare di nuovo
file-row-decided-since =
    { kind } { $source }: è stata presa una decisione dopo la creazione di questo file. Ora: { link-state }. Esportare di nuovo
file-row-targeted-since =
    { kind } { $source }: è stata presa una decisione dopo la creazione di questo file. Ora: { link-state }, { $target }. Esportare di nuovo
file-row-undecided-since =
    { kind } { $source }: è stata presa una decisione dopo la creazione di questo file. Ora: nessuna decisione. Esportare di nuovo
file-row-target-for-nothing = lo stato è ancora `{ $state }`: scrivere `linked` per usare la destinazione
file-row-no-kind = `{ $text }` non è un tipo: usare uno tra { $known }
file-row-no-source = `source` è vuoto: è l'id del record di origine
file-row-no-state = `{ $text }` non è uno stato di collegamento: usare uno tra { $known }
file-row-no-target = `linked` richiede l'id del record di destinazione in `target`

## Un file importato nel suo insieme. $what (String): `customers` o `links`.

import-file = { $what ->
    [customers] il file dei clienti
   *[links] il file dei collegamenti
}
import-refused = { import-file } non è accettato: { $why }
import-hint-form = { $export } ne crea uno nel formato corretto
import-hint-rows = { $export } mostra il formato; correggere le righe e importare di nuovo il file
# $object (String): numero di un oggetto nella lista.
import-json-unreadable = non è una lista di oggetti JSON: { $detail }
import-json-no-text = l'oggetto { $object } non ha testo nel membro `{ $member }`
import-json-no-member = l'oggetto { $object } non ha il membro `{ $member }`
import-csv-empty =
    è vuoto: una tabella di { $what ->
        [customers] clienti
       *[links] collegamenti
    } ha un'intestazione
import-csv-header-unreadable = la prima riga non è leggibile: { $detail }
import-csv-no-column =
    non è una tabella di { $what ->
        [customers] clienti
       *[links] collegamenti
    }: la prima riga non ha la colonna `{ $missing }`, ma soltanto { $columns }
import-csv-column-twice = ha due volte la colonna `{ $column }`
import-csv-too-many-cells =
    la riga { $row } ha { $cells } celle e l'intestazione { $header }: una cella che contiene il separatore va messa tra virgolette
import-csv-unreadable = non è leggibile come tabella: { $detail }
import-workbook = è una cartella di lavoro: salvarla come CSV (UTF-8) nel programma di fogli di calcolo
import-encoding = alcuni caratteri non sono leggibili: salvarlo come CSV (UTF-8)
import-not-text = non è testo: salvarlo come CSV (UTF-8)
import-unknown-column = colonna sconosciuta: { $unknown }; colonna mancante: { $missing }. Rinominarla, o toglierla
import-names-and-more = { $names } e altre { $more }
import-unwritable = impossibile scrivere le righe come CSV: { $detail }

## Eliminazione dei dati oltre il periodo di conservazione.

prune-nothing = nulla è abbastanza vecchio
prune-removed = { $rows }
prune-rows = { prune-table }: { $count }
# $what (String): il nome che l'archivio dà a una tabella.
prune-table = { $what ->
    [journal-entries] voci del registro
    [intents] intenzioni di scrittura
    [plans] piani
    [states-of-changes] stati delle modifiche
    [changes] modifiche
    [findings] osservazioni
    [runs] esecuzioni
    [counts] conteggi
    [links] collegamenti
    [records] record
    [reads] letture
    [counters-of-calls] contatori di chiamate
   *[other] { $what }
}
prune-clock-doubtful =
    l'orologio ha fatto un salto a { $since } e ora segna { $now }: non viene eliminato nulla in base all'età
prune-hint-clock = { $prune } conferma che è giusto; altrimenti attendere una settimana
