//! How near two company names are, and finding the near ones among thousands.
//!
//! A score is half the likeness of the spelling (Jaro–Winkler) and half the share of words in common, weighted by how
//! rare a word is on the target's side: `dental` says little where every third account is a dentist. Words with numbers
//! must agree, and two names that each have a word of their own (`Contoso Legal`, `Contoso Dental`) are two. Comparing
//! everything with everything would be 25 million scores for 5,000 customers; an index of trigrams leaves the few dozen
//! that can be near at all. The rare trigrams of a name are looked up first, and no more than a bounded number of
//! places: what thousands of names have in common distinguishes none of them, so work grows with the number of names
//! and not with its square.

use crate::rules::names::Company;
use crosswalk_model::{Said, said};
use std::collections::{HashMap, HashSet};

/// From here on two names are near enough to ask a person.
pub(super) const NEAR: f64 = 0.8;
/// How near two names can be that say different things: other numbers, or each a word of its own.
const SAYS_OTHERWISE: f64 = 0.7;
/// Shorter words (`and`, `di`, `the`) tell no two names apart.
const MEANS_SOMETHING: usize = 4;
/// Equal but for two different legal forms: likely two companies of one group.
const OTHER_FORM: f64 = 0.9;
/// From this likeness on two words count as one, misspelt.
const SAME_WORD: f64 = 0.85;
/// The most names that are scored for one name, those with most trigrams in common.
const SCORED: usize = 64;
/// The most places that are looked up for one name.
const LOOKED_UP: usize = 4096;
/// The most words of a name that are compared.
const WORDS: usize = 16;

/// The names of one side, prepared for many questions.
pub(crate) struct NameIndex {
    names: Vec<Company>,
    /// Per name its trigrams, by their numbers, in order.
    trigrams: Vec<Box<[u32]>>,
    numbered: HashMap<[char; 3], u32>,
    /// Per trigram the names that have it.
    places: Vec<Vec<u32>>,
    /// Equal names.
    equal: HashMap<String, Vec<u32>>,
    weights: HashMap<String, f64>,
}

impl NameIndex {
    /// Prepares names; answers name them by their place.
    pub(crate) fn new(names: Vec<Company>) -> Self {
        let mut numbered: HashMap<[char; 3], u32> = HashMap::new();
        let mut places: Vec<Vec<u32>> = Vec::new();
        let mut equal: HashMap<String, Vec<u32>> = HashMap::new();
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut trigrams = Vec::with_capacity(names.len());
        for (at, name) in (0_u32..).zip(&names) {
            let mut own: Vec<u32> = Vec::new();
            for trigram in trigrams_of(&name.core) {
                let number = *numbered.entry(trigram).or_insert_with(|| {
                    places.push(Vec::new());
                    u32::try_from(places.len() - 1).unwrap_or(u32::MAX)
                });
                places[number as usize].push(at);
                own.push(number);
            }
            own.sort_unstable();
            trigrams.push(own.into_boxed_slice());
            equal.entry(name.core.clone()).or_default().push(at);
            for word in name.core.split(' ').collect::<HashSet<_>>() {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
        let all = names.len() as f64;
        let weights = counts.into_iter().map(|(word, count)| (word, (1.0 + all / f64::from(count)).ln())).collect();
        Self { names, trigrams, numbered, places, equal, weights }
    }

    /// The places of the names at least [`NEAR`], with score and reason, in no order: at most [`SCORED`] of
    /// those that are equal, and as many of the others.
    pub(crate) fn near(&self, name: &Company) -> Vec<(usize, f64, Said)> {
        if name.core.is_empty() {
            return Vec::new();
        }
        let equal = self.equal.get(&name.core).map_or(&[][..], Vec::as_slice);
        let equal = equal.iter().take(SCORED).map(|at| *at as usize);
        equal
            .chain(self.likely(name))
            .map(|at| {
                let (score, reason) = self.score(name, &self.names[at]);
                (at, score, reason)
            })
            .filter(|(_, score, _)| *score >= NEAR)
            .collect()
    }

    /// The places of the other names that may be near, those with most trigrams in common.
    fn likely(&self, name: &Company) -> Vec<usize> {
        let all = trigrams_of(&name.core);
        let mut own: Vec<u32> = all.iter().filter_map(|trigram| self.numbered.get(trigram)).copied().collect();
        own.sort_unstable_by_key(|number| (self.places[*number as usize].len(), *number));
        let (mut touched, mut left) = (Vec::new(), LOOKED_UP);
        for number in &own {
            let places = &self.places[*number as usize];
            if places.len() > left {
                break;
            }
            left -= places.len();
            touched.extend_from_slice(places);
        }
        touched.sort_unstable();
        touched.dedup();
        own.sort_unstable();
        let words: Vec<&str> = name.core.split(' ').collect();
        let numbers = numbers(&words);
        let mut likely: Vec<(usize, usize)> = touched
            .into_iter()
            .map(|at| (in_common(&own, &self.trigrams[at as usize]), at as usize))
            .filter(|(count, at)| {
                let other = &self.names[*at];
                3 * count >= all.len().min(self.trigrams[*at].len())
                    && other.core != name.core
                    && has_numbers(&other.core, &numbers)
            })
            .collect();
        likely.sort_unstable_by(|a, b| {
            let dice = |(count, at): &(usize, usize)| *count as f64 / (all.len() + self.trigrams[*at].len()) as f64;
            dice(b).total_cmp(&dice(a)).then_with(|| (&self.names[a.1], a.1).cmp(&(&self.names[b.1], b.1)))
        });
        likely.into_iter().take(SCORED).map(|(_, at)| at).collect()
    }

    /// How near two names are, 0 to 1, and why.
    pub(super) fn score(&self, a: &Company, b: &Company) -> (f64, Said) {
        if a.core == b.core {
            return if a.form == b.form {
                (1.0, said!("match-same-name"))
            } else if a.form.is_empty() || b.form.is_empty() {
                (0.98, said!("match-same-name-but-form"))
            } else {
                (OTHER_FORM, said!("match-same-name-other-form", one = a.form.as_str(), other = b.form.as_str()))
            };
        }
        let words_a: Vec<&str> = a.core.split(' ').take(WORDS).collect();
        let words_b: Vec<&str> = b.core.split(' ').take(WORDS).collect();
        let (common, both_differ) = self.words_in_common(&words_a, &words_b);
        let mut score = f64::midpoint(strsim::jaro_winkler(&a.core, &b.core), common);
        let begins = words_a.starts_with(&words_b) || words_b.starts_with(&words_a);
        let reason = if begins {
            score = score.max(NEAR);
            said!("match-name-begins")
        } else {
            said!("match-similar-name")
        };
        if both_differ || numbers(&words_a) != numbers(&words_b) {
            score = score.min(SAYS_OTHERWISE);
        }
        (score.min(0.99), reason)
    }

    /// The weight of the words both have, over that of all, where misspelt words count in
    /// part; and whether each side has a word of its own that means something.
    fn words_in_common(&self, a: &[&str], b: &[&str]) -> (f64, bool) {
        let (mut best_a, mut best_b) = (vec![0.0_f64; a.len()], vec![0.0_f64; b.len()]);
        for (one, best_one) in a.iter().zip(&mut best_a) {
            for (other, best_other) in b.iter().zip(&mut best_b) {
                let likeness = if one == other { 1.0 } else { strsim::jaro_winkler(one, other) };
                if likeness >= SAME_WORD {
                    *best_one = best_one.max(likeness);
                    *best_other = best_other.max(likeness);
                }
            }
        }
        let (mut common, mut all) = (0.0, 0.0);
        let mut differs = [false; 2];
        for (side, words, best) in [(0, a, best_a), (1, b, best_b)] {
            for (word, likeness) in words.iter().zip(best) {
                let weight = self.weight(word);
                common += weight * likeness;
                all += weight;
                differs[side] |= likeness == 0.0 && word.chars().count() >= MEANS_SOMETHING;
            }
        }
        (common / all, differs == [true, true])
    }

    /// A word that the index does not know is as rare as can be; a short one says little.
    fn weight(&self, word: &str) -> f64 {
        let rarity = self.weights.get(word).copied();
        let rarity = rarity.unwrap_or_else(|| (1.0 + self.names.len().max(1) as f64).ln());
        if word.chars().count() < MEANS_SOMETHING { rarity / 4.0 } else { rarity }
    }
}

fn numbers<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut numbers: Vec<&str> =
        words.iter().copied().filter(|word| word.chars().any(|c| c.is_ascii_digit())).collect();
    numbers.sort_unstable();
    numbers
}

/// Whether a name has exactly these words with numbers.
fn has_numbers(core: &str, wanted: &[&str]) -> bool {
    let own = core.split(' ').filter(|word| word.chars().any(|c| c.is_ascii_digit()));
    let mut own: Vec<&str> = own.collect();
    own.sort_unstable();
    own == wanted
}

/// How many numbers two ordered lists share.
fn in_common(one: &[u32], other: &[u32]) -> usize {
    let (mut at, mut count) = (0, 0);
    for number in one {
        while other.get(at).is_some_and(|next| next < number) {
            at += 1;
        }
        count += usize::from(other.get(at) == Some(number));
    }
    count
}

fn trigrams_of(core: &str) -> HashSet<[char; 3]> {
    let padded: Vec<char> = "  ".chars().chain(core.chars()).chain(" ".chars()).collect();
    padded.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(a: &str, b: &str) -> f64 {
        let names = ["Acme Ltd", "Contoso Dental", "Northwind Dental", "Fabrikam Dental", "Smith and Sons"];
        let index = NameIndex::new(names.iter().map(|name| Company::new(name)).collect());
        index.score(&Company::new(a), &Company::new(b)).0
    }

    #[test]
    fn near_and_not_near() {
        for (a, b) in [
            ("Acme Ltd", "ACME Limited"),
            ("Acme", "Acme Holdings"),
            ("Northwind Traders", "Northwnd Traders"),
            ("Müller & Söhne GmbH", "Mueller und Soehne"),
            ("Studio Legale Bianchi", "Bianchi Studio Legale"),
            ("Smith & Sons", "Smith and Sons Ltd"),
            ("Contoso Dental", "Contoso Dental Care"),
            ("Tailspin Toys", "Tailspin Toy"),
        ] {
            assert!(score(a, b) >= NEAR, "{a} / {b}: {}", score(a, b));
        }
        for (a, b) in [
            ("Contoso Dental", "Northwind Dental"),
            ("Acme North", "Acme South"),
            ("Clinic 12", "Clinic 13"),
            ("Alpha Dental Milano", "Alpha Dental Torino"),
            ("Alpha Dental Milano", "Alpha Legal Milano"),
            ("Clinic 1", "Clinic"),
            ("Acme", "Zenith"),
            ("Alpha Consulting", "Beta Consulting"),
        ] {
            assert!(score(a, b) < NEAR, "{a} / {b}: {}", score(a, b));
        }
    }

    #[test]
    fn equal_and_near_are_told_apart() {
        assert!((score("Acme Ltd", "acme ltd.") - 1.0).abs() < f64::EPSILON);
        assert!(score("Acme Ltd", "Acme") < 1.0);
        assert!(score("Acme Ltd", "Acme GmbH") < score("Acme Ltd", "Acme"));
        assert!(score("Acme", "Acme Holdings") < score("Acme Ltd", "Acme GmbH"));
    }

    /// How many names the index would score for each of as many asked for.
    fn scored(names: &[String]) -> (usize, usize) {
        let index = NameIndex::new(names.iter().map(|name| Company::new(name)).collect());
        let looked: Vec<usize> = names.iter().map(|name| index.likely(&Company::new(name)).len()).collect();
        (looked.iter().sum(), looked.into_iter().max().unwrap_or(0))
    }

    #[test]
    fn the_work_grows_with_the_number_of_names_and_not_with_its_square() {
        let alike = |count: usize| (0..count).map(|n| format!("Contoso Dental Care Branch {n:05}")).collect::<Vec<_>>();
        let equal = |count: usize| vec!["Contoso Dental Care".to_owned(); count];
        let worded = |count: usize| {
            let words = ["North", "South", "East", "West", "Old", "New", "Lake", "Hill", "Park", "Port"];
            let word = |n: usize| format!("{}{}", words[n % 10], words[n / 10 % 10].to_lowercase());
            (0..count).map(|n| format!("{} {} Dental Clinic", word(n), word(n / 100))).collect::<Vec<_>>()
        };
        for names in [alike(4000), equal(4000), worded(4000)] {
            let (all, most) = scored(&names);
            assert!(most <= SCORED && all <= SCORED * names.len(), "{} {all} {most}", names[0]);
        }
        let long = format!("{} Dental", "x ".repeat(8000));
        assert!(Company::new(&long).core.len() <= 256);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(200) })]

        /// Where a name shares a third of its trigrams with another, the index misses nothing that comparing all
        /// of them would find.
        #[test]
        fn the_index_is_right_on_small_sides(
            names in proptest::collection::vec("(Alpha|Contoso|Nordwind|Litware)( (Dental|Legal|Works|12|13|Care)){0,3}( (Ltd|GmbH))?", 1..40),
            asked in "(Alpha|Alhpa|Contoso|Nordwnd|Litware)( (Dental|Dentl|Legal|Works|12|Care)){0,3}( Ltd)?",
        ) {
            let names: Vec<Company> = names.iter().map(|name| Company::new(name)).collect();
            let index = NameIndex::new(names.clone());
            let asked = Company::new(&asked);
            let mut near: Vec<(usize, f64)> = index.near(&asked).into_iter().map(|(at, score, _)| (at, score)).collect();
            near.sort_unstable_by_key(|(at, _)| *at);
            let own: HashSet<[char; 3]> = trigrams_of(&asked.core);
            let all: Vec<(usize, f64)> = names
                .iter()
                .enumerate()
                .map(|(at, name)| (at, index.score(&asked, name).0))
                .filter(|(at, score)| {
                    let other = trigrams_of(&names[*at].core);
                    *score >= NEAR && 3 * own.intersection(&other).count() >= own.len().min(other.len())
                })
                .collect();
            proptest::prop_assert_eq!(near, all);
        }
    }

    #[test]
    fn the_index_finds_what_comparing_all_would_find() {
        let first =
            ["Alpha", "Beta", "Gamma", "Delta", "Contoso", "Fabrikam", "Northwind", "Tailspin", "Litware", "Proseware"];
        let second = ["Dental", "Legal", "Works", "Group", "Holdings", "Traders"];
        let names: Vec<Company> =
            first.iter().flat_map(|a| second.iter().map(move |b| Company::new(&format!("{a} {b}")))).collect();
        let index = NameIndex::new(names.clone());
        for asked in ["Alpha Dentl", "Contoso", "Proseware Trader", "Litwear Works", "Nobody Knows", "Gama Legal"] {
            let asked = Company::new(asked);
            let mut near: Vec<usize> = index.near(&asked).into_iter().map(|(at, ..)| at).collect();
            near.sort_unstable();
            let all: Vec<usize> = names
                .iter()
                .enumerate()
                .filter(|(_, name)| index.score(&asked, name).0 >= NEAR)
                .map(|(at, _)| at)
                .collect();
            assert_eq!(near, all, "{asked:?}");
        }
    }
}
