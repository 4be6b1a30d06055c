//! The help of the command line, and its words on wrong usage, in Italian. English stands in the sources of the command
//! line itself, so there is no English file, and the tests of equal entries are not concerned.

use super::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::langid;

/// Returns a text of the command line's help or of its usage errors. `None` if there is none of that id, and in
/// English.
#[must_use]
pub fn help(id: &str, args: &[(&str, &str)], lang: Lang) -> Option<String> {
    static IT: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| read(include_str!("../it/help.ftl")));
    if lang != Lang::It {
        return None;
    }
    let pattern = IT.get_message(id)?.value()?;
    let args: FluentArgs<'_> = args.iter().map(|(name, text)| (*name, FluentValue::from(*text))).collect();
    let mut errors = Vec::new();
    let text = IT.format_pattern(pattern, Some(&args), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

fn read(file: &str) -> FluentBundle<FluentResource> {
    let mut entries = FluentBundle::new_concurrent(vec![langid!("it")]);
    entries.set_use_isolating(false);
    let resource = match FluentResource::try_new(file.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    entries.add_resource_overriding(resource);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_reads_as_a_whole() {
        let file = include_str!("../it/help.ftl");
        let read = fluent_syntax::parser::parse(file);
        assert!(read.is_ok(), "{:?}", read.map_err(|(_, errors)| errors).err());
        assert_eq!(help("misuse-error", &[("what", "niente")], Lang::It).unwrap(), "errore: niente");
        assert_eq!(help("misuse-error", &[], Lang::It), None, "an argument is missing");
        assert_eq!(help("help", &[], Lang::En), None);
    }
}
