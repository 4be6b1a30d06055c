//! Checks an operator's settings against the manifest. Pure.

use super::problem::Problems;
use crosswalk_model::Manifest;
use crosswalk_model::manifest::{Choices, SettingSpec, SettingType};
use serde_json::Value;
use std::collections::BTreeMap;

/// Checks the settings of a connection and fills in the defaults.
///
/// # Errors
/// All problems, ordered by name.
pub fn check_settings(
    manifest: &Manifest,
    given: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, Problems> {
    let mut settings = BTreeMap::new();
    let mut problems = Problems::of("setting");
    for name in given.keys().filter(|name| !manifest.settings.contains_key(*name)) {
        let known: Vec<&str> = manifest.settings.keys().map(String::as_str).collect();
        let known = if known.is_empty() {
            "this plugin has none".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        problems.add(name, format!("is not one of this plugin's settings; {known}"));
    }
    for (name, spec) in &manifest.settings {
        match given.get(name).filter(|value| !value.is_null()).or(spec.default.as_ref()) {
            None if spec.required => problems.add(name, format!("is missing: {}", spec.title)),
            None => {}
            Some(value) => match check_one(spec, value) {
                Ok(()) => {
                    settings.insert(name.clone(), value.clone());
                }
                Err(why) => problems.add(name, why),
            },
        }
    }
    problems.or(settings)
}

fn check_one(spec: &SettingSpec, value: &Value) -> Result<(), String> {
    match (spec.type_, value) {
        (SettingType::Boolean, Value::Bool(_)) => Ok(()),
        (SettingType::Boolean, other) => Err(format!("is {other}, but must be yes or no: write true or false")),
        (SettingType::Integer, Value::Number(number)) => {
            let number = number.as_i64().ok_or_else(|| format!("is {number}, but must be a whole number"))?;
            match (spec.min, spec.max) {
                (Some(min), _) if number < min => Err(format!("is {number}, but must be at least {min}")),
                (_, Some(max)) if number > max => Err(format!("is {number}, but must be at most {max}")),
                _ => Ok(()),
            }
        }
        (SettingType::Integer, other) => Err(format!("is {other}, but must be a whole number")),
        (SettingType::Text, Value::String(text)) => match &spec.choices {
            Some(Choices::Fixed(choices)) if !choices.contains(text) => {
                Err(format!("is `{text}`, but must be one of: {}", choices.join(", ")))
            }
            _ if spec.required && text.trim().is_empty() => Err("is empty, but it is required".to_owned()),
            _ => Ok(()),
        },
        (SettingType::Text, other) => Err(format!("is {other}, but must be text: put it in quotes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest() -> Manifest {
        Manifest::parse(
            r#"
            id = "x"
            version = "1.0.0"
            contract = "0.2.0"
            title = "X"
            [settings.zone]
            type = "text"
            title = "Zone"
            choices = ["eu", "us"]
            default = "eu"
            [settings.page]
            type = "integer"
            title = "Page size"
            min = 1
            max = 500
            [settings.queue]
            type = "text"
            title = "Queue"
            required = true
            choices = "connector"
            [settings.all]
            type = "boolean"
            title = "All"
            "#,
        )
        .unwrap()
    }

    fn check(given: serde_json::Value) -> Result<serde_json::Value, Vec<String>> {
        let given: BTreeMap<String, Value> = serde_json::from_value(given).unwrap();
        check_settings(&manifest(), &given)
            .map(|settings| json!(settings))
            .map_err(|problems| problems.sentences().to_vec())
    }

    #[test]
    fn defaults_are_filled_in_and_nothing_is_invented() {
        assert_eq!(check(json!({"queue": "8"})), Ok(json!({"zone": "eu", "queue": "8"})));
        assert_eq!(
            check(json!({"queue": "8", "zone": "us", "page": 500, "all": false})),
            Ok(json!({"queue": "8", "zone": "us", "page": 500, "all": false}))
        );
    }

    #[test]
    fn every_problem_is_told_with_what_to_write() {
        let problems = check(json!({"zone": "mars", "page": 501, "all": "yes", "color": 1})).unwrap_err();
        assert_eq!(
            problems,
            [
                "setting `color` is not one of this plugin's settings; there are: all, page, queue, zone",
                "setting `all` is \"yes\", but must be yes or no: write true or false",
                "setting `page` is 501, but must be at most 500",
                "setting `queue` is missing: Queue",
                "setting `zone` is `mars`, but must be one of: eu, us",
            ]
        );
        for wrong in [json!(1.5), json!("7"), json!(0), json!([])] {
            assert!(check(json!({"queue": "8", "page": wrong})).is_err(), "{wrong}");
        }
        assert!(check(json!({"queue": "  "})).is_err());
        assert!(check(json!({"queue": 8})).is_err());
    }
}
