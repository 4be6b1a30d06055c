### Ciò che mostrano i comandi su connessioni, plugin, sincronizzazioni, clienti, collegamenti e utilizzo.

## Che cosa è stato fatto, e che cosa digitare poi. $next e $back sono comandi.

desk-cli-next = prossimo passo: { $next }
desk-cli-next-approve = prossimo passo: { $next }, oppure usare `--all`
desk-cli-next-back = prossimo passo: { $next }; per annullare la decisione: { $back }
desk-cli-done-next = { $done }; prossimo passo: { $next }
desk-cli-done-next-back = { $done }; prossimo passo: { $next }; per annullare la decisione: { $back }
desk-cli-back = per annullare la decisione: { $back }
desk-cli-in-full = testo completo: { $command }

# Un giorno in una tabella.
desk-cli-day = { $day }
# Un record, ad esempio `cliente 17`.
desk-cli-record = { kind } { $id }
# Un candidato e il suo punteggio, da 0 a 1.
desk-cli-scored = { $score } { $why }
desk-cli-scored-target = { $score } { $why } ({ $target })
desk-cli-tenant-added = tenant { $tenant } aggiunto
desk-cli-prune-nothing = non c'è nulla di abbastanza vecchio

## Etichette davanti alle righe, in colonna.

desk-cli-label = { $label ->
    [account] account
    [brakes] freni
    [connection] connessione
    [contract] contratto
    [grace] tolleranza
    [held] trattenuta
    [identity] identità
    [imports] importa
    [logs-in-by] accede con
    [note] nota
    [plugin] plugin
    [reverse] ritorno
    [schedule] pianificazione
    [secrets] segreti
    [sha256] sha256
    [sites] sedi
    [size] dimensione
    [state] stato
    [sync] sincronizzazione
    [tickets] ticket
    [usage] utilizzo
    [volatile] volatili
   *[other] { $label }
}

## Collegamenti.

desk-cli-no-link = nessun collegamento corrisponde; { $plan } legge le due parti e le abbina
desk-cli-links = { $count ->
    [one] { $count } collegamento
   *[other] { $count } collegamenti
}
desk-cli-link-set = { kind } { $source }: collegamento a { $target } impostato
desk-cli-link-to-create = { kind } { $source }: verrà creato nella destinazione
desk-cli-link-excluded = { kind } { $source }: esclusione impostata
desk-cli-link-forgotten = { kind } { $source }: di nuovo da decidere
desk-cli-link-declined = { kind } { $source }: non corrisponde a { $target }
desk-cli-reverse-create = cliente di destinazione { $target }: verrà creato nell'origine
desk-cli-reverse-exclude = cliente di destinazione { $target }: non verrà mai creato nell'origine
desk-cli-reverse-forgotten = cliente di destinazione { $target }: di nuovo da decidere
desk-cli-no-proposal = nessuna proposta ({ kinds }) con un punteggio di almeno { $score }; { $list } mostra tutte le proposte
desk-cli-link-question = Collegare { $count ->
    [one] { $count } { kind }
   *[other] { $count } { kinds }
}?
desk-cli-linked = { $count ->
    [one] collegamento impostato per { $count } { kind }
   *[other] collegamenti impostati per { $count } { kinds }
}
desk-cli-restored = { $links ->
    [one] { $links } collegamento ripristinato
   *[other] { $links } collegamenti ripristinati
} allo stato precedente a { $decision }
desk-cli-restored-switches = { $links ->
    [one] { $links } collegamento
   *[other] { $links } collegamenti
} e { $switches ->
    [one] { $switches } interruttore
   *[other] { $switches } interruttori
} ripristinati allo stato precedente a { $decision }
desk-cli-stays = { $source } resta com'è: { $why }

## File.

desk-cli-written = { $what ->
    [customers] i clienti
   *[links] i collegamenti
} sono in { $path }
desk-cli-standard-input = impossibile leggere lo standard input: { $detail }
desk-cli-ignored-columns = colonne ignorate: { $columns }
# $what (String): customer, o link.
desk-cli-records = { $what ->
    [customer] { $count ->
        [one] { $count } cliente
       *[other] { $count } clienti
    }
   *[link] { $count ->
        [one] { $count } collegamento
       *[other] { $count } collegamenti
    }
}
desk-cli-import-changed = { desk-cli-records } { $count ->
    [one] modificato
   *[other] modificati
}
desk-cli-import-would-change = { desk-cli-records } da modificare; non è stato salvato nulla

## Clienti.

desk-cli-customer-count = { $count ->
    [one] { $count } cliente
   *[other] { $count } clienti
}
desk-cli-customer-counts = { desk-cli-customer-count }: { $states }
desk-cli-customer-counts-held = { desk-cli-customer-counts }; { $held ->
    [one] { $held } trattenuto
   *[other] { $held } trattenuti
}
desk-cli-customers-in-state = { $count } { $state ->
    [mapped] { $count ->
        [one] mappato
       *[other] mappati
    }
    [proposed] { $count ->
        [one] con proposta
       *[other] con proposte
    }
    [conflict] in conflitto
    [unmapped] { $count ->
        [one] non mappato
       *[other] non mappati
    }
   *[excluded] { $count ->
        [one] escluso
       *[other] esclusi
    }
}
desk-cli-customers-shown = { $count ->
    [one] { $count } cliente elencato
   *[other] { $count } clienti elencati
}
desk-cli-no-customer-yet = non è ancora noto alcun cliente; { $plan } legge le due parti
desk-cli-no-customer-named = non è indicato alcun cliente
desk-cli-name-customers = indicare i clienti, oppure usare `--all`
desk-cli-name-customers-or-filter = indicare i clienti, oppure usare `--all` o un filtro come `--state mapped`
desk-cli-no-customer-matches = nessun cliente corrisponde al filtro
desk-cli-customers-listed = { $list } li elenca
desk-cli-customer-gone-hint = non esiste più nell'origine; { $list } elenca quelli esistenti
# Un account proposto, e quanti altri candidati ci sono.
desk-cli-or-more = { $best } o { $more ->
    [one] un altro
   *[other] altri { $more }
}
desk-cli-outcome = { $at }: { $message }
desk-cli-reason-found = { $reason }: { $found }
# $failure (String): la parola che accetta `connection help`; $remedy (String): il testo del plugin.
desk-cli-remedy = { $connection }, { $failure } ({ desk-cli-customer-count }): { $remedy }
# $what (String): account, o service.
desk-cli-none-called = nessun { $what ->
    [account] account
   *[service] servizio
} ha `{ $text }` nel nome, secondo l'ultima lettura
desk-cli-no-contract = l'account del cliente non ha contratti, secondo l'ultima lettura
desk-cli-accept-nothing = nessun account è proposto con un punteggio di almeno { $account }, né un contratto con almeno { $contract }; { $list } mostra tutte le proposte
desk-cli-accept-question = Collegare { $accounts } account e { $contracts ->
    [one] { $contracts } contratto
   *[other] { $contracts } contratti
}?
desk-cli-accepted = { $accounts ->
    [one] { $accounts } cliente collegato
   *[other] { $accounts } clienti collegati
} a un account, { $contracts } a un contratto
# $switch (String): usage, o tickets; $on (String): on, o off.
desk-cli-switched = { $switch ->
    [usage] utilizzo { $on ->
        [on] attivato
       *[off] disattivato
    }
   *[tickets] ticket { $on ->
        [on] attivati
       *[off] disattivati
    }
} per { desk-cli-customer-count }
desk-cli-switched-some = { desk-cli-switched } ({ $rest ->
    [one] { $rest } lo era già
   *[other] { $rest } lo erano già
})
desk-cli-customer-renamed = cliente { $id }: era { $was }, ora è { $now }
desk-cli-account-renamed = account di { $id }: era { $was }, ora è { $now }
desk-cli-customer-gone = cliente { $id }: non esiste più nell'origine
desk-cli-refreshed = { $count ->
    [one] { $count } cliente riletto
   *[other] { $count } clienti riletti
}, { $renamed ->
    [one] { $renamed } rinominato
   *[other] { $renamed } rinominati
}
desk-cli-refreshed-gone = { desk-cli-refreshed }, { $gone ->
    [one] { $gone } non esiste più
   *[other] { $gone } non esistono più
} nell'origine

## Utilizzo.

desk-cli-line-count = { $count ->
    [one] { $count } riga
   *[other] { $count } righe
}
desk-cli-no-line = nessuna riga corrisponde; { $plan } legge i conteggi
desk-cli-lines-decided = allineate con un numero diverso dal conteggio: ignorate o corrette a mano, finché il conteggio non cambia; per tornare indietro: { $adjust }
desk-cli-line-state = { $state ->
    [waiting] in attesa
    [held] trattenuta
    [in-step] allineata
    [not-fetched] non letta
    [left] da sistemare
   *[together] sommata a un'altra
}
# Un conteggio che non è stato letto, il che non è zero.
desk-cli-not-fetched = non letto
desk-cli-lines-in-state = { $count } { $state ->
    [waiting] in attesa
    [held] { $count ->
        [one] trattenuta
       *[other] trattenute
    }
    [in-step] { $count ->
        [one] allineata
       *[other] allineate
    }
    [not-fetched] { $count ->
        [one] non letta
       *[other] non lette
    }
    [left] da sistemare
   *[together] { $count ->
        [one] sommata a un'altra
       *[other] sommate ad altre
    }
}
desk-cli-line-sums = { desk-cli-line-count }: { $states }; { $moves }
# Unità di cui cambiano le quantità, in più e in meno, e le righe interessate.
desk-cli-moves-none = nessuna unità cambia
desk-cli-moves-up = +{ $more } unità su { $above ->
    [one] { $above } riga
   *[other] { $above } righe
}
desk-cli-moves-down = -{ $less } unità su { $below ->
    [one] { $below } riga
   *[other] { $below } righe
}
desk-cli-moves-both = { desk-cli-moves-up }, -{ $less } su { $below }
desk-cli-has-today = { $has } (oggi { $today })
desk-cli-counted-in-use = { $counted } (in uso { $actual })
desk-cli-sum-of = somma di { $parts }
# Una parte di una somma nello storico: un conteggio, e la riga.
desk-cli-part = { $counted } di { $line }
desk-cli-nothing-counted = per questo cliente non è ancora stato conteggiato nulla
desk-cli-nothing-written = sul suo contratto non è stato scritto nulla
desk-cli-taken = { $line } è la riga { $target } del contratto
desk-cli-dismiss-question = Ignorare { desk-cli-line-count }?
desk-cli-not-dismissed = non è stato ignorato nulla
desk-cli-nothing-to-dismiss = non c'è nulla da ignorare; { $list } mostra tutte le righe
desk-cli-dismissed = { $count ->
    [one] { $count } riga ignorata
   *[other] { $count } righe ignorate
}: i contratti restano come sono finché i conteggi non cambiano; per tornare indietro: { $adjust }

## Approvazione delle righe di utilizzo.

desk-cli-nothing-to-approve = non c'è nulla da approvare; { $list } mostra tutte le righe
desk-cli-lines-in-step = non c'è nulla da fare: queste righe sono allineate
desk-cli-not-possible = Non possibile:
desk-cli-left = resta com'è: { $source }: { $message }
desk-cli-lines = { $lines ->
    [one] { $lines } riga
   *[other] { $lines } righe
}
desk-cli-new-products = { $products ->
    [one] { $products } nuovo prodotto
   *[other] { $products } nuovi prodotti
}
desk-cli-plan-size = piano { $plan }: { desk-cli-lines }, { $moves }
desk-cli-plan-size-products = { desk-cli-plan-size }; { $products ->
    [one] { $products } prodotto viene creato
   *[other] { $products } prodotti vengono creati
}
desk-cli-write-lines = Scrivere { desk-cli-lines } in { $target }?
desk-cli-write-products = Scrivere { desk-cli-new-products } in { $target }?
desk-cli-write-both = Scrivere { desk-cli-lines } e { desk-cli-new-products } in { $target }?
desk-cli-not-written = non è stato scritto nulla
desk-cli-withheld = { $reason }: sbloccare con `{ $flags }`
desk-cli-unseen-brake = { $reason }: quando è stata elencata, il freno `{ $brake }` non la tratteneva; elencarla di nuovo
desk-cli-unseen-number = il contratto ora ha { $has }, non { $seen }: elencarla di nuovo
# Una quantità che il contratto non ha.
desk-cli-nothing = nulla
desk-cli-half-held = { $other }, che fa parte della stessa decisione, è trattenuta
desk-cli-replacement-held = la riga che la sostituisce è trattenuta

## Sincronizzazioni.

desk-cli-no-sync = non c'è alcuna sincronizzazione: { $add } ne crea una
desk-cli-sync-added = sincronizzazione { $sync } aggiunta
desk-cli-sync-changed = sincronizzazione { $sync } modificata
desk-cli-sync-paused = la pianificazione la salta; i comandi funzionano ancora
desk-cli-sync-resumed = la pianificazione la esegue di nuovo
desk-cli-link-count = { $links ->
    [one] { $links } collegamento con la sua decisione
   *[other] { $links } collegamenti con le loro decisioni
}
desk-cli-sync-remove = Rimuovere la sincronizzazione { $sync }? Vengono eliminati le regole, la pianificazione, i piani, le esecuzioni e { desk-cli-link-count }. Il registro e i due fornitori restano come sono.
desk-cli-sync-removed = sincronizzazione { $sync } rimossa, con le regole, la pianificazione, i piani, le esecuzioni e { desk-cli-link-count }
desk-cli-not-removed = non è stato rimosso nulla
desk-cli-kind-apart = `{ $kind }` non è un tipo di questa sincronizzazione
desk-cli-kind-add = aggiungere `{ $kind }` a `--kinds`, oppure omettere le sue regole
desk-cli-field-unknown = nota: `{ $field }` non è un campo noto ({ kinds }); la regola vale per un attributo aggiuntivo di quel nome
desk-cli-sync-ends = { $sync }: da { $source } a { $target }
desk-cli-sites-each = ciascuna diventa una sede nella destinazione
desk-cli-sites-primary = tutti gli asset vanno alla sede principale
desk-cli-volatile = scritti quando quelli della destinazione hanno { $hours } h
desk-cli-grace = { $hours } h prima di disattivare un record mancante
desk-cli-identity = { $hours } h prima di creare un dispositivo senza numero di serie e senza un nome proprio
desk-cli-limit = { $what ->
    [deactivations] disattivazioni
    [updates] aggiornamenti
    [creates] creazioni
   *[identities] identità
} oltre il { $percent }% (almeno { $least })
desk-cli-brakes-of-customer = di un cliente: { $limits }
desk-cli-brakes-of-customer-and-first-run = { desk-cli-brakes-of-customer }; di un tipo: la prima esecuzione
desk-cli-brakes-of-sync = della sincronizzazione: { $limits }
desk-cli-switched-by-rule = { $switched ->
    [on] attivo
   *[off] disattivo
} salvo diversa scelta per cliente
desk-cli-usage = { desk-cli-switched-by-rule }; i giorni si contano in { $zone }; trattenute le quantità che variano oltre il { $percent }% (almeno { $least }), scendono di altrettanto o a zero, e nella sincronizzazione oltre il { $sync_percent }% (almeno { $sync_least })
desk-cli-usage-shared = { $usage }; più clienti possono condividere un account
desk-cli-tickets-by-rule = { $switched ->
    [on] attivi
   *[off] disattivi
} salvo diversa scelta per cliente
desk-cli-tickets-new = { desk-cli-tickets-by-rule }; un avviso che ritorna riceve un nuovo ticket
desk-cli-tickets-again = { desk-cli-tickets-by-rule }; un ticket chiuso viene riaperto se l'avviso ritorna entro { $hours } h
desk-cli-reverse = i clienti che esistono solo in { $target } vengono creati in { $source }

## Quando `crosswalk work` esegue una sincronizzazione.

desk-cli-once-a-day = l'utilizzo viene inviato una volta al giorno dove è attivo `crosswalk work`; { $set } con `--daily`, `--monthly` o `--every never` cambia questa regola
desk-cli-every-minutes = ogni { $minutes } min
desk-cli-every-hours = ogni { $hours } h
desk-cli-every-days = { $days ->
    [one] ogni giorno
   *[other] ogni { $days } giorni
}
desk-cli-daily = ogni giorno alle { $time } { $zone }
desk-cli-monthly = ogni mese { $day ->
    [last] l'ultimo giorno
   *[other] il giorno { $day }
} alle { $time } { $zone }
# $job (String): sync, o alerts.
desk-cli-schedule = { $job ->
    [sync] sincronizzazione
   *[alerts] avvisi
}: { $recurs }, la prossima { $next }
desk-cli-schedule-last = { $schedule }; l'ultima: { $last }
desk-cli-schedule-failures = { $schedule } ({ $failures ->
    [one] { $failures } errore
   *[other] { $failures } errori
} di seguito)
desk-cli-schedule-paused = in pausa: `{ $resume }` la riprende
desk-cli-schedule-none = nessuna: { $set }, `--daily` o `--monthly` ne imposta una

## Cambio di fornitore.

desk-cli-successor-name = la sincronizzazione che subentra richiede un altro nome
desk-cli-successor-as = indicarlo con `--as NAME`
desk-cli-no-connection-named = non è indicata alcuna connessione
desk-cli-connection-to-or-from = indicarne una con `--to` o `--from`
desk-cli-replaces = { $successor } sostituisce { $sync }, ora in pausa; creazione del piano
desk-cli-swapped = { $sync } è in pausa e conserva { $links ->
    [one] { $links } collegamento
   *[other] { $links } collegamenti
}; `{ $resume }` per tornare indietro, `{ $remove }` per rimuoverla
desk-cli-taken-along = { $count ->
    [one] { $count } decisione ripresa
   *[other] { $count } decisioni riprese
}
desk-cli-left-behind-source = { $count ->
    [one] { $count } decisione sui record della vecchia origine non ripresa
   *[other] { $count } decisioni sui record della vecchia origine non riprese
}: { $list }
desk-cli-left-behind-target = { $count ->
    [one] { $count } decisione di creare nell'origine non ripresa: indica un cliente
   *[other] { $count } decisioni di creare nell'origine non riprese: indicano clienti
} della vecchia destinazione

## Connessioni.

desk-cli-no-connection = non c'è alcuna connessione: { $add } ne crea una
desk-cli-connection-added = connessione { $connection } aggiunta
desk-cli-connection-changed = connessione { $connection } modificata
desk-cli-connection-unusable = { $connection } non è utilizzabile: { $why }
desk-cli-granted = { $connection } può raggiungere { $endpoint }
desk-cli-revoked = { $connection } non può più raggiungere { $endpoint }
desk-cli-granted-of = { $granted } di { $asked }
desk-cli-not-granted = no: { $grant } lo autorizza
# Due indirizzi, o un indirizzo e un modello di host.
desk-cli-two-places = { $base } e { $hosts }
desk-cli-granted-private = { $at }; può avere un indirizzo privato: { $private }
desk-cli-released = { $connection } è sbloccata
desk-cli-no-quarantine = { $connection } non era in quarantena
desk-cli-works = { $connection } funziona
desk-cli-works-as = { $connection } funziona: { $account }
desk-cli-account-unnamed = un account senza nome e senza id
desk-cli-account-id = account { $id }
desk-cli-account-replaces = sostituisce { $was }
desk-cli-account-other = i collegamenti di { $syncs } riguardano un altro account, { $known }: nulla di essi viene pianificato o scritto
desk-cli-account-other-hint = fare in modo che risponda di nuovo come quell'account; oppure, se i due sono lo stesso account: { $same }
desk-cli-answers-as = risponde come { $other }; { $check } mostra che cosa fare
desk-cli-health-ok = ok
desk-cli-health-account = trattenuta: un altro account
desk-cli-health-plugin = il suo plugin non è utilizzabile
desk-cli-health-quarantine = in quarantena dal { $at }
desk-cli-health-rests = { $crashes ->
    [one] un arresto anomalo
   *[other] { $crashes } arresti anomali di seguito
}, in attesa fino al { $at }
desk-cli-quarantine-why = { $why }; { $release } la sblocca
desk-cli-no-remedy = il plugin di { $connection } non ha un testo su `{ $failure }`
desk-cli-no-remedies = il plugin di { $connection } non ha testi sugli errori
desk-cli-no-remedies-hint = non ha testi di questo genere
desk-cli-remedies-hint = ha: { $failures }
desk-cli-limit-of-vendor = quello del fornitore
desk-cli-unlimited = illimitato

## Segreti delle connessioni.

desk-cli-secret-twice = il segreto `{ $name }` è indicato due volte
desk-cli-secret-once = indicarlo una volta sola
desk-cli-variable-unset = la variabile d'ambiente { $variable } non è impostata
desk-cli-variable-holds = deve contenere il segreto `{ $name }`
desk-cli-secret-file-empty = il file del segreto { $path } è vuoto
desk-cli-secret-write = scrivervi il segreto
desk-cli-secret-file-large = il file del segreto { $path } supera { $most } byte
desk-cli-secret-file-check = controllare se è il file giusto
desk-cli-secret-nobody = non è possibile chiedere a nessuno il segreto `{ $name }`: questo non è un terminale
desk-cli-secret-otherwise = usare `--secret-file { $name }=FILE` o `--secret-env { $name }=VARIABLE`
desk-cli-secret-empty = il segreto `{ $name }` è vuoto
desk-cli-secret-type = digitarlo o incollarlo, poi premere Invio
desk-cli-secret-short = il segreto `{ $name }` è troppo corto per essere riconosciuto: non viene oscurato dove un fornitore lo ripete

## Plugin.

desk-cli-no-plugin = non è installato alcun plugin: { $add } ne installa uno
desk-cli-toolchain-hint = cambiare CROSSWALK_WASM_TOOLCHAIN, o rimuoverla
desk-cli-plugin-installed = { $plugin } è installato
desk-cli-plugin-known = { $plugin } era già installato
desk-cli-plugin-beside = { $plugin } è installato accanto a { $before }; le connessioni conservano la versione con cui sono state aggiunte
desk-cli-plugin-unusable = { $plugin } non è utilizzabile: { $problem }
desk-cli-plugin-superseded = { $plugin } è stato sostituito e non è utilizzabile: { $problem }
desk-cli-bytes = { $count } byte
desk-cli-plugin-endpoints = Chiede di raggiungere:
desk-cli-plugin-logins = L'host esegue l'accesso per suo conto, anche nelle prove:
desk-cli-plugin-reads = Legge con POST:
desk-cli-plugin-settings = Una connessione ha queste impostazioni:
desk-cli-plugin-secrets = Una connessione richiede questi segreti, che il plugin non vede mai:
desk-cli-plugin-buckets = Rispetta questi limiti del fornitore:
desk-cli-plugin-jobs = Ha questi job:
desk-cli-plugin-abilities = Sa fare:
desk-cli-own-url = l'URL indicato con `--endpoint { $endpoint }=URL`
# $headers (String): nomi di header HTTP.
desk-cli-token-in = un token, in { $headers }
desk-cli-secrets-in = i segreti, in { $headers }
desk-cli-required = (obbligatorio)
desk-cli-value-of-vendor = uno di quelli del fornitore (`connection choices`)
desk-cli-value-text = testo
desk-cli-value-number = numero
desk-cli-value-from-to = numero, da { $min } a { $max }
desk-cli-value-at-least = numero, almeno { $min }
desk-cli-value-at-most = numero, al massimo { $max }
desk-cli-value-boolean = `yes` o `no`
desk-cli-calls = { $calls ->
    [one] { $calls } chiamata
   *[other] { $calls } chiamate
} in { $seconds } s
desk-cli-job-every = ogni { $minutes ->
    [one] minuto
   *[other] { $minutes } minuti
}
desk-cli-job-on-request = su richiesta
