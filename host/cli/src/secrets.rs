//! Sources of secrets: a prompt without echo, a file, or the environment. Never the arguments,
//! which every process on the machine can read.

use super::exit::CliError;
use super::files::unusable;
use super::parse::{Pair, pair};
use super::session::Session;
use super::terminal::{self, can_ask};
use crosswalk_model::{Manifest, Secret, said};
use crosswalk_say::Lang;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Largest secret in bytes: a private key fits; a file named by mistake does not.
const MAX_BYTES: u64 = 64 * 1024;

/// Secrets by their names in the manifest.
#[derive(Debug, clap::Args)]
pub(super) struct SecretArgs {
    /// Take a secret from a file (a line end at its end is left out)
    #[arg(long = "secret-file", value_name = "NAME=FILE", value_parser = pair)]
    files: Vec<Pair>,
    /// Take a secret from an environment variable
    #[arg(long = "secret-env", value_name = "NAME=VARIABLE", value_parser = pair)]
    variables: Vec<Pair>,
    /// Ask for a secret without echo
    #[arg(long = "secret", value_name = "NAME", value_parser = name_only)]
    asked: Vec<String>,
}

impl SecretArgs {
    /// Collects the named secrets; `missing` names those to prompt for on a terminal.
    pub(super) fn collect_secrets(
        &self,
        session: &Session<'_>,
        manifest: &Manifest,
        ask_required: bool,
    ) -> anyhow::Result<BTreeMap<String, Secret>> {
        let mut secrets = BTreeMap::new();
        let mut put = |name: &str, text: String| match secrets.insert(name.to_owned(), Secret::new(text)) {
            None => Ok(()),
            Some(_) => Err(CliError::usage(said!("desk-cli-secret-twice", name), said!("desk-cli-secret-once"))),
        };
        for (name, path) in &self.files {
            put(name, from_file(path)?)?;
        }
        for (name, variable) in &self.variables {
            let text = session.environment(variable).ok_or_else(|| {
                CliError::usage(
                    said!("desk-cli-variable-unset", variable),
                    said!("desk-cli-variable-holds", name = name.as_str()),
                )
            })?;
            put(name, text)?;
        }
        for name in &self.asked {
            put(name, from_person(manifest, name, session.output.lang())?)?;
        }
        if ask_required && can_ask() {
            let missing: Vec<&String> = manifest
                .secrets
                .iter()
                .filter(|(name, spec)| spec.required && !secrets.contains_key(*name))
                .map(|(name, _)| name)
                .collect();
            for name in missing {
                let text = from_person(manifest, name, session.output.lang())?;
                secrets.insert(name.clone(), Secret::new(text));
            }
        }
        Ok(secrets)
    }
}

/// A name without a value. `name=value` is refused: a value there would be the secret itself.
fn name_only(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) => Err(format!(
            "every process can read this argument, so it must not hold a secret: `--secret {name}` prompts for it"
        )),
        None => Ok(text.to_owned()),
    }
}

fn from_file(path: &str) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).map_err(|source| unusable(Path::new(path), source))?;
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
    read.map_err(|source| unusable(Path::new(path), source))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(CliError::usage(said!("desk-cli-secret-file-empty", path), said!("desk-cli-secret-write")));
    }
    if text.len() as u64 > MAX_BYTES {
        return Err(CliError::usage(
            said!("desk-cli-secret-file-large", path, most = MAX_BYTES),
            said!("desk-cli-secret-file-check"),
        ));
    }
    Ok(secret.to_owned())
}

fn from_person(manifest: &Manifest, name: &str, lang: Lang) -> anyhow::Result<String> {
    if !can_ask() {
        return Err(CliError::usage(said!("desk-cli-secret-nobody", name), said!("desk-cli-secret-otherwise", name)));
    }
    let (title, help) = manifest.secrets.get(name).map_or(("", ""), |spec| (&*spec.title, &*spec.help));
    let text = terminal::secret(manifest.id.as_str(), name, title, help, lang)?;
    if text.is_empty() {
        return Err(CliError::usage(said!("desk-cli-secret-empty", name), said!("desk-cli-secret-type")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_text_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            from_file(path.to_str().unwrap())
        };
        assert_eq!(read("s3cret \r\n").unwrap(), "s3cret ");
        assert_eq!(read("two\nlines\n").unwrap(), "two\nlines");
        assert!(read("\n").is_err());
        let error = read(&"x".repeat(70_000)).unwrap_err();
        assert!(!format!("{error:?}").contains("xxx"));
        assert!(from_file("/no/such/file").is_err());
    }
}
