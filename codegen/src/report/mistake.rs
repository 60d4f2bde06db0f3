//! The kinds of mistakes. An id is stable: it is what people search for, and what a test names.

macro_rules! mistakes {
    ($($name:ident $id:literal $explanation:literal,)*) => {
        /// A kind of mistake. Each has a folder with an example in `tests/diagnostics`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Mistake {
            $(#[doc = $explanation] $name,)*
        }

        impl Mistake {
            /// All of them.
            pub const ALL: &[Mistake] = &[$(Mistake::$name,)*];

            /// As it stands in a report: `error[unknown-key]`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Mistake::$name => $id,)*
                }
            }

            /// The rule that was broken, in one sentence.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Mistake::$name => $explanation,)*
                }
            }
        }
    };
}

mistakes! {
    // The file
    UnreadableFile "unreadable-file" "A catalog is read from a file.",
    NotUtf8 "not-utf8" "A catalog is UTF-8.",
    FileTooLarge "file-too-large" "A catalog has a bounded size.",
    TooManyFiles "too-many-files" "A catalog has a bounded number of files.",
    Subfolder "subfolder" "The parts of a catalog stand in one folder.",
    PartKey "part-key" "What is said once stands in the main file.",
    EmptyFile "empty-file" "A catalog has at least one code.",
    ControlCharacter "control-character" "Texts have no invisible characters in them.",

    // YAML
    Syntax "syntax" "A catalog is YAML.",
    Tab "tab" "Lines are indented with spaces.",
    Indentation "indentation" "The keys of one mapping stand exactly below each other.",
    MissingColon "missing-colon" "A key is followed by a colon and a space.",
    UnclosedQuote "unclosed-quote" "A quoted text is closed.",
    AfterQuote "after-quote" "Nothing follows a quoted text on its line.",
    BadEscape "bad-escape" "A backslash in double quotes begins an escape that YAML knows.",
    UnclosedBracket "unclosed-bracket" "Every brace and bracket is closed.",
    Bracket "bracket" "A closing bracket closes one of its kind.",
    UnquotedText "unquoted-text" "A text with characters that mean something in YAML is quoted.",
    UnquotedComma "unquoted-comma" "Inside braces a text with a comma is quoted.",
    TooDeep "too-deep" "Nesting is bounded.",
    SecondDocument "second-document" "A catalog is one document.",
    KeyNotText "key-not-text" "A key is a text.",
    DuplicateKey "duplicate-key" "A mapping has a key once.",
    MergeKey "merge-key" "What codes share stands in a group, not behind `<<`.",
    Tag "tag" "A key decides how its value is read, not a tag.",
    UnknownAlias "unknown-alias" "An alias stands below its anchor.",
    AliasToItself "alias-to-itself" "An alias stands outside of what it names.",
    TooManyAliases "too-many-aliases" "What aliases repeat is bounded.",

    // Keys and values
    Edition "edition" "`errbook` is the edition of the format that the file is written in.",
    UnknownKey "unknown-key" "A key that means nothing is a slip.",
    MissingKey "missing-key" "Some keys must be there.",
    MisplacedKey "misplaced-key" "With `apis`, what differs between APIs stands in each of them.",
    NullValue "null-value" "A key that is there has a value.",
    WrongType "wrong-type" "A value is of the type that its key wants.",
    Empty "empty" "What must be there has something in it.",
    NotABool "not-a-bool" "A flag is `true` or `false`.",
    BadNumber "bad-number" "A number is a whole number in its range.",
    QuotedNumber "quoted-number" "A number stands without quotes.",
    AmbiguousConstant "ambiguous-constant" "A constant is the same for every reader of YAML.",
    UnknownName "unknown-name" "A name that is referred to exists.",
    DuplicateItem "duplicate-item" "A list has a name once.",
    BadName "bad-name" "A name can be written wherever it is needed.",
    BadUrl "bad-url" "Documentation is at an http or https address.",
    NoFailureConstant "no-failure-constant" "With the status of a success a constant declares the failure.",
    OwnReference "own-reference" "What a code refers to is another one.",
    OwnReplacement "own-replacement" "A code isn't to be used instead of itself.",
    BadLimit "bad-limit" "A limit is a whole number, or one of bytes with a unit.",
    BadAnchor "bad-anchor" "An anchor can stand after the `#` of an address.",
    BadHeader "bad-header" "Headers are valid HTTP.",

    // Names in Rust
    NoRustName "no-rust-name" "A name is made of ASCII letters and digits, or has `rust:`.",
    BadRustName "bad-rust-name" "`rust:` is a name in Rust.",
    SameRustName "same-rust-name" "Two things have different names in Rust.",
    ReservedName "reserved-name" "Generated and built-in names can't be used again.",

    // Envelopes
    EnvelopeWithoutCode "envelope-without-code" "An envelope has a place for the code.",
    FieldsPlace "fields-place" "`$fields` is spread, once.",
    MisplacedPlaceholder "misplaced-placeholder" "A placeholder stands where it can be filled in.",
    NeedsQuestionMark "needs-question-mark" "A placeholder that may have no value says what happens then.",
    DollarInText "dollar-in-text" "A text has one placeholder at most.",
    IssuesPlace "issues-place" "The issues have one place and one shape.",
    AmbiguousList "ambiguous-list" "The elements of a list are told apart by constants.",
    BadTemplateKey "bad-template-key" "The keys of an envelope stand on the wire as they are.",

    // Codes
    LoneBrace "lone-brace" "A brace that begins a place to fill in has another half; in a message, others are doubled.",
    PlaceNotRequired "place-not-required" "A message names required fields and limits.",
    PlaceNotSingle "place-not-single" "A message names single values, no lists or mappings.",
    FieldContradiction "field-contradiction" "The keys of a field do not contradict each other.",
    TypeCycle "type-cycle" "A type doesn't hold itself.",
    TypeTooLarge "type-too-large" "A type has a bounded depth and a bounded number of members.",
    WrongValue "wrong-value" "A constant or an example is a value of the field's type.",
    ExampleNotSent "example-not-sent" "An example has what an answer with its code has.",
    MissingAction "missing-action" "A code with status 402 says what its caller does next.",
    GroupConstant "group-constant" "A code keeps the constants of its group.",
    RetryContradiction "retry-contradiction" "Where the flag and the advice disagree, a note says why.",
    RetryAfterWithoutRetry "retry-after-without-retry" "Only what is retried says how long to wait.",
    HeaderOfStatus "header-of-status" "An answer has the headers that HTTP wants with its status.",
    ReservedHeader "reserved-header" "A header is set in one place.",
    RetiredCode "retired-code" "A retired code never comes back.",
    DuplicateAnchor "duplicate-anchor" "An anchor is on a page once.",

    DuplicateNumber "duplicate-number" "A number belongs to one code.",

    // Codes and the APIs that emit them
    FieldsNotSent "fields-not-sent" "Fields have a place in every envelope that they are sent in.",
    FieldHidesKey "field-hides-key" "A field is named differently from the keys that it is spread beside.",
    ParamNotSent "param-not-sent" "A required param has a place in every envelope that it is sent in.",
    NumberMissing "number-missing" "Every code has a number where the envelope or `docs` needs one.",
    IssuesNotSent "issues-not-sent" "Some envelope of a code that takes issues lists them.",
    ItemNotEmitted "item-not-emitted" "An issue is a code of the APIs that it is sent by.",
    StatusPattern "status-pattern" "`by_status` has statuses of errors, `4xx` and `5xx`.",
    ByStatusMissing "by-status-missing" "Every API has a code for any status.",
    ByStatusClass "by-status-class" "A status is answered with a code of its class, 4xx or 5xx.",
    ByStatusNotEmitted "by-status-not-emitted" "An API's own `by_status` names codes that it emits.",
    ByStatusNeedsValues "by-status-needs-values" "A code that answers where no handler did needs no values.",
    ByFaultClass "by-fault-class" "A fault of a request is answered with a 4xx.",
    ByFaultNotEmitted "by-fault-not-emitted" "An API's own `by_fault` names codes that it emits.",
    ByFaultNeedsValues "by-fault-needs-values" "A code for faults needs no values but a param.",
    ByFaultItems "by-fault-items" "Several faults of a request are issues of one answer.",
    CatalogTooLarge "catalog-too-large" "What a file says is bounded when it is resolved.",
}
