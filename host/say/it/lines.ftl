### Le righe di utilizzo: che cosa conteggia il fornitore, che cosa ha il contratto, e che cosa ne segue.

## Parti di frasi. $line è l'id di una riga di contratto, o il prodotto di un cliente come `cliente/prodotto`.

line-of-contract = riga { $line } del contratto { $contract }
line-part = { $counted } di { $line }
line-sum = { $counted } ({ $parts })
line-part-since = { $part } da { $since }
# Sta al posto di una quantità.
line-later-and-today = { $has } in seguito, e oggi { $now }

## Non c'è nulla da fare, o nulla che si possa fare.

line-nothing = non è conteggiato nulla, e sul contratto non c'è nulla
line-nothing-counted = non è conteggiato nulla
line-in-step = la { line-of-contract } ha { $has }, come conteggiato o approvato
line-today = oggi è { $now }
line-will-have = la { line-of-contract } avrà la quantità approvata, { $quantity }
line-dismissed = il conteggio di { $counted } è stato respinto
line-billed-with = è fatturata insieme a { $leader }, su una sola riga
line-product-excluded = il prodotto è escluso
line-excluded = riga esclusa dall'operatore
line-stays = la riga { $line } resta sul contratto { $contract } con { $has }: portarla a 0 nel PSA
line-stays-adjust = la riga { $line } resta sul contratto { $contract } con { $has }: portarla a 0 con { $adjust }
line-former = la { line-of-contract }, su cui era fatturata prima, ha ancora { $has }: portarla a 0 nel PSA
line-replaced =
    la sua riga { $line } è scomparsa dal contratto { $contract }; al suo posto c'è la riga { $other }: confermarlo con { $take }
line-gone = la sua riga { $line } è scomparsa dal contratto { $contract }: aggiungerla lì, e sceglierla con { $take }
line-gone-uncounted = non è conteggiato nulla, e la sua riga { $line } è scomparsa
line-several =
    compare { $count } volte sul contratto { $contract }, come { $lines }: terminarle tutte lì tranne una, o sceglierne una con { $take }
# $owner è "fatturata da …".
line-taken = la { line-of-contract } è { $owner }: a una riga corrisponde un solo conteggio
line-cannot-add = non è sul contratto { $contract }, e la destinazione non può aggiungerla: aggiungerla lì
line-cannot-change = la { line-of-contract } ha { $has }, il conteggio è { $counted }; la destinazione non può modificarla
line-cannot-retire = è fatturata sulla riga { $line }, che la destinazione non può modificare: portarla a 0 lì

## Il conteggio non è noto.

line-part-unknown = la sua parte { $part } non è nota: { $why }
line-no-number = il fornitore la elenca senza un numero
line-negative = il fornitore conteggia { $counted }, che è meno di zero
line-no-quantity = la { line-of-contract } non riporta una quantità
line-contract-unread = non è stato possibile leggere che cosa c'è sul contratto

## Perché una riga cambia.

line-counted = conteggio { $counted }
line-not-there-yet = conteggio { $counted }; non è ancora sul contratto { $contract }
line-has = la { line-of-contract } ha { $has }
line-has-and-stays = la { line-of-contract } ha { $has }, e resta così
line-has-and-is-taken-over = la { line-of-contract } ha { $has }, e viene presa in carico
line-taken-over = la { line-of-contract } viene presa in carico; ha { $has }
line-changed-by-hand = la { line-of-contract } è stata portata nel PSA a { $has }
line-retired = di { $line } non è conteggiato nulla, e la sua riga va a 0
line-retired-for-another = { $line } è fatturata su un'altra riga da quel giorno in poi

## Ciò che una persona esamina prima.

line-edited = qualcuno l'ha portata a { $has } nel PSA, mentre la quantità approvata era { $approved }
line-fell-to-zero = il conteggio è sceso da { $has } a zero
line-falls-far = scende da { $has } a { $quantity }: di più del { $percent }%
line-moves-far = da { $has } a { $quantity }: più del { $percent }%, e almeno { $least }
line-parts-changed = ora è la somma di { $parts }, prima lo era di { $before }
line-takeover =
    la { line-of-contract } ha { $has }, che questa sincronizzazione non vi ha messo; deve avere { $quantity }
line-takeover-agreed = la { line-of-contract } ha { $has }, concordata per { $parts }; deve avere { $quantity }
line-sweep = { $brake ->
    [falls] nell'intera sincronizzazione { $lines } righe su { $all_lines } scendono, di { $units } unità su { $all_units }: più del { $percent }%, e almeno { $least }
   *[rises] nell'intera sincronizzazione { $lines } righe su { $all_lines } salgono, di { $units } unità su { $all_units }: più del { $percent }%, e almeno { $least }
}

## Su che cosa era fatturata prima, e che cosa va altrove.

line-joined = { $part } finora era fatturata sulla riga { $line }: questa va a 0 dallo stesso giorno
line-moved = finora era fatturata sulla { line-of-contract }: questa va da { $has } a 0 dallo stesso giorno
line-moved-ended = era fatturata sulla { line-of-contract } fino alla fine di questo, in data { $ended }
line-moved-goes-on = finora era fatturata sulla { line-of-contract }, che continua per altri
line-moved-empty = era fatturata sulla { line-of-contract }, che non ha più nulla
line-moved-unseen = finora era fatturata sulla riga { $line }, che non si trova più: verificare che non fatturi nulla
line-leaves-sum =
    { $part } finora era fatturata insieme a { $leader } sulla riga { $line }: questa continua senza dallo stesso giorno
line-left-sum = { $part } era fatturata insieme a { $leader }, e a partire da { $day } nessuna riga la fattura
line-gives-away = { $parts } { $count ->
    [one] è fatturata
   *[other] sono fatturate
} su un'altra riga dallo stesso giorno
line-days-left-out =
    nessuna riga ne fattura una parte da { $since } a { $effective }: { $approve } fattura anche quei giorni
# $parts è un elenco di `line-part-since`.
line-parts-left-out =
    nessuna riga fattura { $parts } a { $last }, e da un giorno precedente altre sue parti sarebbero fatturate due volte: fatturare quei giorni a mano

## Giorni in cui una quantità non può cambiare.

line-before-contract = { $on } precede l'inizio del contratto { $contract }, in data { $starts }
line-after-contract = { $on } segue la fine del contratto { $contract }, in data { $ends }
line-last-day = il suo ultimo giorno: { $approve }
line-invoiced = è già in fattura fino a { $until }: { $on } non può più cambiare
line-changed-that-day = è già stata modificata a partire da { $on }, e per ogni giorno è possibile una sola modifica
line-changed-later = è già stata modificata a partire da { $changed }, e non può più cambiare da { $on }
line-first-open-day = il primo giorno possibile è { $day }: { $approve }
line-no-open-day = nessun giorno del contratto è possibile: scegliere un altro contratto con { $map }
line-end-taken =
    la riga { $line } è già stata modificata a partire da { $changed }, e non può terminare in data { $on }; il primo giorno possibile è { $open }: { $approve }
line-days-lost = è già in fattura fino a { $until }: la modifica vale a partire da { $effective }, e per nessun giorno precedente

## Contratti che non fatturano nulla.

line-contract-cancelled = il contratto { $contract } è stato annullato: sceglierne un altro
line-contract-ended = il contratto { $contract } è terminato in data { $ended }, e non si fattura più nulla: { $follows }
line-contract-begins = il contratto { $contract } inizia solo in data { $first }
line-contract-not-in-force = il contratto { $contract } non è in vigore, e non fattura nulla: sceglierne un altro
line-choose-successor = scegliere il contratto che segue con { $map }
line-successor = segue { $contract }: { $map }
line-successors = segue { $contract } ({ $id }), o { $count ->
    [one] un altro
   *[other] uno di altri { $count }
}: { $map }
