//! Regular expressions of `matches`, in the syntax of RE2, which CEL prescribes.
//!
//! The syntax of the `regex` crate differs in what classes such as `\w` contain, in what is a literal and in operators
//! inside brackets: patterns are rewritten. What RE2 refuses but this crate understands may be accepted.

use std::fmt::Write;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// Memory that one compiled pattern may take, in bytes; as much again for what searches with it remember.
const PATTERN_SIZE_MAX: usize = 1 << 20;
/// The same for a pattern that is compiled in an evaluation: the time that takes grows with the memory.
const COMPUTED_SIZE_MAX: usize = 1 << 17;

/// Compiles a pattern; an error also if it would take too much memory.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    compile_within(pattern, PATTERN_SIZE_MAX)
}

/// Compiles a pattern that an evaluation came to.
pub(super) fn compile_computed(pattern: &str) -> Result<Regex, String> {
    compile_within(pattern, COMPUTED_SIZE_MAX)
}

fn compile_within(pattern: &str, size_max: usize) -> Result<Regex, String> {
    let problem = |problem: &str| format!("error parsing regexp: {problem}: `{pattern}`");
    let rewritten = Rewriter { rest: pattern.chars(), rewritten: String::new() }.rewrite();
    let rewritten = rewritten.map_err(|error| problem(&error))?;
    let compiled = RegexBuilder::new(&rewritten).size_limit(size_max).dfa_size_limit(size_max).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => problem("expression too large"),
        error => {
            // The rest of the message shows the pattern as it was rewritten.
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default();
            problem(last.strip_prefix("error: ").unwrap_or(last))
        }
    })
}

/// What a backslash and a letter stand for, inside of brackets.
fn class_of(letter: char) -> Option<(&'static str, bool)> {
    let content = match letter {
        'd' | 'D' => "0-9",
        's' | 'S' => r"\t\n\f\r ",
        'w' | 'W' => "0-9A-Za-z_",
        _ => return None,
    };
    Some((content, letter.is_ascii_uppercase()))
}

struct Rewriter<'p> {
    rest: Chars<'p>,
    rewritten: String,
}

impl Rewriter<'_> {
    fn rewrite(mut self) -> Result<String, String> {
        let mut was_repeated = false;
        while let Some(character) = self.rest.next() {
            let is_repeated = match character {
                '*' | '+' | '?' => true,
                '{' => self.counts().is_some(),
                _ => false,
            };
            if is_repeated && was_repeated {
                return Err("invalid nested repetition operator".to_owned());
            }
            match character {
                '\\' => self.escape()?,
                '[' => self.brackets()?,
                '{' if is_repeated => self.count()?,
                '{' => self.rewritten.push_str(r"\{"),
                '}' => self.rewritten.push_str(r"\}"),
                ']' => self.rewritten.push_str(r"\]"),
                '(' => self.group()?,
                _ => self.rewritten.push(character),
            }
            // The fewest repetitions that are possible.
            if is_repeated && self.rest.as_str().starts_with('?') {
                self.rest.next();
                self.rewritten.push('?');
            }
            was_repeated = is_repeated;
        }
        Ok(self.rewritten)
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        let letter = self.rest.clone().next();
        if let Some((content, is_negated)) = letter.and_then(class_of) {
            self.rest.next();
            self.rewritten.extend(["[", if is_negated { "^" } else { "" }, content, "]"]);
            return Ok(());
        }
        match letter {
            Some('Q') => {
                let quoted = self.rest.as_str().get(1..).unwrap_or_default();
                let (quoted, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                quoted.chars().for_each(|character| self.literal(character));
                self.rest = after.chars();
            }
            // Word boundaries are those of ASCII.
            Some('b') => {
                self.rest.next();
                self.rewritten.push_str(r"(?-u:\b)");
            }
            Some(letter @ ('A' | 'B' | 'z')) => {
                self.rest.next();
                self.rewritten.extend(['\\', letter]);
            }
            Some('p' | 'P') => self.property()?,
            _ => {
                let character = self.escaped_character()?;
                self.literal(character);
            }
        }
        Ok(())
    }

    /// A Unicode class such as `\pN`, `\p{Greek}` or `\p{^Greek}`, after its backslash.
    fn property(&mut self) -> Result<(), String> {
        let mut is_negated = self.rest.next() == Some('P');
        let mut name = match self.rest.next() {
            Some('{') => {
                let (name, after) =
                    self.rest.as_str().split_once('}').ok_or("invalid character class range")?;
                self.rest = after.chars();
                name
            }
            Some(letter) => {
                self.rewritten.extend(['\\', if is_negated { 'P' } else { 'p' }, letter]);
                return Ok(());
            }
            None => return Err("invalid character class range".to_owned()),
        };
        if let Some(positive) = name.strip_prefix('^') {
            name = positive;
            is_negated = !is_negated;
        }
        self.rewritten.extend([if is_negated { r"\P{" } else { r"\p{" }, name, "}"]);
        Ok(())
    }

    /// The character that a backslash and what follows it stand for.
    fn escaped_character(&mut self) -> Result<char, String> {
        let letter = self.rest.next().ok_or("trailing backslash at end of expression")?;
        let invalid = || format!("invalid escape sequence `\\{letter}`");
        let octal = |rest: &Chars<'_>| rest.clone().next().and_then(|digit| digit.to_digit(8));
        match letter {
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            'x' => self.hexadecimal().ok_or_else(invalid),
            // One digit alone would refer to a group.
            '0'..='7' if letter == '0' || octal(&self.rest).is_some() => {
                let mut code = letter.to_digit(8).ok_or_else(invalid)?;
                for _ in 0..2 {
                    let Some(digit) = octal(&self.rest) else { break };
                    code = code * 8 + digit;
                    self.rest.next();
                }
                char::from_u32(code).ok_or_else(invalid)
            }
            _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => Ok(letter),
            _ => Err(invalid()),
        }
    }

    /// Two hexadecimal digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Option<char> {
        let rest = self.rest.as_str();
        let (digits, after) = match rest.strip_prefix('{') {
            Some(rest) => rest.split_once('}')?,
            None => (rest.get(..2)?, rest.get(2..)?),
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_number)?;
        self.rest = after.chars();
        char::from_u32(code)
    }

    /// A class in brackets, after the first one.
    fn brackets(&mut self) -> Result<(), String> {
        const UNCLOSED: &str = "missing closing ]";
        self.rewritten.push('[');
        if self.rest.as_str().starts_with('^') {
            self.rest.next();
            self.rewritten.push('^');
        }
        let mut is_first = true;
        loop {
            let rest = self.rest.as_str();
            if rest.starts_with(']') && !is_first {
                self.rest.next();
                self.rewritten.push(']');
                return Ok(());
            }
            is_first = false;
            if let Some(name) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
                self.rewritten.extend(["[:", name.0, ":]"]);
                self.rest = name.1.chars();
            } else if !self.class_in_brackets()? {
                let first = self.character_in_brackets()?.ok_or(UNCLOSED)?;
                self.literal(first);
                let rest = self.rest.as_str();
                if rest.starts_with('-') && !rest.starts_with("-]") {
                    self.rest.next();
                    let last = self.character_in_brackets()?.ok_or(UNCLOSED)?;
                    self.rewritten.push('-');
                    self.literal(last);
                }
            }
        }
    }

    /// A class such as `\d` or `\pN` in brackets, if there is one.
    fn class_in_brackets(&mut self) -> Result<bool, String> {
        let Some(rest) = self.rest.as_str().strip_prefix('\\') else { return Ok(false) };
        let mut rest = rest.chars();
        let Some(letter) = rest.next() else { return Ok(false) };
        if let Some((content, is_negated)) = class_of(letter) {
            self.rewritten.extend([if is_negated { "[^" } else { "[" }, content, "]"]);
            self.rest = rest;
            return Ok(true);
        }
        let is_property = matches!(letter, 'p' | 'P');
        if is_property {
            self.rest.next();
            self.property()?;
        }
        Ok(is_property)
    }

    fn character_in_brackets(&mut self) -> Result<Option<char>, String> {
        match self.rest.next() {
            Some('\\') => self.escaped_character().map(Some),
            character => Ok(character),
        }
    }

    /// The bounds of a repetition such as `{2,3}`, after its first brace, and what is behind it.
    fn counts(&self) -> Option<(&str, &str)> {
        let (counts, after) = self.rest.as_str().split_once('}')?;
        let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
        let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        (!least.is_empty() && is_number(least) && is_number(most)).then_some((counts, after))
    }

    fn count(&mut self) -> Result<(), String> {
        const COUNT_MAX: u32 = 1_000;
        let Some((counts, after)) = self.counts() else { return Ok(()) };
        let is_allowed =
            |count: &str| count.is_empty() || count.parse().is_ok_and(|count: u32| count <= COUNT_MAX);
        if !counts.split(',').all(is_allowed) {
            return Err("invalid repeat count".to_owned());
        }
        let (counts, after) = (counts.to_owned(), after.len());
        self.rewritten.extend(["{", counts.as_str(), "}"]);
        let rest = self.rest.as_str();
        self.rest = rest[rest.len() - after..].chars();
        Ok(())
    }

    /// A bracket that opens a group: of the flags, only those of RE2.
    fn group(&mut self) -> Result<(), String> {
        self.rewritten.push('(');
        let Some(flags) = self.rest.as_str().strip_prefix('?') else { return Ok(()) };
        if flags.starts_with("P<") || flags.starts_with('<') {
            return Ok(());
        }
        let end = flags.find([':', ')']).unwrap_or(flags.len());
        let is_known = flags[..end].chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-'));
        if is_known { Ok(()) } else { Err("invalid or unsupported Perl syntax".to_owned()) }
    }

    /// A character that stands for itself, wherever it is.
    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            self.rewritten.push(character);
        } else {
            _ = write!(self.rewritten, r"\x{:02x}", u32::from(character));
        }
    }
}
