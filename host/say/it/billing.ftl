### Utilizzo: quali conteggi sono noti, dove va ogni riga, e che cosa non fattura nulla.

## Quali conteggi sono noti.

usage-not-asked = l'utilizzo non è stato richiesto a `{ $source }`
usage-not-read = l'utilizzo non è stato ancora letto
usage-read-not-completed = l'ultima lettura dell'utilizzo non è stata completata
usage-report-moved =
    il report è cambiato durante la lettura, da { $before } a { $after } righe: la prossima esecuzione lo legge di nuovo
usage-report-short =
    il report ha { $total } righe e ne sono arrivate { $came }: la prossima esecuzione lo legge di nuovo
usage-report-dropped =
    il report aveva { $before } righe e ora ne ha { $came }: la prossima esecuzione lo legge di nuovo, e allora vale
usage-report-in-parts = il report non è stato letto in una sola volta: la prossima esecuzione lo legge di nuovo
usage-report-broken-off =
    una lettura successiva del report non è stata completata: la prossima esecuzione lo legge di nuovo
usage-report-of-another-month =
    secondo il calendario della sincronizzazione è il mese { $month }, e il report del fornitore è ancora di { $reported }: viene letto di nuovo
usage-report-empty =
    il report di { $month } è vuoto, mentre quello di { $before } ha { $count ->
        [one] una riga
       *[other] { $count } righe
    }: non vale come zero
usage-no-number = il fornitore lo indica senza un numero

## Dove vanno le quantità di un cliente. Ogni voce spiega perché non vanno da nessuna parte.

usage-customer-excluded = il cliente è escluso
usage-customer-gone = l'origine non elenca più il cliente
usage-switched-off = l'utilizzo è disattivato per il cliente
usage-customer-not-linked = il suo cliente non è collegato a un account
usage-contract-excluded = il contratto del cliente è escluso
usage-contract-not-of-account = il suo contratto non appartiene all'account
usage-no-contract = per il suo cliente non è stato scelto alcun contratto

## Che cos'è un prodotto nella destinazione.

# $state (String): lo stato di un collegamento; si parla di un prodotto.
usage-state = { $state ->
    [broken] interrotto
    [conflict] in conflitto
    [create] da creare
    [excluded] escluso
    [linked] collegato
    [proposed] proposto
    [unmapped] non mappato
   *[other] { $state }
}
usage-product-not-mapped = il suo prodotto non è mappato
usage-product-gone = il prodotto { $product } su cui è mappato non esiste più
usage-product-open = stato del suo prodotto: { usage-state } ({ $reason })
usage-cannot-create-product =
    con le sue impostazioni `{ $target }` non può creare prodotti: creare { $product } lì, e mapparlo

## Chi fattura una riga.

usage-billed-by = già fatturata da { $owner }
usage-billed-by-sync = già fatturata dalla sincronizzazione { $sync }
usage-billed-together = { $line } è fatturata insieme a { $leader }, su una sola riga
usage-hint-adjust-leader = correggere quella riga nel suo insieme: { $adjust }

## L'ultimo risultato di un cliente.

usage-lines-in-step =
    { $count } { $count ->
        [one] riga allineata
       *[other] righe allineate
    }
usage-lines-to-approve =
    { $count } { $count ->
        [one] riga
       *[other] righe
    } da approvare
usage-held-with-others =
    { $why } ({ $count } { $count ->
        [one] riga
       *[other] righe
    } in attesa)

## Ciò che non si può fatturare, o non fattura nulla.

usage-customer-not-listed = il report contiene l'utilizzo di un cliente che l'origine non elenca
usage-rows-without-product =
    { $count } { $count ->
        [one] riga del suo report non indica un prodotto, e non può essere mappata
       *[other] righe del suo report non indicano un prodotto, e non possono essere mappate
    }
usage-service-unpriced = il servizio { $service } è stato creato al prezzo 0: assegnargli il prezzo nel PSA
usage-lines-unpriced =
    il servizio { $service } è stato creato al prezzo 0, e { $count } { $count ->
        [one] sua riga di contratto non fattura nulla: assegnare il prezzo nel PSA al servizio e alla riga
       *[other] sue righe di contratto non fatturano nulla: assegnare il prezzo nel PSA al servizio e alle righe
    }

## Ciò che una persona ha chiesto.

usage-negative = una quantità non può essere negativa
usage-hint-quantity = indicare quante unità deve avere il contratto
usage-hint-lines = { $list } elenca le sue righe
