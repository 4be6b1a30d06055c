//! Enums whose variants each have one word: for people, the database, files and arguments.

/// Declares an enum with a word per variant, from which follow the list of all, the word, parsing and serialisation.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $what:literal $name:ident {
            $($(#[$note:meta])+ $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$note])+ $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant,)+];

            /// The word for people and the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                $name::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| {
                    let all = $name::ALL.map($name::as_str);
                    format!("`{text}` is not {}: use one of {}", $what, all.join(", "))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::{Brake, Decider, Event, Hold, Step};

    #[test]
    fn each_word_reads_back_and_those_of_earlier_versions_too() {
        for decider in Decider::ALL {
            assert_eq!(Decider::read(decider.as_str()), Some(decider));
            assert_eq!(
                serde_json::from_value::<Step>(serde_json::json!({ "link": decider })).unwrap(),
                Step::Link(decider)
            );
        }
        for event in Event::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
        }
        for brake in Brake::ALL {
            assert_eq!(serde_json::from_value::<Brake>(brake.as_str().into()).unwrap(), brake);
        }
        assert_eq!((Decider::read(""), Decider::read("phase of the moon")), (None, Some(Decider::Other)));
        let step: Step = serde_json::from_value(serde_json::json!({ "link": "phase of the moon" })).unwrap();
        assert_eq!(step, Step::Link(Decider::Other));
        let held = Hold::read("contract+moved", "many".to_owned());
        assert_eq!((held.brakes.as_slice(), held.can_release()), (&[Brake::Preview][..], false));
        assert_eq!(Hold::read("zero+moved", String::new()).words(), "zero+moved");
        assert!("none".parse::<Brake>().unwrap_err().starts_with("`none` is not a brake: use one of creates, dates, "));
    }
}
