### L'aiuto della riga di comando (`--help`) e i suoi messaggi d'uso scorretto. L'inglese sta nei commenti dei sorgenti di
### `host/cli`. L'id segue il percorso del comando: `help-link-set` è la descrizione di `crosswalk link set`, `…--long`
### quella estesa, `…--after` il testo in fondo, `help-link-set-arg-target` un argomento. Un testo che vale per più
### comandi sta una volta sola, sotto il percorso comune: `help-link-arg-kind`, `help-arg-sync`.
### I comandi, le opzioni e le parole chiave restano come sono; i valori in maiuscole si chiamano come in `help-name-…`.

## Ciò che il programma scrive da sé intorno ai testi.

help-clap-usage = Uso:
help-clap-usage-options = OPZIONI
help-clap-commands = Comandi
help-clap-arguments = Argomenti
help-clap-options = Opzioni
help-heading-options-of-every-command = Opzioni di ogni comando
help-clap-default = [predefinito: { $value }]
help-clap-values = [valori possibili: { $values }]
help-clap-values-each = Valori possibili:
help-help = Mostrare questo aiuto, o quello dei comandi indicati
help-arg-help = Mostrare l'aiuto
help-arg-help--more = Mostrare l'aiuto (esteso con `--help`)
help-arg-help--summary = Mostrare l'aiuto (in breve con `-h`)
help-arg-version = Mostrare la versione

## I valori: le parole in maiuscole di `<NOME=FILE>`.

help-name-account = ACCOUNT
help-name-action = AZIONE
help-name-actor = AUTORE
help-name-brake = FRENO
help-name-bytes = BYTE
help-name-calls = CHIAMATE
help-name-cause = CAUSA
help-name-command = COMANDO
help-name-component = COMPONENTE
help-name-connection = CONNESSIONE
help-name-contract = CONTRATTO
help-name-contract-score = PUNTEGGIO
help-name-customer = CLIENTE
help-name-day = GIORNO
help-name-decision = DECISIONE
help-name-dir = CARTELLA
help-name-ending = ESITO
help-name-endpoint = ENDPOINT
help-name-event = EVENTO
help-name-failure = ERRORE
help-name-field = CAMPO
help-name-file = FILE
help-name-format = FORMATO
help-name-host = HOST
help-name-hours = ORE
help-name-kind = TIPO
help-name-lang = LINGUA
help-name-limit = LIMITE
help-name-minutes = MINUTI
help-name-name = NOME
help-name-numbers = NUMERI
help-name-number = NUMERO
help-name-place = POSTO
help-name-plan = PIANO
help-name-plugin = PLUGIN
help-name-port = PORTA
help-name-product = PRODOTTO
help-name-reason = MOTIVO
help-name-record = RECORD
help-name-rule = REGOLA
help-name-run = ESECUZIONE
help-name-score = PUNTEGGIO
help-name-service = SERVIZIO
help-name-setting = IMPOSTAZIONE
help-name-source = ORIGINE
help-name-state = STATO
help-name-sync = SYNC
help-name-target = DESTINAZIONE
help-name-text = TESTO
help-name-time = ORA
help-name-toolchain = TOOLCHAIN
help-name-trust = FIDUCIA
help-name-url = URL
help-name-value = VALORE
help-name-variable = VARIABILE
help-name-which = QUALE
help-name-yyyy = AAAA
help-name-dd = GG
help-name-zone = FUSO

## crosswalk

help = Mantenere allineati i sistemi di un MSP, da un fornitore all'altro: clienti, sedi, asset, utilizzo nei contratti, avvisi come ticket
help--long =
    Mantenere allineati i sistemi di un MSP, da un fornitore all'altro: clienti, sedi, asset, utilizzo nei contratti, avvisi come ticket

    Ogni fornitore è un plugin, un componente WebAssembly in una sandbox. Una connessione è un account presso un fornitore; una sincronizzazione va da una connessione a un'altra. `plan` mostra che cosa verrebbe fatto e non scrive nulla; `apply` fa esattamente quello. Una sincronizzazione di avvisi li trasforma in ticket; una sincronizzazione di utilizzo tiene le quantità dei contratti allineate ai conteggi di un fornitore di licenze, ogni riga dopo un'approvazione.
help--after =
    Primi passi:
      crosswalk plugin add rmm.wasm && crosswalk plugin add psa.wasm
      crosswalk connection add rmm --plugin PLUGIN --grant-all      (chiede i segreti)
      crosswalk connection add psa --plugin PLUGIN --grant-all
      crosswalk connection check rmm
      crosswalk sync add rmm-to-psa --from rmm --to psa
      crosswalk plan rmm-to-psa                                     (legge i due lati, non scrive)
      crosswalk link list rmm-to-psa --state proposed               (che cosa resta da decidere)
      crosswalk apply PIANO --release first-run                     (la prima volta; poi senza)

    Licenze nei contratti:
      crosswalk sync add licences --from portal --to psa --kinds customer,usage
      crosswalk plan licences                                       (legge i due lati, non scrive)
      crosswalk customer list licences                              (account, contratti, interruttori)
      crosswalk customer accept licences && crosswalk product accept licences
      crosswalk plan licences
      crosswalk usage list licences                                 (conteggi, contratti, approvazioni)
      crosswalk usage approve licences --all                        (mostra, chiede, scrive)

    Ambiente:
      CROSSWALK_DATA      la cartella dei dati, come --data
      CROSSWALK_TENANT    il tenant, come --tenant
      CROSSWALK_KEY       la chiave stessa dei segreti salvati: 32 byte in base64 o esadecimale
      CROSSWALK_KEY_FILE  un file che la contiene, come --key-file
      CROSSWALK_LOG       il livello del log: error, warn, info, debug, trace, o direttive di filtro
      LC_ALL, LC_MESSAGES, LANG
                          la lingua, come --lang

    La cartella dei dati può contenere un crosswalk.toml (tenant, key-file, log, guest-threads, [limits], [retention]); le opzioni prevalgono sull'ambiente, e l'ambiente sul file.

    Codici di uscita:
        0  riuscito, o non c'era nulla da fare
        1  non riuscito
        2  comando usato in modo scorretto
        3  un piano ha modifiche in attesa di approvazione
        4  riuscito in parte: qualcosa non è stato letto, alcuni record non sono riusciti o erano superati, o un plugin non è utilizzabile
        5  trattengono ciò che resta da fare: i freni, la fiducia della sincronizzazione, o una connessione che risponde con un altro account
        6  un altro processo lavora alla stessa sincronizzazione, o tiene il database
      130  interrotto
help-arg-data = La cartella dei dati [predefinito: ~/.local/share/crosswalk]
help-arg-tenant = Il tenant per cui lavorare; non serve a un MSP singolo [predefinito: default]
help-arg-json = Scrivere un documento JSON invece del testo
help-arg-key-file = Il file con la chiave dei segreti salvati [predefinito: `key` nella cartella dei dati, creato al primo uso]
help-arg-lang = La lingua [predefinito: quella dell'ambiente]
help-arg-verbose = Scrivere più dettagli nel log; ripetere per averne ancora di più
help-arg-quiet = Scrivere solo gli errori: niente avanzamento, niente messaggi

## Argomenti che hanno lo stesso testo in più comandi.

help-arg-sync = La sincronizzazione
help-arg-yes = Non chiedere conferma
help-arg-dry-run = Mostrare che cosa cambierebbe, senza salvare nulla
help-arg-format = Il formato: csv o json
help-arg-format-value-csv = Valori separati con un'intestazione, per un foglio di calcolo
help-arg-format-value-json = Un elenco di oggetti
help-arg-separator = Il separatore del CSV
help-arg-separator-value-semicolon = `;`, che un foglio di calcolo si aspetta dove la virgola è il segno decimale
help-arg-separator-value-comma = `,`
help-arg-separator-value-tab = Una tabulazione

## crosswalk plugin

help-plugin = Compilare, installare ed esaminare i plugin
help-plugin-build = Ricavare un file di plugin da una cartella con i sorgenti e plugin.toml
help-plugin-build--after =
    Esempio:
      crosswalk plugin build plugins/my-vendor --out my-vendor.wasm
help-plugin-build-arg-dir = La cartella
help-plugin-build-arg-out = Il file da scrivere [predefinito: connectors/ID.wasm nella cartella target]
help-plugin-build-arg-toolchain = Il compilatore: auto, installed o debian [predefinito: $CROSSWALK_WASM_TOOLCHAIN, o auto]
help-plugin-build-arg-toolchain-dir = La cartella in cui estrarre un compilatore, dove ne serve uno [predefinito: toolchain nella cartella target]
help-plugin-build-arg-target-dir = La cartella target [predefinito: quella di cargo]
help-plugin-arg-max-bytes = La dimensione massima di un plugin, in byte
help-plugin-pack = Aggiungere un manifest a un componente compilato con un altro strumento, e farne un file di plugin
help-plugin-pack--after =
    Esempio:
      crosswalk plugin pack connector.wasm --manifest plugin.toml --out my-vendor.wasm
help-plugin-pack-arg-component = Il componente
help-plugin-pack-arg-manifest = Il suo plugin.toml
help-plugin-pack-arg-out = Il file da scrivere
help-plugin-add = Installare un file di plugin, fissato dal suo digest
help-plugin-add--after =
    Una connessione conserva la versione con cui è stata creata.
    Esempio:
      crosswalk plugin add my-vendor.wasm
help-plugin-add-arg-file = Il file
help-plugin-list = Elencare i plugin installati, e che cosa possono fare con ogni tipo
help-plugin-list--after =
    Un plugin che questo host non può usare (compilato per un altro contratto, o con il file modificato) è elencato con il rimedio, e il codice di uscita è 4. Una versione sostituita non conta: ne è installata una più recente, e nessuna connessione vi è fissata.
help-plugin-inspect = Mostrare che cosa richiede un plugin: endpoint, impostazioni, segreti, limiti
help-plugin-inspect--after =
    Esempi:
      crosswalk plugin inspect my-vendor          (uno installato)
      crosswalk plugin inspect ./my-vendor.wasm   (un file, senza installarlo né eseguirlo)
help-plugin-inspect-arg-plugin = Il nome di un plugin installato, o un file

## crosswalk tenant

help-tenant = Tenere separati più MSP in un'unica installazione
help-tenant-add = Aggiungere un tenant; si usa con --tenant NOME
help-tenant-add-arg-name = Il suo nome: lettere minuscole, cifre e trattini
help-tenant-list = Elencare i tenant

## crosswalk connection

help-connection = Configurare gli account presso i fornitori: impostazioni, segreti, e che cosa possono raggiungere
help-connection-arg-name = La connessione
help-connection-add = Aggiungere una connessione: un account presso un fornitore
help-connection-add--after =
    In un terminale ogni segreto obbligatorio senza opzione viene chiesto, senza mostrarlo. Nessuna opzione accetta il segreto stesso. `plugin inspect` elenca impostazioni, segreti, endpoint e bucket.
    Esempi:
      crosswalk connection add rmm --plugin some-rmm --grant-all
      crosswalk connection add psa --plugin some-psa --set zone=eu --secret-file token=token.txt \
          --endpoint api=https://psa.example/api --bucket hour=5000,at-once=2
help-connection-add-arg-name = Il suo nome: lettere minuscole, cifre e trattini
help-connection-add-arg-plugin = Il plugin che la serve
help-connection-add-arg-endpoints = Autorizzare un endpoint a un URL
help-connection-add-arg-grant-all = Autorizzare ogni endpoint che ha un indirizzo proprio, come lo chiede il plugin
help-connection-arg-settings = Assegnare un'impostazione
help-connection-arg-files = Leggere un segreto da un file (l'ultimo fine riga viene tolto)
help-connection-arg-variables = Leggere un segreto da una variabile d'ambiente
help-connection-arg-asked = Chiedere un segreto, senza mostrarlo
help-connection-arg-buckets = Sostituire un limite di chiamate del fornitore; `unlimited` lo toglie
help-connection-list = Elencare le connessioni
help-connection-list--after = Una connessione il cui plugin non è utilizzabile è elencata con il motivo, e il codice di uscita è 4.
help-connection-show = Mostrare una connessione: impostazioni, autorizzazioni, limiti, e quali segreti sono salvati
help-connection-check = Chiedere al fornitore se l'account è utilizzabile, e quale è
help-connection-check--after =
    Il primo account che risponde viene memorizzato, perché i collegamenti riguardano i suoi record. Quando impostazioni, segreti o endpoint portano a un altro account, ogni sincronizzazione della connessione è trattenuta finché la connessione torna al primo, o finché --same conferma che i due sono lo stesso account. Il registro conserva i due account e il motivo, e i piani precedenti decadono. Per un altro account aggiungere una connessione e una sincronizzazione.
    Esempi:
      crosswalk connection check psa
      crosswalk connection check psa --same --reason "il fornitore ha spostato il nostro database"
help-connection-check-arg-same = Confermare che l'account che risponde ora è lo stesso di prima
help-connection-check-arg-reason = Il motivo per cui i due account sono lo stesso
help-connection-grant = Autorizzare un endpoint chiesto dal plugin
help-connection-grant--after =
    Un nome host che porta a un indirizzo privato (della propria rete, o di questa macchina) è rifiutato finché `--private HOST:PORTA` lo autorizza. Un indirizzo privato scritto in --url è autorizzato insieme all'URL.
    Esempi:
      crosswalk connection grant psa api --url https://psa.office.example/api
      crosswalk connection grant psa api --private psa.office.example:443
help-connection-arg-endpoint = L'endpoint, con il nome che ha nel plugin
help-connection-grant-arg-url = L'URL, se diverso da quello del plugin
help-connection-grant-arg-private = Ammettere un indirizzo privato per questo server dell'endpoint
help-connection-revoke = Revocare l'autorizzazione di un endpoint
help-connection-release = Liberare una connessione messa in quarantena dopo ripetuti crash del suo connettore
help-connection-set = Modificare impostazioni, segreti e limiti di chiamate; ciò che non è indicato resta
help-connection-set--after =
    Esempi:
      crosswalk connection set psa --set zone=us --unset note
      crosswalk connection set psa --secret token                (lo chiede)
      crosswalk connection set psa --bucket hour=unlimited
help-connection-set-arg-unset = Riportare un'impostazione al valore predefinito
help-connection-help = Mostrare il rimedio a un errore, con le parole del plugin della connessione
help-connection-help--after =
    Esempio:
      crosswalk connection help psa denied
help-connection-help-arg-failure = L'errore: denied, throttled, unavailable, rejected, … [predefinito: ogni errore con un testo]
help-connection-choices = Elencare i valori possibili di un'impostazione, letti ora dal fornitore
help-connection-choices-arg-setting = L'impostazione

## crosswalk sync

help-sync = Configurare le sincronizzazioni: quali record vanno da una connessione all'altra, con quali regole
help-sync-arg-name = La sincronizzazione
help-sync-add = Aggiungere una sincronizzazione da una connessione a un'altra
help-sync-add--after =
    Regole dei campi: source-wins (predefinita: vince l'origine), source-forces (l'origine si impone), target-wins (vince la destinazione), seed-once (solo alla creazione), fill-if-empty (solo se vuoto), ignore (ignorare). Fiducia: preview (non si può applicare nulla), approve (predefinita: ogni piano è approvato da una persona), automatic (`run` applica ciò che nessun freno trattiene).
    Esempi:
      crosswalk sync add rmm-to-psa --from rmm --to psa
      crosswalk sync add licences --from licences --to psa --kinds customer,usage --time-zone Europe/Rome
      crosswalk sync add rmm-to-psa --from rmm --to psa --sites primary --no-create customer \
          --accept-score customer=0.95 --rule asset.name=seed-once --trust automatic --every 60
help-sync-add-arg-name = Il suo nome: lettere minuscole, cifre e trattini
help-sync-add-arg-from = La connessione da cui provengono i record
help-sync-add-arg-to = La connessione a cui sono destinati
help-sync-arg-kinds = I tipi che partecipano: customer, location, asset, alert, o usage, che porta con sé contratti e prodotti [predefinito: customer,location,asset]
help-sync-arg-sites = Fare di ogni sito di un cliente una sede (`each`), o riportare tutto al sito principale (`primary`)
help-sync-arg-no-create = Non creare mai record di destinazione di questo tipo: collegarli, o lasciarli stare
help-sync-arg-create = Creare record di destinazione di questo tipo dove nulla corrisponde (predefinito)
help-sync-arg-trust = Quanto avviene senza una persona: preview, approve o automatic
help-sync-arg-accept-score = Collegare senza chiedere le proposte con almeno questo punteggio, da 0 a 1; `none` chiede sempre
help-sync-arg-rules = Quale valore di un campo prevale; il campo `*` sta per il nome e per ogni campo senza regola
help-sync-arg-volatile-hours = Scrivere i valori che cambiano a ogni lettura solo quando quelli della destinazione hanno questa età
help-sync-arg-grace-hours = Disattivare ciò che manca all'origine solo dopo questo tempo
help-sync-arg-identity-hours = Attendere questo tempo, dalla prima osservazione, prima di creare un dispositivo che non ha né un numero di serie né un nome proprio (DESKTOP-1H2J3K); 0 lo crea subito
help-sync-arg-no-first-run-hold = Non trattenere per la verifica tutto ciò che fa la prima esecuzione di un tipo
help-sync-arg-first-run-hold = Trattenere per la verifica tutto ciò che riguarda un tipo, finché se ne sblocca un piano intero (predefinito)
help-sync-arg-reverse = Creare all'origine anche i clienti che ha solo la destinazione
help-sync-arg-no-reverse = Non creare nulla all'origine (predefinito)
help-sync-arg-brakes = Il limite di un freno, una percentuale (`-percent`) o un numero minimo (`-least`): per cliente deactivate, update, create, identity, quantity; sull'intera sincronizzazione sync-deactivate, sync-create, sync-identity, sync-quantity (per esempio sync-create-least)
help-sync-arg-catch-all = Il cliente di destinazione, con il suo id, che riceve i ticket dei clienti senza collegamento [predefinito: none, i ticket sono trattenuti]
help-sync-arg-keep-tickets-open = Lasciare aperti i ticket quando i loro avvisi sono rientrati
help-sync-arg-close-tickets = Chiudere i ticket su cui nessuno ha lavorato quando i loro avvisi sono rientrati (predefinito)
help-sync-arg-swing-hours = Riaprire un ticket se il suo avviso torna entro queste ore; 0 apre ogni volta un ticket nuovo [predefinito: 4]
help-sync-arg-tickets-from = Creare ticket per gli avvisi generati da questo momento in poi [predefinito: da quando gli avvisi partecipano]
help-sync-arg-time-zone = Il fuso orario in cui si contano i giorni: un nome IANA, come Europe/Rome [predefinito: UTC]
help-sync-arg-switched = Attivare o disattivare utilizzo e ticket per i clienti senza un interruttore proprio [predefinito: on]
help-sync-arg-share-accounts = Ammettere più clienti di origine su un solo account, in una sincronizzazione di utilizzo senza sedi e asset [predefinito: on]
help-sync-arg-every = Eseguirla con questa frequenza con `crosswalk work` [predefinito: never; una volta al giorno se partecipa l'utilizzo]
help-sync-arg-daily = Eseguirla ogni giorno a quest'ora del suo fuso orario, o fino a tre minuti dopo
help-sync-arg-monthly = Eseguirla ogni mese in questo giorno, da 1 a 31 o `last`, a quest'ora del suo fuso orario; un mese più corto la esegue l'ultimo giorno
help-sync-arg-alerts-every = Leggerne gli avvisi con questa frequenza con `crosswalk work` [predefinito: never]
help-sync-set = Modificare le regole e la programmazione di una sincronizzazione; ciò che non è indicato resta
help-sync-set--after =
    Un piano precedente conserva le regole con cui è stato creato: creare un nuovo piano. Una sincronizzazione a cui si aggiunge l'utilizzo, e che non ha una programmazione, è eseguita una volta al giorno da `crosswalk work`, salvo che si indichi un orario.
    Esempi:
      crosswalk sync set rmm-to-psa --every 60
      crosswalk sync set rmm-to-psa --trust asset=automatic --brake update-percent=50
      crosswalk sync set rmm-to-psa --every never
      crosswalk sync set licences-to-psa --daily 02:30
      crosswalk sync set licences-to-psa --monthly last@22:00
help-sync-pause = Sospendere una sincronizzazione: la programmazione la salta, i comandi funzionano ancora
help-sync-resume = Riprendere una sincronizzazione sospesa; le esecuzioni mancate si recuperano con una sola
help-sync-swap = Creare un successore con un'altra connessione, sospendere questa sincronizzazione, e creare un piano
help-sync-swap--after =
    Serve a cambiare fornitore. Il successore ha le stesse regole e la stessa programmazione. Il suo primo piano propone di nuovo i collegamenti e non scrive nulla. Le esclusioni e le richieste di creazione valgono anche per un'altra destinazione. La vecchia sincronizzazione conserva i suoi collegamenti finché viene rimossa: con `sync resume` si torna indietro.
    Esempi:
      crosswalk sync swap rmm-to-psa --to psa2
      crosswalk sync swap rmm-to-psa --from rmm2 --as rmm2-to-psa
help-sync-swap-arg-to = La nuova connessione a cui sono destinati i record
help-sync-swap-arg-from = La nuova connessione da cui provengono i record
help-sync-swap-arg-successor = Il nome del successore [predefinito: ORIGINE-to-DESTINAZIONE]
help-sync-remove = Rimuovere una sincronizzazione con le sue decisioni e i suoi collegamenti; il registro resta
help-sync-list = Elencare le sincronizzazioni
help-sync-show = Mostrare una sincronizzazione: le sue regole, i freni e gli stati dei collegamenti

## crosswalk customer

help-customer = Elencare i clienti e decidere su di essi: account, contratti, interruttori
help-customer-arg-customer = Il cliente, con il suo id o il suo nome intero
help-customer-arg-customers = I clienti, con i loro id o nomi interi
help-customer-arg-all = Tutti i clienti
help-customer-arg-search = Solo i clienti con questo testo nel nome
help-customer-arg-states = Solo i clienti in questo stato; ripetere per più stati
help-customer-arg-held = Solo i clienti con una modifica trattenuta: equivale a `--status held`
help-customer-arg-with-usage = Solo i clienti di cui l'origine comunica l'utilizzo
help-customer-arg-endings = Solo i clienti la cui ultima esecuzione è terminata così; ripetere per più esiti
help-customer-arg-usage = Solo i clienti il cui utilizzo è attivato, o disattivato
help-customer-arg-tickets = Solo i clienti i cui ticket sono attivati, o disattivati
help-customer-list = Elencare i clienti: mapping, interruttori, esito dell'ultima esecuzione e che cosa fare
help-customer-list--after =
    Stati: mapped (mappato), unmapped (non mappato), proposed (proposto), conflict (conflitto), excluded (escluso).
    Esiti dell'ultima esecuzione: succeeded (riuscita), failed (non riuscita), held (trattenuta), not-fetched (non letta).
    Esempi:
      crosswalk customer list licences --state proposed --state conflict
      crosswalk customer list licences --status failed
      crosswalk customer list licences --with-usage --usage off
help-customer-find = Cercare account della destinazione per una parte del nome
help-customer-find-arg-text = Una parte del nome
help-customer-find-arg-limit = Il numero massimo di account da elencare
help-customer-contracts = Elencare i contratti dell'account a cui è mappato un cliente
help-customer-map = Mappare un cliente a un account e a uno dei suoi contratti
help-customer-map--after =
    Un account si indica con il suo id o il suo nome intero, un contratto con il suo id.
    Esempi:
      crosswalk customer find licences acme
      crosswalk customer map licences 5f0c1d7e --to 29683
      crosswalk customer contracts licences 5f0c1d7e
      crosswalk customer map licences 5f0c1d7e --contract 29700001
      crosswalk customer map licences 5f0c1d7e --exclude
help-customer-map-arg-to = L'account a cui mapparlo, con il suo id o il suo nome intero; `none` dimentica la decisione
help-customer-map-arg-contract = Il contratto a cui va il suo utilizzo, con il suo id; `none` dimentica la decisione
help-customer-map-arg-exclude = Escludere dalla sincronizzazione il cliente, e ciò che gli appartiene
help-customer-map-arg-if-revision = Solo finché ha ancora queste revisioni, account.contratto, come le elenca `--json`
help-customer-accept = Accettare gli account proposti, poi i contratti proposti
help-customer-accept--after =
    Un nome che differisce solo per maiuscole e forma giuridica ha punteggio 1, l'unico contratto in vigore di un account 0.9, il suo unico contratto 0.6. Una proposta con una seconda quasi pari resta da decidere.
    Esempio:
      crosswalk customer accept licences --score 0.9 --contract-score 0.6
help-customer-accept-arg-score = Accettare gli account con almeno questo punteggio, da 0 a 1
help-customer-accept-arg-contract-score = Accettare i contratti con almeno questo punteggio, da 0 a 1
help-customer-edit = Attivare o disattivare utilizzo e ticket dei clienti
help-customer-edit--after =
    Esempi:
      crosswalk customer edit licences 5f0c1d7e --usage off
      crosswalk customer edit licences --all --tickets on
      crosswalk customer edit licences --search acme --usage on --tickets off
help-customer-edit-arg-usage = Attivare o disattivare la fatturazione del loro utilizzo
help-customer-edit-arg-tickets = Attivare o disattivare i ticket dei loro avvisi
help-customer-refresh = Rileggere subito i clienti, i loro account e contratti, prima della prossima esecuzione
help-customer-export = Scrivere i clienti in un file, per un foglio di calcolo o un programma
help-customer-export-arg-output = Il file [predefinito: `-`, lo standard output]
help-customer-import = Importare decisioni da un file CSV o JSON; una sola riga errata fa rifiutare l'intero file
help-customer-import--after =
    La colonna customer indica il cliente. Le colonne account e contract contengono un id, `exclude` per escludere, o `-` per dimenticare; usage e tickets contengono on o off; una cella vuota non decide nulla. Un nome accanto a un id deve essere il suo, o vuoto. Una riga invariata non decide nulla, e una riga modificata è rifiutata se sul suo cliente si è deciso dopo l'esportazione. Il CSV si legge con qualsiasi separatore e codifica con cui lo salva un foglio di calcolo; le colonne aggiunte sono ignorate.
    Esempio:
      crosswalk customer export licences -o customers.csv      (modificarlo, poi)
      crosswalk customer import licences customers.csv
help-customer-import-arg-file = Il file; `-` è lo standard input

## crosswalk product

help-product = Mappare i prodotti ai servizi
help-product-arg-product = Il prodotto di origine, con il suo id o il suo nome intero
help-product-list = Elencare i prodotti di origine con i loro servizi, o con proposte e motivi
help-product-list--after =
    Stati: unmapped (non mappato), proposed (proposto), linked (collegato), create (da creare), excluded (escluso), conflict (conflitto), broken (interrotto).
help-product-list-arg-states = Solo i prodotti in questo stato; ripetere per più stati
help-product-list-arg-search = Solo i prodotti con questo testo in un nome, di uno dei due lati
help-product-find = Cercare servizi della destinazione per una parte del nome
help-product-find-arg-text = Una parte del nome
help-product-find-arg-limit = Il numero massimo di servizi da elencare
help-product-map = Mappare un prodotto a un servizio
help-product-map--after =
    Esempio:
      crosswalk product map licences CIXA-MSP --to 1234
help-product-map-arg-to = Il servizio, con il suo id o il suo nome intero
help-product-create = Far creare un servizio per un prodotto
help-product-exclude = Escludere un prodotto: non viene fatturato
help-product-forget = Dimenticare ciò che si è deciso su un prodotto; la ricerca delle corrispondenze ricomincia
help-product-accept = Mappare ogni prodotto al servizio proposto, se ha almeno un punteggio e nessun secondo quasi pari
help-product-accept-arg-score = Il punteggio, da 0 a 1

## crosswalk usage

help-usage = Fatturare in base all'utilizzo: elencare i conteggi e approvarli
help-usage-arg-customers = I clienti, con i loro id o nomi interi
help-usage-arg-all = Le righe di tutti i clienti
help-usage-arg-products = Solo le righe di questo prodotto; ripetere per più prodotti
help-usage-arg-customer = Il cliente
help-usage-arg-product = Il prodotto
help-usage-arg-effective = Il primo giorno della modifica [predefinito: oggi]
help-usage-arg-release = Sbloccare ciò che questo freno trattiene; ripetere per più freni. Serve per edited, moved, zero, takeover e parts
help-usage-list = Elencare le righe: il conteggio, la quantità del contratto, l'ultima approvazione e la prossima modifica
help-usage-list--after =
    Stati: waiting (da approvare), held (trattenuta da un freno), in-step (allineata), not-fetched (il conteggio non è noto, il che non significa zero), left (prima si deve mappare o correggere qualcosa), together (fatturata come parte di un'altra riga). Una riga lasciata com'è o con quantità corretta a mano resta in-step finché il conteggio non cambia, anche se il contratto ha un altro numero; `usage adjust SYNC CLIENTE PRODOTTO --quantity N` lo revoca.
    Esempi:
      crosswalk usage list licences --state waiting --state held
      crosswalk usage list licences --product CIXA-MSP
help-usage-list-arg-customers = Solo le righe di questo cliente; ripetere per più clienti
help-usage-list-arg-states = Solo le righe in questo stato; ripetere per più stati
help-usage-approve = Mostrare la prossima modifica di ogni riga, e scriverla nei contratti dopo la conferma
help-usage-approve--after =
    I contratti vengono prima riletti. Per i clienti indicati si approva anche ciò che un freno trattiene; con --all solo con --held. I freni edited, moved, zero, takeover e parts richiedono --release con il loro nome. Con --yes si sblocca solo ciò che era già elencato; ciò che è cambiato nel frattempo resta trattenuto. Un giorno impossibile (fatturato, fuori dal contratto, già modificato una volta) è rifiutato: sceglierne un altro con --effective.
    Esempi:
      crosswalk usage approve licences 5f0c1d7e
      crosswalk usage approve licences --all --product CIXA-MSP --effective 2026-12-01
      crosswalk usage approve licences --all --held --yes
      crosswalk usage approve licences 5f0c1d7e --release edited --release zero
help-usage-approve-arg-held = Con --all: approvare anche ciò che un freno trattiene, tranne i freni che richiedono --release
help-usage-adjust = Scrivere una quantità diversa dal conteggio; resta finché il conteggio non cambia
help-usage-adjust-arg-quantity = La nuova quantità del contratto
help-usage-dismiss = Lasciare il contratto com'è, finché il conteggio non cambia di nuovo
help-usage-dismiss--after =
    Al fornitore non si scrive nulla. Per i clienti indicati vale anche per ciò che un freno trattiene; con --all solo con --held. Per tornare indietro scrivere il conteggio, o un altro numero: `crosswalk usage adjust SYNC CLIENTE PRODOTTO --quantity N`.
    Esempi:
      crosswalk usage dismiss licences 5f0c1d7e --product CIXA-MSP
      crosswalk usage dismiss licences --all --product CIXA-MSP --held
help-usage-dismiss-arg-held = Con --all: lasciare com'è anche ciò che un freno trattiene
help-usage-dismiss-arg-yes = Con --all: non chiedere conferma
help-usage-take = Scegliere la riga di contratto di un prodotto che il contratto ha due volte, o che è stato sostituito
help-usage-take-arg-target = La riga del contratto, con il suo id
help-usage-history = Mostrare conteggi e scritture di un cliente con i giorni, come prova di una fattura
help-usage-history--after =
    I conteggi sono elencati per mese e prodotto, con il primo e l'ultimo giorno in cui ciascuno è stato letto.
    Esempio:
      crosswalk usage history licences 5f0c1d7e --product CIXA-MSP --format csv
help-usage-history-arg-product = Solo questo prodotto
help-usage-history-arg-format = Scrivere il contenuto di un file: csv o json

## crosswalk link

help-link = Collegare i record di origine ai record di destinazione
help-link-arg-kind = Il tipo del record
help-link-arg-source = L'id del record di origine
help-link-arg-target = L'id del record di destinazione
help-link-arg-states = Solo i collegamenti in questo stato; ripetere per più stati
help-link-arg-customer = Solo i collegamenti di questo cliente di origine, con il suo id
help-link-arg-search = Solo i collegamenti con questo testo in un nome, di uno dei due lati
help-link-list = Elencare i collegamenti, con ciò che si è trovato per quelli da decidere
help-link-list--after =
    Stati: unmapped (non mappato), proposed (proposto), linked (collegato), create (da creare), excluded (escluso), conflict (conflitto), broken (interrotto).
    Esempio:
      crosswalk link list rmm-to-psa --kind customer --state proposed --state conflict
help-link-list-arg-kind = Solo i collegamenti di questo tipo
help-link-set = Collegare un record di origine a un record di destinazione
help-link-set--after =
    Esempio:
      crosswalk link set rmm-to-psa customer 17 29683
help-link-create = Far creare un record di origine nella destinazione
help-link-exclude = Escludere dalla sincronizzazione un record di origine, e ciò che gli appartiene
help-link-forget = Dimenticare ciò che si è deciso su un record di origine; la ricerca delle corrispondenze ricomincia
help-link-decline = Rifiutare un record di destinazione proposto; altri possono ancora essere proposti
help-link-decline--after =
    Esempio:
      crosswalk link decline rmm-to-psa customer 17 29683
help-link-take-back = Revocare una decisione: riportare i suoi collegamenti e interruttori a com'erano prima
help-link-take-back--after =
    Le scritture successive non vengono annullate (lo fa `crosswalk run undo`), e le decisioni successive restano. `crosswalk journal` riporta le decisioni.
    Esempio:
      crosswalk link take-back rmm-to-psa d1f4a9c2e
help-link-take-back-arg-decision = L'id della decisione
help-link-accept = Mostrare ogni proposta con almeno un punteggio e nessuna seconda quasi pari, chiedere, e collegarle
help-link-accept--after =
    Esempio:
      crosswalk link accept rmm-to-psa --kind customer --score 0.9
help-link-accept-arg-kind = Il tipo dei collegamenti
help-link-accept-arg-score = Il punteggio, da 0 a 1
help-link-reverse = Decidere se creare all'origine un cliente che si trova solo nella destinazione
help-link-reverse--after =
    Solo per una sincronizzazione con `--reverse`. Senza una decisione, un cliente viene creato quando nessun cliente di origine ha un nome simile; le osservazioni del piano elencano i clienti che attendono una decisione.
    Esempi:
      crosswalk link reverse rmm-to-psa 29683 create
      crosswalk link reverse rmm-to-psa 0 exclude
help-link-reverse-arg-target = L'id del cliente di destinazione
help-link-reverse-arg-decision = La decisione; `forget` la revoca
help-link-export = Scrivere i collegamenti in un file, per un foglio di calcolo o un programma
help-link-export-arg-file = Il file [predefinito: `-`, lo standard output]
help-link-export-arg-kind = Solo i collegamenti di questo tipo
help-link-import = Importare decisioni da un file CSV o JSON; una sola riga errata fa rifiutare l'intero file
help-link-import--after =
    Decidono le colonne kind, source, state (linked, create, excluded, unmapped) e, con linked, target. Un nome accanto a un id deve essere il suo, o vuoto. Una riga invariata non decide nulla, e una riga modificata è rifiutata se sul suo record si è deciso dopo l'esportazione. Il CSV si legge con qualsiasi separatore e codifica con cui lo salva un foglio di calcolo; le colonne aggiunte sono ignorate.
    Esempio:
      crosswalk link export rmm-to-psa links.csv      (modificarlo, poi)
      crosswalk link import rmm-to-psa links.csv
help-link-import-arg-file = Il file; `-` è lo standard input

## crosswalk plan

help-plan = Leggere i due lati e mostrare le modifiche, senza scrivere nulla
help-plan--after =
    Termina con 0 se non c'è nulla da fare, con 4 se qualcosa non è stato letto, con 3 se ci sono modifiche in attesa di approvazione, e con 5 se non c'è nulla da fare ma una fattura resta errata finché qualcuno non interviene.

    Le osservazioni, cioè i record che un piano lascia invariati, sono contate per tipo e causa; `crosswalk finding list` le elenca.

    Esempi:
      crosswalk plan rmm-to-psa
      crosswalk plan --show 12 --kind asset --customer 17
      crosswalk plan --list rmm-to-psa
help-plan-arg-sync = La sincronizzazione di cui creare il piano
help-plan-arg-show = Mostrare le modifiche di un piano, cliente per cliente
help-plan-arg-list = Elencare i piani più recenti della sincronizzazione invece di crearne uno
help-plan-arg-customer = Mostrare solo le modifiche di questo cliente di origine, con il suo id
help-plan-arg-kind = Mostrare solo le modifiche di questo tipo
help-plan-arg-action = Mostrare solo le modifiche con questa azione
help-plan-arg-held = Mostrare solo ciò che un freno trattiene
help-plan-arg-all = Mostrare tutte le modifiche, senza limite

## crosswalk finding

help-finding = Elencare le osservazioni: i record che i piani hanno lasciato invariati
help-finding-list = Elencare le osservazioni di un piano, raggruppate per contenuto
help-finding-list--after =
    Un'osservazione è un record, o una sua parte, che un piano non allinea, con il motivo. Ogni piano conta le sue osservazioni per tipo e causa. I piani più recenti di una sincronizzazione le conservano anche una per una, fino a 100000 per piano; se sono di più, la risposta lo riporta.
    Esempi:
      crosswalk finding list rmm-to-psa
      crosswalk finding list rmm-to-psa --finding by-hand --each
      crosswalk finding list --plan 12 --kind asset --customer 17 --each --all
help-finding-list-arg-sync = La sincronizzazione; si elenca il suo piano più recente
help-finding-list-arg-plan = Il piano, invece del più recente di una sincronizzazione
help-finding-list-arg-kind = Solo le osservazioni di questo tipo
help-finding-list-arg-finding = Solo le osservazioni con questa causa, come la riporta l'elenco: by-hand, cannot, not-fetched, …
help-finding-list-arg-customer = Solo le osservazioni di questo cliente di origine, con il suo id
help-finding-list-arg-each = Elencare ogni osservazione da sola
help-finding-list-arg-after = Con --each: cominciare dopo questo numero
help-finding-list-arg-all = Elencarle tutte, senza limite

## crosswalk apply

help-apply = Applicare un piano, o una sua parte
help-apply--after =
    Ogni modifica viene ricontrollata prima di essere eseguita; una modifica superata è rifiutata, con il motivo. Un piano più recente dell'intera sincronizzazione con altre modifiche sostituisce questo: non viene fatto nulla, e il codice di uscita è 1.
    Se viene interrotto non si perde nulla: il prossimo plan o apply riprende da lì.
    Esempi:
      crosswalk apply 12
      crosswalk apply 12 --customer 17 --kind asset
      crosswalk apply 12 --change 3,5-9
      crosswalk apply 12 --release first-run --yes
      crosswalk apply 12 --approved --queue --at 22:00
help-apply-arg-plan = Il piano
help-apply-arg-release = Sbloccare ciò che questo freno trattiene; ripetere per più freni
help-apply-arg-customer = Solo le modifiche di questo cliente di origine, con il suo id
help-apply-arg-kind = Solo le modifiche di questo tipo

## crosswalk run

help-run = Creare un piano, e applicare subito ciò che fiducia e freni consentono; o annullare un'esecuzione passata
help-run--after =
    Applica solo i tipi con la fiducia `automatic`, e nulla di ciò che un freno trattiene; il resto attende nel piano. Adatto a un timer di sistema. `crosswalk runs` elenca le esecuzioni passate; `crosswalk run -- undo` esegue una sincronizzazione di nome `undo`.
    Esempi:
      crosswalk run rmm-to-psa
      crosswalk run rmm-to-psa --queue --follow
      crosswalk run follow 7
      crosswalk run stop 7
      crosswalk run undo 7
help-run-undo = Mostrare l'inverso di un'esecuzione, e applicarlo dopo la conferma
help-run-undo--after =
    I record creati sono messi fuori uso e scollegati, i campi scritti riprendono i valori precedenti, e i record spostati o disattivati tornano com'erano. Un campo che qualcuno ha modificato in seguito resta, con un'osservazione; la chiave che questo host lascia in un record resta. Il prossimo piano non rifà le modifiche: i valori ripristinati contano come modifiche di una persona, e i record creati o collegati restano esclusi finché `crosswalk link set` o `crosswalk link create` li riprende. Un annullamento è un'esecuzione, e si può annullare a sua volta. Senza conferma non viene fatto nulla: il piano resta, e `crosswalk apply PIANO` lo applica in seguito.
    Esempi:
      crosswalk runs
      crosswalk run undo 7
      crosswalk run undo 7 --customer 17 --kind asset --yes
help-run-undo-arg-run = L'esecuzione da annullare, con il numero di `crosswalk runs`
help-run-undo-arg-customer = Solo le modifiche di questo cliente di origine, con il suo id
help-run-undo-arg-kind = Solo le modifiche di questo tipo

## crosswalk asset

help-asset = Aggiornare subito un asset
help-asset-refresh = Leggere ora un asset e aggiornare subito il suo record di destinazione
help-asset-refresh--after =
    Legge l'asset dai due lati e scrive ciò che differisce, compresi gli orari dell'ultimo contatto. Si può aggiornare solo un asset collegato; non viene creato nulla.
    Esempio:
      crosswalk asset refresh rmm-to-psa 4711
help-asset-refresh-arg-id = L'id dell'asset, all'origine o nella destinazione

## crosswalk alert

help-alert = Trasformare gli avvisi in ticket
help-alert-poll = Leggere ora gli avvisi, e creare, annotare o chiudere i ticket come consente la fiducia
help-alert-poll--after =
    Gli avvisi di un dispositivo con la stessa condizione hanno un ticket in comune. Un avviso che torna poco dopo la chiusura del suo ticket lo riapre (`crosswalk sync set SYNC --swing-hours`). Con la fiducia `approve` il piano attende `crosswalk apply`; con `automatic` è applicato subito. Termina come `crosswalk run`.
    Esempi:
      crosswalk alert poll rmm-to-psa --plan
      crosswalk alert poll rmm-to-psa
help-alert-poll-arg-plan = Mostrare solo il piano, senza scrivere nulla
help-alert-list = Elencare gli avvisi dell'ultima lettura, con i loro ticket
help-alert-list-arg-open = Solo gli avvisi senza ticket

## crosswalk uncertain

help-uncertain = Elencare e chiarire le scritture di esito incerto
help-uncertain-list = Elencare le scritture di cui non si conosce l'esito
help-uncertain-list--after =
    Una scrittura è incerta quando il fornitore non ha risposto, o il programma è terminato durante la scrittura. Viene cercata subito, trascorso il tempo di attesa del fornitore, e poi a intervalli crescenti: dal prossimo `plan`, `run` o `apply`, o da `work` quando la ricerca è prevista e la sua sincronizzazione ha una programmazione. Una scrittura trovata è riuscita. Una scrittura che dopo tutto ciò non si trova può essere ripetuta da un'esecuzione successiva. Fino ad allora per il suo record non si pianifica altro.
    Esempi:
      crosswalk uncertain list
      crosswalk uncertain list rmm-to-psa
help-uncertain-list-arg-sync = Solo le scritture di questa sincronizzazione
help-uncertain-settle = Chiarire una scrittura a mano, dopo aver controllato presso il fornitore
help-uncertain-settle--after =
    Controllare prima presso il fornitore: questo comando legge solo il record indicato. Una scrittura chiarita come non avvenuta viene pianificata di nuovo; se in realtà era avvenuta, il record viene creato due volte. Il registro conserva il motivo.
    Esempi:
      crosswalk uncertain settle 12.3 --written 29683125 --reason 'visto nel PSA, creato alle 14:02'
      crosswalk uncertain settle 12.3 --not-written --reason 'chiesto al fornitore, ticket 4711'
help-uncertain-settle-arg-change = La modifica: il suo piano e il suo posto nel piano
help-uncertain-settle-arg-written = È stata scritta: l'id del suo record presso il fornitore
help-uncertain-settle-arg-not-written = Non è stata scritta
help-uncertain-settle-arg-reason = Ciò che si è visto presso il fornitore, per il registro

## crosswalk runs, crosswalk journal

help-runs = Elencare le esecuzioni passate e come sono terminate
help-runs-arg-sync = Solo questa sincronizzazione
help-runs-arg-limit = Il numero massimo di esecuzioni da elencare
help-journal = Elencare le azioni passate con i loro motivi, a partire dalle più recenti
help-journal--after =
    Esempi:
      crosswalk journal rmm-to-psa --run 7 --event failed
      crosswalk journal --kind asset --source 4711 --limit 20
help-journal-arg-sync = Solo questa sincronizzazione
help-journal-arg-run = Solo questa esecuzione
help-journal-arg-kind = Solo i record di questo tipo
help-journal-arg-source = Solo questo record di origine, con il suo id
help-journal-arg-target = Solo questo record di destinazione, con il suo id
help-journal-arg-customer = Solo i record di questo cliente di origine, con il suo id
help-journal-arg-event = Solo questo evento: created, linked, updated, failed, refused, …
help-journal-arg-by = Solo ciò che ha fatto questo autore: local:UTENTE, schedule, host, …
help-journal-arg-limit = Il numero massimo di voci da elencare

## crosswalk why

help-why = Spiegare perché un record è, o non è, allineato
help-why--after =
    Mostra che cosa contiene o osserva il piano più recente per il record, con il numero e l'ora del piano. Ciò che le regole decidono per un singolo record è quello di adesso. I fornitori non vengono interrogati.
    Esempi:
      crosswalk why rmm-to-psa asset 4711
      crosswalk why rmm-to-psa customer "Contoso Ltd" --fields
      crosswalk why rmm-to-psa alert 8812
      crosswalk why licences usage 5f0c1d7e/CIXA-MSP
help-why-arg-kind = Il tipo del record
help-why-arg-record = Il record: il suo id all'origine o nella destinazione, o il suo nome esatto; una riga di utilizzo come CLIENTE/PRODOTTO
help-why-arg-fields = Mostrare anche i due lati campo per campo, e il registro

## crosswalk prune

help-prune = Eliminare i dati oltre il loro periodo di conservazione
help-prune--after =
    `crosswalk work` li elimina una volta al giorno, per ogni tenant. Il file crosswalk.toml della cartella dei dati stabilisce per quanto si conservano, in giorni; questi sono i valori predefiniti:
    {"  ["}retention]
      plans-days = 90       # piani e loro modifiche; un'esecuzione si può annullare per questo tempo
      runs-days = 400       # esecuzioni
      journal-days = 400    # il registro, tranne l'utilizzo
      usage-days = 3653     # conteggi, e registro dell'utilizzo: la prova delle fatture
      gone-days = 90        # record scomparsi presso il fornitore e non collegati
      tickets-days = 90     # avvisi scomparsi, i loro ticket chiusi, e i collegamenti tra essi
    Si conservano sempre: un piano con una scrittura aperta, il piano più recente di una sincronizzazione, i collegamenti, e le decisioni di una persona. Il file non si riduce; smette di crescere. Dopo un salto dell'orologio di oltre una settimana non si elimina nulla per una settimana, salvo che --clock-is-right confermi l'orologio.
    Esempi:
      crosswalk prune --dry-run
      crosswalk prune
help-prune-arg-dry-run = Mostrare solo che cosa verrebbe eliminato
help-prune-arg-clock-is-right = Confermare che dopo un salto l'orologio è giusto, per ogni tenant

## crosswalk work

help-work = Eseguire la programmazione: svolgere ciò che è previsto, fino all'arresto
help-work--after =
    Il database elenca ciò che è previsto: le sincronizzazioni con una programmazione (`crosswalk sync set NOME --every 60`, --daily o --monthly), i job ricorrenti dei plugin le cui sincronizzazioni non sono sospese, i risvegli chiesti dai connettori, e l'eliminazione dei dati una volta al giorno (`crosswalk prune --help`). Più processi come questo, e altri comandi, possono essere in esecuzione insieme: ogni attività è svolta da uno solo. Un segnale ferma il processo in un punto sicuro, con il codice di uscita 0. Con --json ogni riga è un documento.
    Un'attività attende per lo più un fornitore, perciò molte sono in esecuzione insieme, al massimo quattro di un tenant. Metà dei posti è riservata ai tenant che non hanno nulla in corso, e le attività non riuscite l'ultima volta ne condividono un quarto: così un fornitore bloccato non ritarda nessun altro tenant. Una sincronizzazione piccola occupa circa 1 MiB di memoria, una di 50.000 asset fino a 150 MiB; se è troppo, ridurre --at-once.
    Esempi:
      crosswalk work
    {"  *"} * * * * crosswalk work --once --quiet      (con cron, al posto di un processo che resta attivo)
help-work-arg-once = Svolgere ciò che è previsto ora, poi terminare
help-work-arg-at-once = Il numero massimo di attività da svolgere insieme, per tutti i tenant

## Uso scorretto: il messaggio, i suggerimenti, e la fine.

misuse-error = errore: { $what }
misuse-tip = suggerimento: { $what }
misuse-try-help = Per maggiori informazioni: `{ $help }`.
misuse-unknown-argument = argomento `{ $arg }` non previsto
misuse-invalid-subcommand = il comando `{ $name }` non esiste
misuse-missing-subcommand = `{ $name }` richiede un comando
misuse-subcommands = [comandi: { $values }]
misuse-missing-arguments = mancano questi argomenti obbligatori:
misuse-missing-value = `{ $arg }` richiede un valore
misuse-invalid-value = valore `{ $value }` non valido per `{ $arg }`
misuse-invalid-value-because = valore `{ $value }` non valido per `{ $arg }`: { $why }
misuse-repeated = l'argomento `{ $arg }` si può indicare una volta sola
misuse-conflict = l'argomento `{ $arg }` non si può usare con `{ $prior }`
misuse-conflict-several = l'argomento `{ $arg }` non si può usare con:
misuse-conflict-other = l'argomento `{ $arg }` non si può usare con altri argomenti indicati
misuse-conflict-subcommand = il comando `{ $name }` non si può usare con gli argomenti indicati
misuse-too-many-values = valore `{ $value }` di troppo per `{ $arg }`
misuse-too-few-values = `{ $arg }` richiede almeno { $expected } valori: ricevuti { $actual }
misuse-wrong-number = `{ $arg }` richiede { $expected } valori: ricevuti { $actual }
misuse-no-equals = `{ $arg }` richiede il segno di uguale prima del valore
misuse-similar = esiste qualcosa di simile: { $values }
misuse-as-value = per passare `{ $arg }` come valore, scrivere `{ $with }`
misuse-elsewhere = esiste `{ $with }`

## Che cosa si attende da un argomento, con il percorso come sopra.

misuse-expects-tenant = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-name = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-sync = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-from = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-to = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-plugin = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-successor = scrivere da 1 a 40 lettere minuscole, cifre e trattini, a partire da una lettera
misuse-expects-plan = scrivere il numero di un piano
misuse-expects-show = scrivere il numero di un piano
misuse-expects-run = scrivere il numero di un'esecuzione
misuse-expects-change = scrivere il piano e il posto nel piano, come 12.3
misuse-expects-kind = scrivere customer, location, asset, contract, product, usage, alert o ticket
misuse-expects-kinds = scrivere tipi separati da virgole: customer, location, asset, usage, alert
misuse-expects-create = scrivere customer, location, asset, contract, product, usage, alert o ticket
misuse-expects-no-create = scrivere customer, location, asset, contract, product, usage, alert o ticket
misuse-expects-states = scrivere unmapped, proposed, linked, create, excluded, conflict o broken
misuse-expects-customer-states = scrivere mapped, unmapped, proposed, conflict o excluded
misuse-expects-usage-states = scrivere waiting, held, in-step, not-fetched, left o together
misuse-expects-endings = scrivere succeeded, failed, held o not-fetched
misuse-expects-action = scrivere link, create, update, move, retire, deactivate, reactivate, open, append, close, create-source o unlink
misuse-expects-finding = scrivere una causa come la riporta `crosswalk finding list`: by-hand, cannot, not-fetched, …
misuse-expects-event = scrivere un evento come lo riporta `crosswalk journal`: created, linked, updated, failed, refused, …
misuse-expects-by = scrivere local:NOME, user:ID, token:ID, webhook:CONNESSIONE, schedule o host
misuse-expects-toolchain = scrivere auto, installed o debian
misuse-expects-sites = scrivere each o primary
misuse-expects-trust = scrivere preview, approve o automatic, anche per un solo tipo: asset=automatic
misuse-expects-score = scrivere un numero da 0 a 1, come 0.9
misuse-expects-contract-score = scrivere un numero da 0 a 1, come 0.9
misuse-expects-accept-score = scrivere un numero da 0 a 1 o `none`, anche per un solo tipo: customer=0.95
misuse-expects-rules = scrivere TIPO.CAMPO=REGOLA, come asset.name=seed-once, con source-wins, source-forces, target-wins, seed-once, fill-if-empty o ignore
misuse-expects-brakes = scrivere LIMITE=NUMERO, come update-percent=50
misuse-expects-endpoints = scrivere NOME=URL
misuse-expects-settings = scrivere IMPOSTAZIONE=VALORE
misuse-expects-files = scrivere NOME=FILE
misuse-expects-variables = scrivere NOME=VARIABILE
misuse-expects-asked = scrivere solo il nome del segreto, mai il segreto stesso
misuse-expects-buckets = scrivere NOME=CHIAMATE[,at-once=N], come hour=5000,at-once=2, o `unlimited` al posto di un numero
misuse-expects-usage = scrivere on o off
misuse-expects-tickets = scrivere on o off
misuse-expects-switched = scrivere on o off
misuse-expects-share-accounts = scrivere on o off
misuse-expects-effective = scrivere un giorno, come 2026-01-31
misuse-expects-tickets-from = scrivere una data e ora, come 2026-01-31T09:30:00Z
misuse-expects-every = scrivere i minuti, come 60, o `never`
misuse-expects-alerts-every = scrivere i minuti, come 60, o `never`
misuse-expects-daily = scrivere un orario, come 02:30
misuse-expects-monthly = scrivere un giorno da 1 a 31, o `last`, e un orario, come 15@02:30
misuse-expects-if-revision = scrivere due numeri interi, come 2.0
misuse-expects-volatile-hours = scrivere un numero intero di ore
misuse-expects-grace-hours = scrivere un numero intero di ore
misuse-expects-identity-hours = scrivere un numero intero di ore
misuse-expects-swing-hours = scrivere un numero intero di ore
misuse-expects-max-bytes = scrivere un numero intero di byte
misuse-expects-limit = scrivere un numero intero
misuse-expects-after = scrivere un numero intero
misuse-expects-quantity = scrivere un numero intero, da 0
misuse-expects-at = scrivere un'ora, 22:00, o un istante, 2026-11-30T22:00:00Z
misuse-expects-changes = scrivere numeri di modifiche, come 3,5-9
misuse-expects-at-once = scrivere un numero intero da 1 a 64

## Approvazioni, e lavoro richiesto anziché svolto.

help-approve = Approvare un piano, o una sua parte, senza applicarlo
help-approve--after =
    Ciò che è approvato si applica con `crosswalk apply PLAN --approved`, da chiunque e in qualsiasi momento; più persone possono approvare parti di un piano. Le modifiche scelte con il numero portano con sé ciò da cui dipendono.
    Esempi:
      crosswalk approve 12 --customer 17
      crosswalk approve 12 --change 3,5-9 --note "come concordato con Contoso"
      crosswalk approve 12 --kind usage --release falls
      crosswalk approve 12 --list
      crosswalk approve 12 --withdraw
help-approve-arg-plan = Il piano
help-approve-arg-release = Sbloccare ciò che questo freno trattiene; ripetere per più freni
help-approve-arg-changes = Solo queste modifiche, con il loro numero, e ciò da cui dipendono: 3,5-9
help-approve-arg-customer = Solo le modifiche di questo cliente di origine, con il suo id
help-approve-arg-kind = Solo le modifiche di questo tipo
help-approve-arg-note = Una nota da conservare con l'approvazione
help-approve-arg-list = Elencare le approvazioni del piano
help-approve-arg-withdraw = Ritirare tutte le approvazioni del piano
help-apply-arg-changes = Solo queste modifiche, con il loro numero, e ciò da cui dipendono: 3,5-9
help-apply-arg-note = Una nota da conservare con l'approvazione
help-apply-arg-approved = Applicare ciò che `crosswalk approve` ha approvato, e nient'altro
help-run-follow = Seguire fino alla fine un'esecuzione di qualsiasi processo
help-run-follow--after =
    L'esecuzione può essere di un altro processo. Ogni nuovo stato è scritto su una riga, con --json come un documento; il codice di uscita è quello dell'esecuzione. Interrompere questo comando non interrompe l'esecuzione: lo fa `crosswalk run stop`.
    Esempi:
      crosswalk run follow 17
help-run-follow-arg-run = L'esecuzione, con il numero di `crosswalk runs`
help-run-stop = Interrompere un'esecuzione di qualsiasi processo, o annullarne una in attesa
help-run-stop--after =
    Un'esecuzione in attesa è annullata. Una in corso, in qualsiasi processo, si interrompe entro pochi secondi dove non si perde nulla: ciò che è stato inviato viene chiarito, e la prossima esecuzione riprende da lì.
    Esempi:
      crosswalk run stop 17
help-run-stop-arg-run = L'esecuzione, con il numero di `crosswalk runs`
help-arg-queue = Chiederlo invece di farlo: lo fa un processo con `crosswalk work`
help-arg-at = Con --queue: non prima di quest'ora, HH:MM locale o 2026-11-30T22:00:00Z
help-arg-follow = Con --queue: seguire l'esecuzione fino alla fine
