//! `$filter` and `$orderby` as far as the vendor documents them: `eq`, `ne`, `and`, `or`, `not`, parentheses,
//! `contains`, `tolower`, `Collection/any(p: p eq 'x')` and bare booleans.
//!
//! Properties are looked up while parsing, so an unknown one is an error before any row is touched.
//! Leaves alone: where a property's value comes from, which is `list`'s.

use std::borrow::Cow;

/// A filter, its properties as numbers of the collection's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare { property: usize, lower: bool, equal: bool, to: Literal },
    Contains { property: usize, lower: bool, needle: String },
    Any { property: usize, lower: bool, equal: bool, to: Literal },
    Flag(usize),
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Flag(bool),
    Int(i64),
    Text(String),
}

/// What a row has for a property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value<'a> {
    Null,
    Flag(bool),
    Int(i64),
    Text(Cow<'a, str>),
    /// A collection of texts.
    Many(Vec<&'a str>),
}

impl Expr {
    /// Whether a row, asked for its properties, passes.
    pub(super) fn passes<'a>(&self, value: &impl Fn(usize) -> Value<'a>) -> bool {
        match self {
            Expr::And(all) => all.iter().all(|e| e.passes(value)),
            Expr::Or(any) => any.iter().any(|e| e.passes(value)),
            Expr::Not(e) => !e.passes(value),
            Expr::Flag(property) => value(*property) == Value::Flag(true),
            Expr::Compare { property, lower, equal, to } => is(&value(*property), *lower, to) == *equal,
            Expr::Contains { property, lower, needle } => match value(*property) {
                Value::Text(text) if *lower => text.to_lowercase().contains(needle),
                Value::Text(text) => text.contains(needle),
                _ => false,
            },
            Expr::Any { property, lower, equal, to } => match value(*property) {
                Value::Many(texts) => texts.iter().any(|t| is(&Value::Text(Cow::Borrowed(t)), *lower, to) == *equal),
                _ => false,
            },
        }
    }

    /// The value a property must have for any row to pass: `SiteId eq 5 and …` pins `SiteId` to 5.
    pub(super) fn pinned(&self, wanted: usize) -> Option<i64> {
        match self {
            Expr::And(all) => all.iter().find_map(|e| e.pinned(wanted)),
            Expr::Compare { property, equal: true, to: Literal::Int(n), .. } if *property == wanted => Some(*n),
            _ => None,
        }
    }
}

fn is(value: &Value<'_>, lower: bool, to: &Literal) -> bool {
    match (value, to) {
        (Value::Text(a), Literal::Text(b)) if lower => a.to_lowercase() == *b,
        (Value::Text(a), Literal::Text(b)) => a == b,
        (Value::Int(a), Literal::Int(b)) => a == b,
        (Value::Flag(a), Literal::Flag(b)) => a == b,
        (Value::Null, Literal::Null) => true,
        _ => false,
    }
}

/// Reads a filter.
pub(super) fn filter(text: &str, properties: &[&str]) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, properties, variable: None };
    let expr = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(token) => Err(format!("Syntax error in $filter near {token:?}.")),
    }
}

/// Reads an order: properties, and whether each is descending.
pub(super) fn order(text: &str, properties: &[&str]) -> Result<Vec<(usize, bool)>, String> {
    let part = |part: &str| {
        let mut words = part.split_whitespace();
        let name = words.next().ok_or("Syntax error in $orderby.")?;
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => return Err(format!("Syntax error in $orderby near '{word}'.")),
        };
        Ok((property(name, properties)?, descending))
    };
    text.split(',').map(part).collect()
}

fn property(name: &str, properties: &[&str]) -> Result<usize, String> {
    properties.iter().position(|p| *p == name).ok_or_else(|| format!("Could not find a property named '{name}'."))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Int(i64),
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
        } else if c == '\'' {
            chars.next();
            let mut value = String::new();
            loop {
                match chars.next() {
                    Some('\'') if chars.peek() == Some(&'\'') => {
                        chars.next();
                        value.push('\'');
                    }
                    Some('\'') => break,
                    Some(c) => value.push(c),
                    None => return Err("A text in $filter is not closed.".to_owned()),
                }
            }
            out.push(Token::Text(value));
        } else if matches!(c, '(' | ')' | ',' | '/' | ':') {
            chars.next();
            out.push(Token::Sign(c));
        } else {
            let mut word = String::new();
            while let Some(&c) = chars.peek().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                word.push(c);
                chars.next();
            }
            if word.is_empty() {
                return Err(format!("Syntax error in $filter near '{c}'."));
            }
            out.push(word.parse().map_or(Token::Word(word), Token::Int));
        }
    }
    Ok(out)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    properties: &'a [&'a str],
    /// Inside `any(p: …)`: the variable's name and the collection it ranges over.
    variable: Option<(String, usize)>,
}

/// The left side of a comparison.
struct Operand {
    property: usize,
    lower: bool,
    of_variable: bool,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr, String> {
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut all = vec![self.unit()?];
        while self.word("and") {
            all.push(self.unit()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn unit(&mut self) -> Result<Expr, String> {
        if self.word("not") {
            return Ok(Expr::Not(Box::new(self.unit()?)));
        }
        if self.sign('(') {
            let expr = self.or()?;
            self.expect(')')?;
            return Ok(expr);
        }
        if self.word("contains") {
            self.expect('(')?;
            let operand = self.operand()?;
            self.expect(',')?;
            let Literal::Text(needle) = self.literal()? else { return Err("contains() wants a text.".to_owned()) };
            self.expect(')')?;
            return Ok(Expr::Contains { property: operand.property, lower: operand.lower, needle });
        }
        let operand = self.operand()?;
        if self.sign('/') {
            return self.any(operand.property);
        }
        let equal = if self.word("eq") {
            true
        } else if self.word("ne") {
            false
        } else if operand.lower || operand.of_variable {
            return Err("Syntax error in $filter: an operator is missing.".to_owned());
        } else {
            return match self.tokens.get(self.at) {
                Some(Token::Word(word)) if !matches!(word.as_str(), "and" | "or") => {
                    Err(format!("The operator '{word}' is not supported."))
                }
                _ => Ok(Expr::Flag(operand.property)),
            };
        };
        let to = self.literal()?;
        let Operand { property, lower, of_variable } = operand;
        Ok(if of_variable {
            Expr::Any { property, lower, equal, to }
        } else {
            Expr::Compare { property, lower, equal, to }
        })
    }

    /// After `Tags/`: `any(p: p eq 'x')`.
    fn any(&mut self, collection: usize) -> Result<Expr, String> {
        if !self.word("any") {
            return Err("Only any() is supported on collections.".to_owned());
        }
        self.expect('(')?;
        let Some(Token::Word(name)) = self.next() else { return Err("any() wants a variable.".to_owned()) };
        self.expect(':')?;
        self.variable = Some((name, collection));
        let expr = self.or()?;
        self.variable = None;
        self.expect(')')?;
        Ok(expr)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let lower = self.word("tolower");
        if lower {
            self.expect('(')?;
        }
        let Some(Token::Word(name)) = self.next() else {
            return Err("Syntax error in $filter: a property is missing.".to_owned());
        };
        let operand = match &self.variable {
            Some((variable, collection)) if *variable == name => {
                Operand { property: *collection, lower, of_variable: true }
            }
            _ => Operand { property: property(&name, self.properties)?, lower, of_variable: false },
        };
        if lower {
            self.expect(')')?;
        }
        Ok(operand)
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Int(n)) => Ok(Literal::Int(n)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Ok(Literal::Flag(true)),
                "false" => Ok(Literal::Flag(false)),
                "null" => Ok(Literal::Null),
                // A bare GUID is a literal too.
                _ if word.len() == 36 && word.contains('-') => Ok(Literal::Text(word)),
                _ => Err(format!("'{word}' is not a value.")),
            },
            _ => Err("Syntax error in $filter: a value is missing.".to_owned()),
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("Syntax error in $filter: '{sign}' is missing.")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROPERTIES: &[&str] = &["Id", "Name", "Active", "Tags", "Psa"];

    fn passes(text: &str) -> Result<bool, String> {
        let row = |p: usize| match p {
            0 => Value::Int(5),
            1 => Value::Text(Cow::Borrowed("Café O'Neil")),
            2 => Value::Flag(true),
            3 => Value::Many(vec!["vip", "North"]),
            _ => Value::Null,
        };
        filter(text, PROPERTIES).map(|e| e.passes(&row))
    }

    #[test]
    fn filters_mean_what_they_say() {
        for (text, expected) in [
            ("Id eq 5", true),
            ("Id ne 5", false),
            ("Id eq 6 or Name eq 'Café O''Neil'", true),
            ("Id eq 5 and Name eq 'x'", false),
            ("Id eq 6 and Id eq 5 or Active", true),
            ("Id eq 6 and (Id eq 5 or Active)", false),
            ("Active", true),
            ("not Active", false),
            ("Active eq false", false),
            ("Psa eq null", true),
            ("contains(Name,'Neil')", true),
            ("contains(Name, 'neil')", false),
            ("contains(tolower(Name),'café')", true),
            ("tolower(Name) eq 'café o''neil'", true),
            ("Tags/any(p: p eq 'vip')", true),
            ("Tags/any(t: tolower(t) eq 'north')", true),
            ("Tags/any(p: p eq 'North pole')", false),
        ] {
            assert_eq!(passes(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_in_the_grammar_is_refused() {
        for text in [
            "Nope eq 1",
            "id eq 5",
            "Id gt 4",
            "Id eq",
            "Name eq 'x",
            "(Id eq 5",
            "Id eq 5 Id eq 6",
            "startswith(Name,'x')",
            "",
        ] {
            assert!(passes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_filter_pins_what_every_row_must_have() {
        let pinned = |text: &str| filter(text, PROPERTIES).ok().and_then(|e| e.pinned(0));
        assert_eq!(pinned("Id eq 5"), Some(5));
        assert_eq!(pinned("Active and Id eq 5"), Some(5));
        assert_eq!(pinned("Active or Id eq 5"), None);
        assert_eq!(pinned("Id ne 5"), None);
    }

    #[test]
    fn orders_read() {
        assert_eq!(order("Id", PROPERTIES), Ok(vec![(0, false)]));
        assert_eq!(order("Name desc, Id asc", PROPERTIES), Ok(vec![(1, true), (0, false)]));
        assert!(order("Size", PROPERTIES).is_err());
        assert!(order("Id sideways", PROPERTIES).is_err());
    }
}
