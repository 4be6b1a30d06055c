### Parole che altre voci inseriscono nelle frasi, secondo l'argomento dello stesso nome.

## $kind (String): il tipo di record, come nel contratto.

kind = { $kind ->
    [customer] cliente
    [location] sede
    [asset] asset
    [contract] contratto
    [product] prodotto
    [usage] riga di utilizzo
    [alert] avviso
   *[ticket] ticket
}
kinds = { $kind ->
    [customer] clienti
    [location] sedi
    [asset] asset
    [contract] contratti
    [product] prodotti
    [usage] righe di utilizzo
    [alert] avvisi
   *[ticket] ticket
}
