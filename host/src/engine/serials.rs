//! Serial numbers and MAC addresses as keys, and which of them are junk.
//!
//! Firmware ships with placeholders where a serial number belongs, and drivers bring
//! network cards whose address is the same on every machine. Such a value says nothing
//! about which device it is, so it is no key at all. That a key is *unique* is for
//! `matching` to see; here only single values are judged.

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

/// A serial number as a key: letters and digits, upper case; none when it is junk.
#[must_use]
pub fn serial_key(serial: &str) -> Option<String> {
    let key = letters(serial);
    (!is_junk(&key)).then(|| key.to_uppercase())
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
/// address, locally administered (made up by software), or one that many machines share.
#[must_use]
pub fn mac_key(mac: &str) -> Option<String> {
    let key: String = mac.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ')).collect::<String>().to_lowercase();
    let well_formed = key.len() == 12 && key.bytes().all(|b| b.is_ascii_hexdigit());
    let first = key.get(..2).and_then(|octet| u8::from_str_radix(octet, 16).ok())?;
    let made_up = first & 0b11 != 0;
    let junk = all_one_digit(&key) || SHARED_MACS.contains(&key.as_str());
    (well_formed && !made_up && !junk).then_some(key)
}

/// Letters and digits only, lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a value, as [`letters`] leaves it, is no serial number of any one device.
fn is_junk(key: &str) -> bool {
    key.chars().count() < 4
        || all_one_digit(key)
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
    key.bytes().all(|b| b.is_ascii_digit())
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
            "1a2b",
            "",
            "zz:zz:zz:zz:zz:zz",
            "€€€€",
        ] {
            assert_eq!(mac_key(junk), None, "{junk}");
        }
    }
}
