//! Small argument formats: `name=value`, buckets, rules, brakes. Pure.

use crosswalk_model::connection::BucketOverride;
use crosswalk_model::manifest::{SettingSpec, SettingType};
use crosswalk_model::{FieldRule, Kind, SyncRules};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `name=value`.
pub(super) type Pair = (String, String);

/// Parses `name=value`; the value may hold further `=`.
pub(super) fn pair(text: &str) -> Result<Pair, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not of the form NAME=VALUE")),
    }
}

/// `name=CALLS[,at-once=N]`, or `name=at-once=N`; `unlimited` removes a limit.
pub(super) fn bucket(text: &str) -> Result<(String, BucketOverride), String> {
    let (name, numbers) = pair(text)?;
    let mut bucket = BucketOverride::default();
    for part in numbers.split(',') {
        let (place, number) = match part.trim().split_once('=') {
            None => (&mut bucket.calls, part.trim()),
            Some(("at-once", number)) => (&mut bucket.at_once, number.trim()),
            Some((other, _)) => {
                return Err(format!("`{other}` is not a limit of a bucket: write NAME=CALLS[,at-once=N]"));
            }
        };
        let number = match number {
            "unlimited" => 0,
            number => number
                .parse()
                .map_err(|_| format!("`{number}` is not a number of calls: write a whole number, or `unlimited`"))?,
        };
        if place.replace(number).is_some() {
            return Err(format!("`{text}` names the same limit twice"));
        }
    }
    Ok((name, bucket))
}

/// A rule for a field of a kind, or for all fields without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleArg {
    pub(super) kind: Kind,
    /// `None` means all fields without their own rule, and the name.
    pub(super) field: Option<String>,
    pub(super) rule: FieldRule,
}

/// `kind.field=rule`; the field `*` means all others.
pub(super) fn rule(text: &str) -> Result<RuleArg, String> {
    let (place, rule) = pair(text)?;
    let (kind, field) = place
        .split_once('.')
        .filter(|(_, field)| !field.is_empty())
        .ok_or_else(|| format!("`{place}` is not of the form KIND.FIELD (or KIND.* for all other fields)"))?;
    Ok(RuleArg { kind: kind.parse()?, field: (field != "*").then(|| field.to_owned()), rule: word(&rule)? })
}

/// A value for one kind, or for the whole sync.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ForKind<T> {
    pub(super) kind: Option<Kind>,
    pub(super) value: T,
}

impl<T> ForKind<T> {
    pub(super) fn applies(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|only| only == kind)
    }
}

/// `[KIND=]word`.
pub(super) fn kind_word<T: DeserializeOwned>(text: &str) -> Result<ForKind<T>, String> {
    for_kind(text, word)
}

/// `[KIND=]score`, from 0 to 1, or `none`.
pub(super) fn kind_score(text: &str) -> Result<ForKind<Option<f64>>, String> {
    for_kind(text, |text| if text == "none" { Ok(None) } else { score(text).map(Some) })
}

/// A score from 0 to 1.
pub(super) fn score(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|score| (0.0..=1.0).contains(score))
        .ok_or_else(|| format!("`{text}` is not a score: write a number from 0 to 1, such as 0.9"))
}

/// `on` or `off`.
pub(super) fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("`{other}` is neither `on` nor `off`")),
    }
}

/// A date.
pub(super) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is not a date: write it as 2026-01-31"))
}

fn for_kind<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<ForKind<T>, String> {
    match text.split_once('=') {
        None => Ok(ForKind { kind: None, value: parse(text)? }),
        Some((kind, value)) => Ok(ForKind { kind: Some(kind.parse()?), value: parse(value)? }),
    }
}

/// One of an enum's words, in the model's spelling.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|error| error.to_string())
}

/// `LIMIT=NUMBER`, a brake's limit.
pub(super) fn brake(text: &str) -> Result<(BrakeName, u32), String> {
    let (name, number) = pair(text)?;
    let number = number.parse().map_err(|_| format!("`{number}` is not a whole number"))?;
    Ok((word(&name)?, number))
}

/// The numeric limits of brakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BrakeName {
    DeactivatePercent,
    DeactivateLeast,
    UpdatePercent,
    UpdateLeast,
    CreatePercent,
    CreateLeast,
    IdentityPercent,
    IdentityLeast,
    SyncDeactivatePercent,
    SyncDeactivateLeast,
    SyncCreatePercent,
    SyncCreateLeast,
    SyncIdentityPercent,
    SyncIdentityLeast,
    SyncQuantityPercent,
    SyncQuantityLeast,
    QuantityPercent,
    QuantityLeast,
}

impl BrakeName {
    pub(super) fn set(self, rules: &mut SyncRules, number: u32) {
        let SyncRules { brakes, usage, .. } = rules;
        *match self {
            BrakeName::DeactivatePercent => &mut brakes.deactivate_percent,
            BrakeName::DeactivateLeast => &mut brakes.deactivate_least,
            BrakeName::UpdatePercent => &mut brakes.update_percent,
            BrakeName::UpdateLeast => &mut brakes.update_least,
            BrakeName::CreatePercent => &mut brakes.create_percent,
            BrakeName::CreateLeast => &mut brakes.create_least,
            BrakeName::IdentityPercent => &mut brakes.identity_percent,
            BrakeName::IdentityLeast => &mut brakes.identity_least,
            BrakeName::SyncDeactivatePercent => &mut brakes.sync_deactivate_percent,
            BrakeName::SyncDeactivateLeast => &mut brakes.sync_deactivate_least,
            BrakeName::SyncCreatePercent => &mut brakes.sync_create_percent,
            BrakeName::SyncCreateLeast => &mut brakes.sync_create_least,
            BrakeName::SyncIdentityPercent => &mut brakes.sync_identity_percent,
            BrakeName::SyncIdentityLeast => &mut brakes.sync_identity_least,
            BrakeName::SyncQuantityPercent => &mut brakes.sync_quantity_percent,
            BrakeName::SyncQuantityLeast => &mut brakes.sync_quantity_least,
            BrakeName::QuantityPercent => &mut usage.quantity_percent,
            BrakeName::QuantityLeast => &mut usage.quantity_least,
        } = number;
    }
}

/// Converts a setting's text to the type in the manifest. Text that does not fit is kept: the
/// engine then reports all invalid settings at once.
pub(super) fn setting(spec: Option<&SettingSpec>, text: &str) -> Value {
    let typed = match spec.map(|spec| spec.type_) {
        Some(SettingType::Integer) => text.trim().parse().ok().map(|number: i64| Value::from(number)),
        Some(SettingType::Boolean) => match text.trim() {
            "true" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        Some(SettingType::Text) | None => None,
    };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::Trust;
    use serde_json::json;

    #[test]
    fn a_pair_ends_at_its_first_equals_sign() {
        assert_eq!(pair("url=http://h/?a=b").unwrap(), ("url".to_owned(), "http://h/?a=b".to_owned()));
        assert_eq!(pair("empty=").unwrap(), ("empty".to_owned(), String::new()));
        for bad in ["", "name", "=value", " =value"] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bucket_has_calls_and_calls_at_once() {
        let limits = |calls, at_once| BucketOverride { calls, at_once };
        for (text, expected) in [
            ("hour=100", limits(Some(100), None)),
            ("hour=100,at-once=3", limits(Some(100), Some(3))),
            ("hour=at-once=3", limits(None, Some(3))),
            ("hour=unlimited,at-once=unlimited", limits(Some(0), Some(0))),
        ] {
            assert_eq!(bucket(text).unwrap(), ("hour".to_owned(), expected), "{text}");
        }
        for bad in ["hour", "hour=", "hour=-1", "hour=1,2", "hour=1,per-minute=2", "hour=1,at-once=x"] {
            assert!(bucket(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_names_a_kind_a_field_and_a_word() {
        let parsed = rule("asset.last-user=seed-once").unwrap();
        assert_eq!(
            parsed,
            RuleArg { kind: Kind::Asset, field: Some("last-user".to_owned()), rule: FieldRule::SeedOnce }
        );
        assert_eq!(rule("customer.*=target-wins").unwrap().field, None);
        for bad in ["asset=ignore", "asset.=ignore", "printer.name=ignore", "asset.name=always", "asset.name"] {
            assert!(rule(bad).is_err(), "{bad}");
        }
        let error = rule("asset.name=always").unwrap_err();
        assert!(error.contains("source-wins"), "the words there are: {error}");
    }

    #[test]
    fn a_word_holds_for_all_kinds_or_for_one() {
        let all: ForKind<Trust> = kind_word("automatic").unwrap();
        assert!(all.applies(Kind::Asset) && all.applies(Kind::Customer));
        let one: ForKind<Trust> = kind_word("asset=automatic").unwrap();
        assert!(one.applies(Kind::Asset) && !one.applies(Kind::Customer));
        assert!(kind_word::<Trust>("always").is_err());
        assert_eq!(kind_score("customer=0.9").unwrap(), ForKind { kind: Some(Kind::Customer), value: Some(0.9) });
        assert_eq!(kind_score("none").unwrap().value, None);
        for bad in ["1.1", "-0.1", "high", "NaN"] {
            assert!(score(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_brake_is_set_by_its_name() {
        let mut rules = SyncRules::default();
        for text in ["update-percent=50", "quantity-least=7", "sync-create-least=9", "identity-percent=4"] {
            let (name, number) = brake(text).unwrap();
            name.set(&mut rules, number);
        }
        assert_eq!((rules.brakes.update_percent, rules.usage.quantity_least), (50, 7));
        assert_eq!((rules.brakes.sync_create_least, rules.brakes.identity_percent), (9, 4));
        assert!(brake("speed=50").is_err() && brake("update-percent=half").is_err());
    }

    #[test]
    fn a_setting_takes_the_type_of_the_manifest() {
        let spec = |type_| SettingSpec {
            type_,
            title: String::new(),
            help: String::new(),
            required: false,
            default: None,
            choices: None,
            min: None,
            max: None,
        };
        for (type_, text, expected) in [
            (SettingType::Integer, "12", json!(12)),
            (SettingType::Integer, "twelve", json!("twelve")),
            (SettingType::Boolean, "yes", json!(true)),
            (SettingType::Boolean, "maybe", json!("maybe")),
            (SettingType::Text, "12", json!("12")),
        ] {
            assert_eq!(setting(Some(&spec(type_)), text), expected, "{type_:?} {text}");
        }
        assert_eq!(setting(None, "x"), json!("x"));
    }
}
