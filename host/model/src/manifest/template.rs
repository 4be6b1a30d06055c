//! Templates of logins: text with `{secret:NAME}` and `{setting:NAME}`, and, once a login has returned them, `{token}`
//! and `{refresh-token}`.
//!
//! Parsed in one place, so that the check accepts what the login can fill in. It knows no secret; the caller looks the
//! names up.

/// One part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text as it stands.
    Literal(&'t str),
    /// The secret of this name.
    Secret(&'t str),
    /// The setting of this name.
    Setting(&'t str),
    /// The token of the last login.
    Token,
    /// The refresh token of the last login.
    RefreshToken,
}

/// Splits a template into parts.
///
/// # Errors
/// A brace without a known meaning. The sentence says what to write instead.
pub fn parts(template: &str) -> Result<Vec<Part<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let (literal, after) = rest.split_at(open);
        if !literal.is_empty() {
            found.push(Part::Literal(literal));
        }
        let known = after.strip_prefix('{').and_then(|after| after.split_once('}')).and_then(|(inside, after)| {
            let part = match inside.split_once(':') {
                Some(("secret", name)) => Part::Secret(name),
                Some(("setting", name)) => Part::Setting(name),
                None if inside == "token" => Part::Token,
                None if inside == "refresh-token" => Part::RefreshToken,
                _ => return None,
            };
            Some((part, after))
        });
        let Some((part, after)) = known else {
            return Err(format!("`{after}` is not understood: a brace starts {{secret:NAME}} or {{setting:NAME}}"));
        };
        found.push(part);
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Part::Literal(rest));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_text_with_names_in_it() {
        use Part::{Literal, RefreshToken, Secret, Setting, Token};
        for (template, expected) in [
            ("", vec![]),
            ("plain", vec![Literal("plain")]),
            ("Bearer {secret:token}", vec![Literal("Bearer "), Secret("token")]),
            ("{token}/{refresh-token}", vec![Token, Literal("/"), RefreshToken]),
            ("{setting:user}@{setting:site}", vec![Setting("user"), Literal("@"), Setting("site")]),
        ] {
            assert_eq!(parts(template), Ok(expected), "{template}");
        }
        for bad in ["{tokens}", "{token:a}", "{secret:a", "a}", "{other:a}", "{{secret:a}}", "{secret:a}}"] {
            let why = parts(bad).unwrap_err();
            assert!(why.contains("{secret:NAME}"), "{bad}: {why}");
        }
    }
}
