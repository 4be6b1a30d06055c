//! The words worlds are made of. All invented; plain tables and nothing else.

/// Company names' first part, about a third with accents.
pub(super) const STEMS: &[&str] = &[
    "Acme",
    "Rossi",
    "Müller",
    "Åkerlund",
    "Café Noir",
    "Bianchi",
    "São Bento",
    "Ó Briain",
    "Nørgaard",
    "Brennan",
    "Castell",
    "Delacroix",
    "Élan",
    "Fjord",
    "Garcés",
    "Höfer",
    "Ibáñez",
    "Jackdaw",
    "Kestrel",
    "Lindqvist",
    "Marlow",
    "Northgate",
    "Oakhurst",
    "Pettersson",
    "Quayside",
    "Ravensworth",
    "Søndergaard",
    "Tamworth",
    "Umbra",
    "Vanterpool",
    "Whitby",
    "Yarrow",
    "Zürcher",
    "Alder & Finch",
    "Bluebell",
    "Crane's",
    "De Luca",
    "Eastbourne",
    "Fernández",
    "Greystone",
    "Hollow Tree",
    "Ironbridge",
    "Jupiter",
    "Kölner",
    "Larkspur",
    "Moretti",
    "Nuñez",
    "Orchard",
    "Pérez",
    "Redwood",
    "Saltmarsh",
    "Thistle",
    "Ursino",
    "Väinö",
    "Wexcombe",
    "Xanthe",
    "Yew Tree",
    "Zephyr",
    "D'Angelo",
    "Großmann",
];

/// Company names' second part.
pub(super) const TRADES: &[&str] = &[
    "Logistics",
    "Dental",
    "Legal",
    "Foods",
    "Engineering",
    "Studio",
    "Architects",
    "Veterinary",
    "Consulting",
    "Transport",
    "Ceramics",
    "Pharma",
    "Insurance",
    "Printing",
    "Textiles",
    "Wines",
    "Energy",
    "Marine",
    "Optics",
    "Joinery",
    "Catering",
    "Accountants",
    "Property",
    "Motors",
    "Travel",
    "Plastics",
    "Media",
    "Clinics",
    "Roofing",
    "Recruitment",
    "Bakery",
    "Instruments",
    "Security",
    "Farms",
    "Packaging",
    "Surveyors",
    "Schools",
    "Furniture",
    "Films",
    "Chemicals",
];

/// Legal suffixes; the empty one is a name without.
pub(super) const SUFFIXES: &[&str] = &[
    "Ltd", "GmbH", "S.r.l.", "S.p.A.", "Inc.", "ApS", "LLC", "AG", "B.V.", "S.L.", "Oy", "AB", "SARL", "PLC", "",
    "Ltd", "Ltd", "",
];

/// The same suffix said differently.
pub(super) const RESPELLED: &[(&str, &str)] = &[
    ("Ltd", "Limited"),
    ("GmbH", "G.m.b.H."),
    ("S.r.l.", "SRL"),
    ("S.p.A.", "SpA"),
    ("Inc.", "Inc"),
    ("LLC", "L.L.C."),
    ("B.V.", "BV"),
    ("S.L.", "SL"),
    ("PLC", "plc"),
];

/// Towns with a postal code and a country.
pub(super) const TOWNS: &[(&str, &str, &str)] = &[
    ("Leeds", "LS1 4AP", "GB"),
    ("Bristol", "BS1 5TR", "GB"),
    ("Cork", "T12 X8N6", "IE"),
    ("Torino", "10121", "IT"),
    ("Forlì", "47121", "IT"),
    ("Köln", "50667", "DE"),
    ("München", "80331", "DE"),
    ("Málaga", "29005", "ES"),
    ("Århus", "8000", "DK"),
    ("Malmö", "211 20", "SE"),
    ("Turku", "20100", "FI"),
    ("Orléans", "45000", "FR"),
    ("Genève", "1204", "CH"),
    ("Utrecht", "3511 LN", "NL"),
    ("Boise", "83702", "US"),
    ("Portland", "04101", "US"),
    ("Québec", "G1R 4S9", "CA"),
    ("Exeter", "EX1 1GE", "GB"),
    ("Lecce", "73100", "IT"),
    ("Łódź", "90-001", "PL"),
];

/// Streets.
pub(super) const STREETS: &[&str] = &[
    "Mill Lane",
    "Via Garibaldi",
    "Hauptstraße",
    "High Street",
    "Rue de l'Église",
    "Station Road",
    "Calle Mayor",
    "Kirkegade",
    "Storgatan",
    "Market Square",
    "Corso Italia",
    "Bahnhofstraße",
    "Victoria Road",
    "Church Row",
];

/// Site names besides towns.
pub(super) const PLACES: &[&str] =
    &["Head Office", "Warehouse", "Showroom", "Workshop", "Back Office", "Depot", "Lab", "Branch"];

/// First names for the people machines are registered to.
pub(super) const PEOPLE: &[&str] = &[
    "Ann", "José", "Marta", "Søren", "Gwen", "Luca", "Zoë", "Iván", "Priya", "Tom", "Élodie", "Karl", "Aoife", "Bruno",
    "Nadia",
];

/// Family names for the same.
pub(super) const FAMILIES: &[&str] = &[
    "Byrne", "Conti", "Schäfer", "Holm", "Patel", "Martín", "Dubois", "Walsh", "Ferrari", "Nowak", "Clarke", "Virtanen",
];

/// Serial numbers that are none.
pub(super) const JUNK_SERIALS: &[&str] = &[
    "To be filled by O.E.M.",
    "Default string",
    "0",
    "",
    "System Serial Number",
    "None",
    "Not Specified",
    "123456789",
    "00000000",
    "INVALID",
];

/// A workstation's operating system: name, version, platform.
pub(super) const WORKSTATIONS: &[(&str, &str, &str)] = &[
    ("Microsoft Windows 11 Pro", "10.0.26100", "windows"),
    ("Microsoft Windows 11 Pro", "10.0.22631", "windows"),
    ("Microsoft Windows 10 Pro", "10.0.19045", "windows"),
    ("Microsoft Windows 11 Enterprise", "10.0.26100", "windows"),
    ("macOS 15.1", "15.1", "mac"),
    ("Ubuntu 24.04.1 LTS", "24.04", "linux"),
];

/// A server's operating system: name, version, platform.
pub(super) const SERVERS: &[(&str, &str, &str)] = &[
    ("Microsoft Windows Server 2022 Standard", "10.0.20348", "windows"),
    ("Microsoft Windows Server 2019 Standard", "10.0.17763", "windows"),
    ("Debian GNU/Linux 12 (bookworm)", "12", "linux"),
    ("Microsoft Windows Server 2025 Datacenter", "10.0.26100", "windows"),
];

/// A workstation's maker and model.
pub(super) const MODELS: &[(&str, &str)] = &[
    ("Dell Inc.", "Latitude 5540"),
    ("Dell Inc.", "OptiPlex 7010"),
    ("HP", "EliteBook 840 G10"),
    ("HP", "ProDesk 400 G7"),
    ("LENOVO", "ThinkPad T14 Gen 4"),
    ("LENOVO", "ThinkCentre M70q"),
    ("ASUSTeK COMPUTER INC.", "PRIME B560M-A"),
];

/// A server's maker and model.
pub(super) const SERVER_MODELS: &[(&str, &str)] = &[
    ("Dell Inc.", "PowerEdge R650"),
    ("HPE", "ProLiant DL380 Gen10"),
    ("VMware, Inc.", "VMware7,1"),
    ("Microsoft Corporation", "Virtual Machine"),
];

/// A text without accents: what a person types who has no such key.
pub fn unaccented(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => plain.push('a'),
            'Á' | 'À' | 'Â' | 'Ä' | 'Ã' | 'Å' => plain.push('A'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'É' | 'È' | 'Ê' | 'Ë' => plain.push('E'),
            'í' | 'ì' | 'î' | 'ï' => plain.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => plain.push('o'),
            'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' | 'Ø' => plain.push('O'),
            'ú' | 'ù' | 'û' | 'ü' => plain.push('u'),
            'Ü' => plain.push('U'),
            'ñ' => plain.push('n'),
            'ç' => plain.push('c'),
            'ł' => plain.push('l'),
            'Ł' => plain.push('L'),
            'ź' => plain.push('z'),
            'ß' => plain.push_str("ss"),
            other => plain.push(other),
        }
    }
    plain
}
