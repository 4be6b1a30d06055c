//! One file of two decisions, saved in every way a spreadsheet saves it.

use super::*;
use crosswalk_say::English;

const FORM: Form = Form {
    what: "customers",
    required: &["customer"],
    deciding: &["account", "usage"],
    known: &["customer", "customer_name", "account", "usage"],
};

const GOOD: &str = "customer,customer_name,account,usage\nc1,Müller GmbH,7,on\nc2,Rossi S.r.l.,,off\n";

fn cells(sheet: &Sheet) -> Vec<(usize, Vec<String>)> {
    let cell = |row: &Row, name: &str| row.cells.get(name).cloned().unwrap_or_default();
    sheet.rows.iter().map(|row| (row.number, FORM.known.iter().map(|name| cell(row, name)).collect())).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[test]
fn a_file_is_taken_as_meant_however_it_was_saved() {
    let good = cells(&Sheet::read(GOOD.as_bytes(), &FORM).unwrap());
    assert_eq!(good.len(), 2);
    assert_eq!(good[0].0, 2, "the header is row 1");
    let semicolons = GOOD.replace(',', ";");
    let cp1252 = encoding_rs::WINDOWS_1252.encode(&semicolons).0.into_owned();
    let saved: [(&str, Vec<u8>); 12] = [
        ("UTF-8 with a byte order mark", format!("\u{feff}{GOOD}").into_bytes()),
        ("semicolons", semicolons.clone().into_bytes()),
        ("semicolons, BOM and sep=", format!("\u{feff}sep=;\n{semicolons}").into_bytes()),
        ("Windows-1252", cp1252),
        ("UTF-16 with tabs", utf16(&GOOD.replace(',', "\t"))),
        ("tabs", GOOD.replace(',', "\t").into_bytes()),
        ("CR only", GOOD.replace('\n', "\r").into_bytes()),
        ("CRLF", GOOD.replace('\n', "\r\n").into_bytes()),
        ("no end of the last line", GOOD.trim_end().as_bytes().to_vec()),
        (
            "header in capitals",
            GOOD.replacen("customer,customer_name,account,usage", "CUSTOMER,Customer Name,ACCOUNT,Usage ", 1)
                .into_bytes(),
        ),
        ("empty columns at the end", GOOD.replace('\n', ",,\n").into_bytes()),
        (
            "JSON with a byte order mark",
            "\u{feff}[{\"customer\":\"c1\",\"customer_name\":\"Müller GmbH\",\"account\":7,\"usage\":\"on\"},\
             {\"customer\":\"c2\",\"customer_name\":\"Rossi S.r.l.\",\"account\":null,\"usage\":\"off\"}]"
                .as_bytes()
                .to_vec(),
        ),
    ];
    for (how, bytes) in saved {
        let read = Sheet::read(&bytes, &FORM).unwrap_or_else(|why| panic!("{how}: {why}"));
        let rows: Vec<_> = cells(&read).into_iter().map(|(_, row)| row).collect();
        assert_eq!(rows, good.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), "{how}");
    }
    let added = GOOD.replace("usage\n", "usage,Remark\n").replace("on\n", "on,call them\n").replace("off\n", "off,\n");
    let read = Sheet::read(added.as_bytes(), &FORM).unwrap();
    assert_eq!((cells(&read), read.ignored.as_slice()), (good, ["remark".to_owned()].as_slice()));
}

#[test]
fn rows_have_the_numbers_a_spreadsheet_shows() {
    let text = "customer,customer_name\nc1,\"two\nlines\"\n\nc2,\nc3,\n";
    let numbers: Vec<usize> = Sheet::read(text.as_bytes(), &FORM).unwrap().rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [2, 4, 5]);
}

#[test]
fn what_cannot_be_meant_is_refused_whole_with_one_sentence() {
    for (bytes, expected) in [
        (&b""[..], "it is empty"),
        (b"hello\nworld\n", "it is no table of customers: its first line has no column `customer`, only `hello`"),
        (b"PK\x03\x04rest", "it is a workbook"),
        (b"customer,acount\nc1,7\n", "unknown column `acount`, and no column `account`, `usage`"),
        (b"customer,customer\nc1,c1\n", "it has the column `customer` twice"),
        (b"customer,account\nc1,7,8\n", "row 2 has 3 cells and the header 2"),
        (b"[{]", "it is no list of JSON objects"),
        (b"[{\"account\":\"7\"}]", "object 1 has no member `customer`"),
        (b"[{\"customer\":[1]}]", "object 1 has no text in its member `customer`"),
        (b"cust\0omer\n", "it is no text"),
    ] {
        let why = Sheet::read(bytes, &FORM).unwrap_err().english();
        assert!(why.contains(expected), "{why}");
    }
}
