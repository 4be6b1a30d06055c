//! Fills in the templates of a login from the connection's secrets and settings and from an earlier
//! login's token. Error messages contain no values.

use super::encoding::sensitive;
use super::token::Token;
use base64::Engine as _;
use crosswalk_model::Secret;
use crosswalk_model::manifest::template::{self, Part};
use crosswalk_model::manifest::{Auth, TokenBody};
use reqwest::header::HeaderValue;
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Errors that prevent credentials from being made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthProblem {
    /// A template names an absent secret or setting.
    #[error("the manifest's login needs {0}, which this connection does not have")]
    Missing(String),
    /// A template is malformed.
    #[error("the manifest's login has a template that is none: {0}")]
    Template(String),
    /// The result is not a valid header.
    #[error("the login header `{0}` has a name or value that cannot be sent; check the secret for line breaks")]
    Header(String),
    /// RFC 7617 forbids it.
    #[error("the user name of the login has a `:` in it, which basic authentication cannot carry")]
    ColonInUser,
}

/// The values that templates refer to.
#[derive(Clone)]
pub(super) struct Fill {
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) settings: BTreeMap<String, Value>,
}

impl Fill {
    /// Fills in a text.
    pub(super) fn text(&self, template: &str, token: Option<&Token>) -> Result<String, AuthProblem> {
        let missing = |what: String| AuthProblem::Missing(what);
        let mut filled = String::new();
        for part in template::parts(template).map_err(AuthProblem::Template)? {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Secret(name) => {
                    let secret = self.secrets.get(name).ok_or_else(|| missing(format!("secret `{name}`")))?;
                    filled.push_str(secret.expose());
                }
                Part::Setting(name) => match self.settings.get(name) {
                    None => return Err(missing(format!("setting `{name}`"))),
                    Some(Value::String(text)) => filled.push_str(text),
                    Some(other) => filled.push_str(&other.to_string()),
                },
                Part::Token => {
                    let token = token.ok_or_else(|| missing("a token".to_owned()))?;
                    filled.push_str(token.value.expose());
                }
                Part::RefreshToken => {
                    let refresh = token.and_then(|token| token.refresh.as_ref());
                    filled.push_str(refresh.ok_or_else(|| missing("a refresh token".to_owned()))?.expose());
                }
            }
        }
        Ok(filled)
    }

    /// User and password as basic authentication joins them: a password too short to search for is
    /// still found in that form.
    pub(super) fn together(&self, auth: Option<&Auth>) -> Option<Secret> {
        let Some(Auth::Basic { user, password }) = auth else { return None };
        let (user, password) = (self.text(user, None).ok()?, self.text(password, None).ok()?);
        Some(Secret::new(format!("{user}:{password}")))
    }

    /// Fills in a body; returns its content type and text.
    pub(super) fn body(&self, body: &TokenBody, token: Option<&Token>) -> Result<(&'static str, String), AuthProblem> {
        match body {
            TokenBody::Form(form) => {
                let mut encoded = form_urlencoded::Serializer::new(String::new());
                for (name, template) in form {
                    encoded.append_pair(name, &self.text(template, token)?);
                }
                Ok(("application/x-www-form-urlencoded", encoded.finish()))
            }
            TokenBody::Json(json) => Ok(("application/json", self.json(json, token)?.to_string())),
        }
    }

    fn json(&self, json: &Value, token: Option<&Token>) -> Result<Value, AuthProblem> {
        Ok(match json {
            Value::String(template) => Value::String(self.text(template, token)?),
            Value::Array(list) => list.iter().map(|one| self.json(one, token)).collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let filled = map.iter().map(|(name, one)| Ok((name.clone(), self.json(one, token)?)));
                Value::Object(filled.collect::<Result<_, AuthProblem>>()?)
            }
            plain => plain.clone(),
        })
    }
}

/// The value of a Basic header (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> Result<HeaderValue, AuthProblem> {
    if user.contains(':') {
        return Err(AuthProblem::ColonInUser);
    }
    let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    sensitive(&format!("Basic {token}")).ok_or_else(|| AuthProblem::Header("authorization".to_owned()))
}
