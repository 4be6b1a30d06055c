//! Who may call: forms in both encodings, tokens that look like the vendor's and run out, refresh tokens.
//! Leaves alone: which calls need one (`routes`).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::clock::{TimeStyle, iso};

/// The tokens given out, and until when (unix milliseconds) they hold.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    access: HashMap<String, i64>,
    refresh: HashMap<String, i64>,
    given: u64,
}

impl Tokens {
    /// A new pair, as the reply of a login carries it.
    pub(super) fn give(&mut self, user: &str, life_ms: i64, refresh_life_ms: i64, now: i64) -> Value {
        self.given += 1;
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(json!({"alg": "HS256", "typ": "JWT"}));
        let claims = part(json!({"sub": user, "exp": (now + life_ms) / 1000, "jti": self.given}));
        let access = format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(format!("signature {}", self.given)));
        let refresh = URL_SAFE_NO_PAD.encode(format!("refresh {} {now}", self.given));
        self.access.insert(access.clone(), now + life_ms);
        self.refresh.insert(refresh.clone(), now + refresh_life_ms);
        let time = |ms| iso(ms, TimeStyle::Millis);
        json!({"accessToken": access, "refreshToken": refresh, "accessTokenExpireOn": time(now + life_ms),
               "refreshTokenExpireOn": time(now + refresh_life_ms)})
    }

    /// Whether a token of this `Authorization` header holds.
    pub(super) fn holds(&self, header: &str, now: i64) -> bool {
        let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        token.is_some_and(|(_, token)| self.access.get(token.trim()).is_some_and(|until| now < *until))
    }

    /// Whether a refresh token holds; it is used up by this.
    pub(super) fn take_refresh(&mut self, token: &str, now: i64) -> bool {
        self.refresh.remove(token).is_some_and(|until| now < until)
    }

    /// Lets every access token run out now, and every refresh token too if asked.
    pub(super) fn expire(&mut self, refresh_too: bool) {
        self.access.clear();
        if refresh_too {
            self.refresh.clear();
        }
    }
}

/// The fields of a form, names in lower case; none when the body is no form of either encoding.
pub(super) fn form(content_type: &str, body: &[u8]) -> Option<HashMap<String, String>> {
    let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let text = String::from_utf8_lossy(body);
    match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
            Some(pairs.map(|(name, value)| (decode(name).to_ascii_lowercase(), decode(value))).collect())
        }
        "multipart/form-data" => {
            let boundary = content_type.split("boundary=").nth(1)?.split(';').next()?.trim().trim_matches('"');
            let mut fields = HashMap::new();
            for part in text.split(&format!("--{boundary}")) {
                let Some((head, value)) = part.split_once("\r\n\r\n") else { continue };
                let Some(name) = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()) else { continue };
                fields.insert(name.to_ascii_lowercase(), value.trim_end_matches("\r\n").to_owned());
            }
            Some(fields)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_and_json_is_not() {
        let plain = form(
            "application/x-www-form-urlencoded; charset=utf-8",
            b"GrantType=password&UserName=a%40b&Password=x+y%26",
        );
        let parts = b"--X\r\nContent-Disposition: form-data; name=\"GrantType\"\r\n\r\npassword\r\n--X\r\nContent-Disposition: form-data; name=\"UserName\"\r\n\r\na@b\r\n--X\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nx y&\r\n--X--\r\n";
        let multi = form("multipart/form-data; boundary=X", parts);
        assert_eq!(plain, multi);
        assert_eq!(plain.expect("a form")["password"], "x y&");
        assert_eq!(form("application/json", b"{}"), None);
    }

    #[test]
    fn tokens_run_out() {
        let mut tokens = Tokens::default();
        let given = tokens.give("u", 1000, 5000, 10);
        let header = format!("Bearer {}", given["accessToken"].as_str().expect("a token"));
        assert!(tokens.holds(&header, 1009) && !tokens.holds(&header, 1010) && !tokens.holds("Bearer x", 20));
        let refresh = given["refreshToken"].as_str().expect("a token").to_owned();
        assert!(tokens.take_refresh(&refresh, 20) && !tokens.take_refresh(&refresh, 20), "once");
    }
}
