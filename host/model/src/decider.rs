//! Who or which rule decided a link, each with its word.

use crate::words::words;

words! {
    /// Who or which rule decided a link.
    "a decider" Decider {
        /// A person. No rule decides again.
        Operator = "operator",
        /// Matching, which left it to a person.
        Matching = "matching",
        /// Matching, which found two records for one.
        OneToOne = "one to one",
        /// Matching: the link was there before.
        KnownLink = "known link",
        /// Matching: the same id, spelt otherwise.
        KnownId = "known id, spelt otherwise",
        /// Matching: the same stamp.
        Stamp = "stamp",
        /// Matching: the same serial number.
        SerialNumber = "serial number",
        /// Matching: the same address of a network card.
        MacAddress = "MAC address",
        /// Matching: the same code of a product.
        ProductCode = "product code",
        /// Matching: the same number of a customer.
        CustomerNumber = "customer number",
        /// Matching: the same name within an account.
        NameWithin = "name within the account",
        /// Matching: a near name, with a score that is accepted.
        AcceptedScore = "accepted score",
        /// Matching: a target goes, with its link, to another source record of the same key.
        ReEnrolled = "re-enrolled",
        /// The only contract that can be meant.
        OnlyContract = "only contract",
        /// Planning: a record is to be made anew elsewhere.
        Planning = "planning",
        /// A line of a contract was found by its product.
        SameProduct = "same product",
        /// A line of a contract was added.
        NoSuchLine = "the contract had no such line",
        /// A count was dismissed.
        Dismissal = "dismissal",
        /// A line of a contract was set to 0: the first half of a move.
        Retirement = "retirement",
        /// An alert opened its ticket.
        Alert = "alert",
        /// An alert was noted in the ticket of an earlier one.
        Repeat = "repeat",
        /// An alert opened a closed ticket again.
        Back = "back",
        /// A record was created at the source.
        Reverse = "reverse",
        /// An undo.
        Undo = "undo",
        /// A rule of an earlier version.
        Other = "an earlier rule",
    }
}

impl Decider {
    /// Reads the stored word; `None` for an empty one, [`Decider::Other`] for that of a rule that is no more.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        (!word.is_empty()).then(|| word.parse().unwrap_or(Decider::Other))
    }
}
