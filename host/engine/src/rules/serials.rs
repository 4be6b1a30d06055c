//! Serial numbers and MAC addresses as keys, and which of them are junk.
//!
//! Firmware ships with placeholders where a serial number belongs, and drivers bring network cards whose address is the
//! same on every machine. Such a value says nothing about which device it is, so it is no key at all. One serial number
//! has several spellings: a hypervisor reports its machine's as bytes, as a UUID, or as a UUID with its first groups
//! byte-swapped. That a key is *unique* is for `matching` to see; here only single values are judged, and what two
//! values say of one identity.

use super::names::visible;
use crosswalk_model::{FieldDiff, Kind, Record, Value};

/// The most signs of a number that are looked at: no serial number is longer.
const LONGEST: usize = 256;

/// Placeholders seen in the field, as [`letters`] leaves them.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "asset", "assettag", "baseboardserialnumber", "chassisserial", "chassisserialnumber", "default", "defaultstring",
    "demo", "empty", "error", "filledbyoem", "invalid", "mbserial", "missing", "na", "nil", "none", "noserial",
    "noserialnumber", "notapplicable", "notavailable", "notfound", "notpresent", "notset", "notspecified", "novalue",
    "null", "number", "oem", "oemserial", "pending", "placeholder", "qemu", "serial", "serialnumber", "sn", "string",
    "sysserialnumber", "systemname", "systemproductname", "systemserial", "systemserialnumber", "tbd", "test",
    "undefined", "unknown", "unspecified", "virtual", "virtualbox", "virtualmachine", "vmware",
    // Identifiers that a board maker left at one value for a whole series.
    "00020003000400050006000700080009", "03000200040005000006000700080009",
];

/// Addresses that software gives every machine it runs on.
#[rustfmt::skip]
const SHARED_MACS: &[&str] = &[
    "00059a3c7a00", "00059a3c7800", "00090ffe0001", "00090faa0001", // VPN clients
    "005056c00001", "005056c00008", // a hypervisor's host-only networks
    "204153594eff", "505054503030", // dial-up and tunnel adapters
];

/// Makers of docks, adapters and Bluetooth sticks, by the first six digits of their addresses: what has
/// such an address goes from machine to machine.
#[rustfmt::skip]
const ACCESSORY_MAKERS: &[&str] = &[
    "000ec6", "00133b", "001a7d", "00249b", "0050b6", "00e04c", "3c18a0", "644bf0", "8cae4c", "a0cec8", "f8e43b",
];

/// A serial number as a key: letters and digits, upper case, one spelling for all that a hypervisor has of
/// it; `None` when it is junk.
#[must_use]
pub fn serial_key(serial: &str) -> Option<String> {
    let key = letters(serial);
    if is_junk(&key) || is_rounded(serial, &key) {
        return None;
    }
    Some(one_spelling(key.to_uppercase()))
}

/// Whether a serial number says nothing of any device and is to be written nowhere. A short one may be
/// some small maker's own, so it is no key but may be written.
#[must_use]
pub fn is_placeholder(serial: &str) -> bool {
    let key = letters(serial);
    is_worthless(&key) || is_rounded(serial, &key)
}

/// The serial numbers of a record, as keys: one, or none.
#[must_use]
pub fn serial_keys(record: &Record) -> Vec<String> {
    record.text("serial-number").and_then(serial_key).into_iter().collect()
}

/// The addresses of a record's network cards, as keys.
#[must_use]
pub fn mac_keys(record: &Record) -> Vec<String> {
    record.field("mac-addresses").map(macs).unwrap_or_default()
}

fn macs(value: &Value) -> Vec<String> {
    match value {
        Value::Json(json) => {
            let macs: Vec<String> = serde_json::from_str(json).unwrap_or_default();
            macs.iter().filter_map(|mac| mac_key(mac)).collect()
        }
        Value::Text(text) => text.split([',', ';']).filter_map(mac_key).collect(),
        _ => Vec::new(),
    }
}

/// What a field's value says of an identity, as keys; `None` for a field that names none.
pub(crate) fn identity(kind: Kind, field: &str, value: &Value) -> Option<Vec<String>> {
    let key = |of: fn(&str) -> Option<String>| value.as_text().and_then(of).into_iter().collect();
    match (kind, field) {
        (Kind::Asset, "serial-number") => Some(key(serial_key)),
        (Kind::Asset, "mac-addresses") => Some(macs(value)),
        (Kind::Customer, "number") | (Kind::Product, "code") => Some(key(number_key)),
        _ => None,
    }
}

/// Whether a change makes a record name another machine, customer or product: it has a key before, and none
/// of its keys after.
#[must_use]
pub fn changes_identity(kind: Kind, diff: &FieldDiff) -> bool {
    let keys = |value: &Value| identity(kind, &diff.name, value).unwrap_or_default();
    let before = diff.before.as_ref().map(keys).unwrap_or_default();
    let after = keys(&diff.after);
    !before.is_empty() && !before.iter().any(|key| after.contains(key))
}

/// What a hypervisor calls `VMware-56 4d … -…`, or a UUID whose first three groups one reader turns
/// round: the smaller of the two ways to read its sixteen bytes.
fn one_spelling(key: String) -> String {
    let digits = key.strip_prefix("VMWARE").unwrap_or(&key);
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return key;
    }
    let pair = |at: usize| &digits[2 * at..2 * at + 2];
    let turned: String = [3, 2, 1, 0, 5, 4, 7, 6].into_iter().chain(8..16).map(pair).collect();
    if turned.as_str() < digits { turned } else { digits.to_owned() }
}

/// Whether a number went through a machine's floating point and lost its last digits: written with an
/// exponent, or of more digits than such a number keeps, with zeros for the rest.
fn is_rounded(serial: &str, key: &str) -> bool {
    const KEPT: usize = 17;
    let serial = serial.trim();
    let exponent = serial.contains(['e', 'E']) && serial.contains(['.', '+']) && serial.parse::<f64>().is_ok();
    let zeros = key.len() - key.trim_end_matches('0').len();
    exponent || (key.len() > KEPT + 1 && key.bytes().all(|b| b.is_ascii_digit()) && zeros >= key.len() - KEPT)
}

/// A number in somebody's books as a key. Short ones count; nothing but zeros, and
/// words for "none", do not.
#[must_use]
pub fn number_key(number: &str) -> Option<String> {
    let key = letters(number);
    let junk = key.is_empty() || key.bytes().all(|b| b == b'0') || PLACEHOLDERS.contains(&key.as_str());
    (!junk).then(|| key.to_uppercase())
}

/// A MAC address as a key: twelve hex digits; none when it is malformed, a group
/// address, locally administered (made up by software), an accessory's, or one that many
/// machines share.
#[must_use]
pub fn mac_key(mac: &str) -> Option<String> {
    let key: String = mac.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ')).collect::<String>().to_lowercase();
    let well_formed = key.len() == 12 && key.bytes().all(|b| b.is_ascii_hexdigit());
    let first = key.get(..2).and_then(|octet| u8::from_str_radix(octet, 16).ok())?;
    let made_up = first & 0b11 != 0;
    let accessory = key.get(..6).is_some_and(|maker| ACCESSORY_MAKERS.contains(&maker));
    let junk = all_one_digit(&key) || accessory || SHARED_MACS.contains(&key.as_str());
    (well_formed && !made_up && !junk).then_some(key)
}

/// Letters and digits only, lower case; wide ones as the usual ones, and nothing that cannot be seen.
fn letters(text: &str) -> String {
    let seen = visible(text, LONGEST);
    if seen.is_ascii() {
        let mut letters = seen.into_owned();
        letters.retain(|c| c.is_ascii_alphanumeric());
        letters.make_ascii_lowercase();
        return letters;
    }
    seen.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a value, as [`letters`] leaves it, is no serial number of any one device.
fn is_junk(key: &str) -> bool {
    key.chars().count() < 4 || is_worthless(key)
}

/// The same, whatever its length.
fn is_worthless(key: &str) -> bool {
    all_one_digit(key)
        || is_counting(key)
        || key.starts_with("tobefilled")
        || key.strip_prefix("0x").is_some_and(all_one_digit)
        || PLACEHOLDERS.contains(&key)
}

fn all_one_digit(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| bytes.all(|b| b == first))
}

/// `1234567`, `0123456789`, `1234567890`: digits counting up, as typed by somebody who had to type something.
fn is_counting(key: &str) -> bool {
    key.len() > 3
        && key.bytes().all(|b| b.is_ascii_digit())
        && key.as_bytes().windows(2).all(|pair| pair[1] == pair[0] + 1 || (pair[0], pair[1]) == (b'9', b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_serials_are_no_key() {
        for junk in [
            "To be filled by O.E.M.",
            "To Be Filled By O.E.M. by More String",
            "Default string",
            "System Serial Number",
            "0",
            "00000000",
            "XXXXXXX",
            "N/A",
            "none",
            "Not Specified",
            "123456789",
            "0123456789",
            "1234567890",
            "  ",
            "",
            "-",
            "INVALID",
            "0xFFFFFFFF",
            "Chassis Serial Number",
            "VMware",
            "123",
            "unknown",
            "..............",
        ] {
            assert_eq!(serial_key(junk), None, "{junk}");
        }
    }

    #[test]
    fn a_real_serial_is_a_key_however_it_is_typed() {
        for (serial, key) in [
            ("5CG1234ABC", "5CG1234ABC"),
            (" 5cg-1234 abc ", "5CG1234ABC"),
            ("VMware-56 4d 01 02", "VMWARE564D0102"),
            ("1234567891", "1234567891"),
            ("PF0X1Y2Z", "PF0X1Y2Z"),
        ] {
            assert_eq!(serial_key(serial).as_deref(), Some(key), "{serial}");
        }
    }

    #[test]
    fn one_serial_in_several_spellings_is_one_key() {
        let spellings = [
            "VMware-56 4d 4c bc c6 a9 4f 11-8d 3a 01 02 03 04 05 06",
            "564d4cbc-c6a9-4f11-8d3a-010203040506",
            "BC4C4D56-A9C6-114F-8D3A-010203040506",
        ];
        let keys: Vec<_> = spellings.iter().map(|one| serial_key(one).unwrap()).collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        assert_ne!(serial_key("564d4cbc-c6a9-4f11-8d3a-010203040507"), serial_key(spellings[1]));
        assert_eq!(serial_key("\u{ff15}\u{ff23}\u{ff27}1234").as_deref(), Some("5CG1234"), "wide letters and digits");
        assert_eq!(serial_key("5CG\u{200b}1234").as_deref(), Some("5CG1234"));
        assert_ne!(serial_key("5\u{421}G1234"), serial_key("5CG1234"), "a letter of another script");
    }

    #[test]
    fn a_number_that_lost_its_digits_is_no_key_and_is_not_written() {
        for lost in ["8.93901E+18", "89390101023584780000", "7.3928e+07"] {
            assert!(serial_key(lost).is_none() && is_placeholder(lost), "{lost}");
        }
        for whole in ["89390101023584784351", "100E10", "123456789012345670", "73928E03"] {
            assert!(serial_key(whole).is_some() && !is_placeholder(whole), "{whole}");
        }
        for (serial, junk) in [("Default string", true), ("0", true), ("A12", false), ("123", false), ("", false)] {
            assert_eq!(is_placeholder(serial), junk, "{serial}");
        }
    }

    #[test]
    fn an_identity_changes_when_no_key_of_it_is_left() {
        let diff = |field: &str, before: Option<&str>, after: &str| FieldDiff {
            name: field.to_owned(),
            before: before.map(|text| Value::Text(text.to_owned())),
            after: Value::Text(after.to_owned()),
        };
        let (card, other) = ("00:1b:21:3c:4d:5e", "00:1b:21:3c:4d:5f");
        for (field, before, after, expected) in [
            ("serial-number", Some("PF3XK9Q2"), "CN0ABCDEFG", true),
            ("serial-number", Some("PF3XK9Q2"), "pf3-xk9q2", false),
            ("serial-number", Some("Default string"), "PF3XK9Q2", false),
            ("serial-number", None, "PF3XK9Q2", false),
            ("mac-addresses", Some(card), &format!("{other}; {card}"), false),
            ("mac-addresses", Some(card), other, true),
            ("model", Some("A"), "B", false),
        ] {
            assert_eq!(changes_identity(Kind::Asset, &diff(field, before, after)), expected, "{before:?} {after}");
        }
    }

    #[test]
    fn numbers_may_be_short() {
        assert_eq!(number_key(" c-7 ").as_deref(), Some("C7"));
        assert_eq!(number_key("12345").as_deref(), Some("12345"));
        for junk in ["0", "000", "n/a", "-", ""] {
            assert_eq!(number_key(junk), None, "{junk}");
        }
    }

    #[test]
    fn a_mac_is_a_key_when_it_names_one_card() {
        assert_eq!(mac_key("00-1A-2B-3C-4D-5E").as_deref(), Some("001a2b3c4d5e"));
        assert_eq!(mac_key("001a.2b3c.4d5e").as_deref(), Some("001a2b3c4d5e"));
        for junk in [
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "02:42:ac:11:00:02",
            "01:00:5e:00:00:01",
            "00:50:56:c0:00:08",
            "00:1A:7D:DA:71:0A",
            "00:50:B6:9F:10:22",
            "1a2b",
            "",
            "zz:zz:zz:zz:zz:zz",
            "€€€€",
        ] {
            assert_eq!(mac_key(junk), None, "{junk}");
        }
    }
}
