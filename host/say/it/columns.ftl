### Tabelle della riga di comando: le intestazioni delle colonne, e le parole del prodotto nelle celle.

## $column (String): una colonna. Ogni identificatore usato va elencato.

column = { $column ->
    [accepts-from] accetta da
    [account] account
    [after] dopo
    [alert] avviso
    [append] annotazioni
    [approved] approvato
    [asked] richiesto
    [at] quando
    [at-once] in parallelo
    [becomes] diventa
    [before] prima
    [begun] iniziata
    [bucket] limite
    [by] da
    [calls] chiamate
    [change] modifica
    [changes] modifiche
    [chosen] scelto
    [close] chiusure
    [connection] connessione
    [contract] contratto
    [counted] conteggiato
    [create] creazioni
    [create-source] creazioni all'origine
    [creates] crea
    [customer] cliente
    [customers] clienti
    [deactivate] disattivazioni
    [deactivates] disattiva
    [default] predefinito
    [device] dispositivo
    [done] eseguite
    [effective] decorrenza
    [ended] esito
    [endpoint] endpoint
    [event] evento
    [every-request-carries] ogni richiesta contiene
    [failed] non riuscite
    [field] campo
    [fields] campi
    [finding] osservazione
    [first-read] prima lettura
    [form] forma
    [from] da
    [granted] autorizzato
    [held] trattenute
    [held-by] freno
    [id] id
    [in-use] in uso
    [job] job
    [kind] tipo
    [kinds] tipi
    [label] etichetta
    [last] ultima esecuzione
    [last-read] ultima lettura
    [last-written] ultimo scritto
    [link] collegamento
    [link-to] collegare a
    [lists] elenca
    [logs-in] con accesso
    [looked-up-after] verifica dopo
    [looks-up-by] cerca per
    [made] creato
    [meaning] significato
    [message] messaggio
    [method] metodo
    [mode] modo
    [month] mese
    [move] spostamenti
    [moves] sposta
    [name] nome
    [name-there] nome di destinazione
    [next] prossima
    [note] nota
    [number] numero
    [of] di
    [open] aperture
    [outcome-or-reason] esito o motivo
    [path] percorso
    [paths] percorsi
    [plan] piano
    [plugin] plugin
    [product] prodotto
    [quantity] quantità
    [raised] sollevato
    [reactivate] riattivazioni
    [record] record
    [records] record
    [released] sbloccati
    [removed] eliminati
    [required] obbligatorio
    [retire] dismissioni
    [row] riga
    [run] esecuzione
    [runs] esecuzione
    [s] s
    [secret] segreto
    [secrets-set] segreti impostati
    [service] servizio
    [setting] impostazione
    [sha256] sha256
    [source] origine
    [started] inizio
    [state] stato
    [such-as] per esempio
    [sync] sincronizzazione
    [takes-usage] accetta utilizzo
    [target] destinazione
    [term] durata
    [ticket] ticket
    [tickets] ticket
    [times] volte
    [title] titolo
    [to] a
    [trust] fiducia
    [type] tipo
    [undecided] da decidere
    [unlink] scollegamenti
    [update] aggiornamenti
    [updates] aggiorna
    [usage] utilizzo
    [value] valore
    [version] versione
    [what] che cosa
    [when] quando
    [where] dove
    [why] motivo
    [would-go] da eliminare
   *[other] { $column }
}

## $word (String): uno stato, un evento, un tipo, un freno … Ogni identificatore usato va elencato.

word = { $word ->
    [accepted] in corso presso il fornitore
    [account] account
    [account-back] account di nuovo riconosciuto
    [account-changed] account cambiato
    [account-kept] account registrato
    [account-other] altro account
    [account-same] account confermato
    [alert] avviso
    [alerts] avvisi
    [apply] applicazione
    [approve] approvazione
    [approved] approvato
    [asset] asset
    [astray] senza cliente
    [automatic] automatica
    [billing] fatturazione
    [broken] interrotto
    [by-hand] a mano
    [by-rule] per regola
    [cancelled] annullata
    [cannot] non supportato
    [change] modifica
    [changes] modifiche
    [clock] orologio
    [closed] chiuso
    [conflict] conflitto
    [connection-added] connessione aggiunta
    [connection-changed] connessione modificata
    [connection-released] connessione sbloccata
    [contract] contratto
    [counted] conteggio
    [counters-of-calls] contatori di chiamate
    [counts] conteggi
    [create] da creare
    [created] creato
    [created-at-the-source] creato all'origine
    [creates] creazioni
    [current] attuale
    [customer] cliente
    [dates] date
    [deactivated] disattivato
    [deactivations] disattivazioni
    [decided] deciso
    [dismissed] ignorato
    [done] eseguito
    [edited] modificato a mano
    [excluded] escluso
    [failed] non riuscito
    [falls] diminuzioni
    [findings] osservazioni
    [first-run] prima esecuzione
    [flapping] intermittente
    [flawed] difettoso
    [former] riga precedente
    [found] osservazione
    [granted] autorizzato
    [held] trattenuto
    [id] id
    [identity] identità
    [intended] in scrittura
    [intents] intenzioni
    [journal-entries] voci del registro
    [kept] mantenuto
    [left] lasciato
    [link] collegamento
    [linked] collegato
    [linked-to] collegato a
    [links] collegamenti
    [location] sede
    [look-up] verifica
    [looked-up] verificato
    [mapped] mappato
    [match] abbinamento
    [missing] mancante
    [moved] spostato
    [name] nome
    [nameless] senza nome
    [no] no
    [no-product] senza prodotto
    [no-ticket] senza ticket
    [not-created] non creato
    [not-fetched] non letto
    [not-ours] non nostro
    [not-refreshed] non aggiornato
    [not-undone] non annullato
    [noted] annotato
    [nothing-to-do] niente da fare
    [off] disattivo
    [on] attivo
    [opened] aperto
    [other] altro
    [out-of-use] fuori uso
    [partial] parziale
    [parts] parti
    [paused] in pausa
    [pending] in attesa
    [plan] piano
    [planned] pianificato
    [plans] piani
    [preview] anteprima
    [product] prodotto
    [proposed] proposto
    [prune] pulizia
    [put-off] rimandato
    [quantity] quantità
    [queued] in coda
    [reactivated] riattivato
    [reads] letture
    [records] record
    [reference] riferimento
    [refused] rifiutato
    [released] sbloccato
    [resumed] ripreso
    [retired] dismesso
    [revoked] revocato
    [rises] aumenti
    [running] in corso
    [runs] esecuzioni
    [secret-changed] segreto modificato
    [shared-key] chiave condivisa
    [skipped] saltato
    [source] origine
    [stale] superato
    [stamp] stamp
    [states-of-changes] stati delle modifiche
    [stopped] interrotto
    [succeeded] riuscito
    [superseded] sostituito
    [swapped] sostituito
    [switched] interruttore cambiato
    [sync] sincronizzazione
    [sync-added] sincronizzazione aggiunta
    [sync-changed] sincronizzazione modificata
    [sync-removed] sincronizzazione rimossa
    [taken] riga presa in carico
    [takeover] presa in carico
    [target] destinazione
    [target-unread] destinazione non letta
    [ticket] ticket
    [ticket-of-alert] ticket dell'avviso
    [ticket-open] ticket aperto
    [tickets] ticket
    [tried] tentativo
    [unbilled] non fatturato
    [uncertain] incerto
    [undecided] da decidere
    [unlinked] scollegato
    [unlisted] non elencato
    [unmapped] non mappato
    [unpriced] senza prezzo
    [unread] non letto
    [unsettled] da chiarire
    [unused] non in uso
    [updated] aggiornato
    [updates] aggiornamenti
    [usage] utilizzo
    [value] valore
    [withdrawn] ritirato
    [written] scritto
    [yes] sì
    [zero] zero
   *[other] { $word }
}
