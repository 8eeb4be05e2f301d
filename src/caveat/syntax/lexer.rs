//! Text → tokens. Space and comments (`// …`) fall away.

use crate::caveat::problems::Problems;

use super::token::{SIGNS, Token, TokenKind};

/// The tokens of a text, the last one [`TokenKind::End`].
pub(super) fn tokens(text: &str, problems: &mut Problems) -> Vec<Token> {
    let mut lexer = Lexer { text, position: 0, problems };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.position;
        let Some(first) = lexer.rest().chars().next() else {
            tokens.push(Token { kind: TokenKind::End, start, end: start });
            return tokens;
        };
        if let Some(kind) = lexer.scan(first) {
            tokens.push(Token { kind, start, end: lexer.position });
        }
    }
}

struct Lexer<'t, 'p> {
    text: &'t str,
    position: usize,
    problems: &'p mut Problems,
}

impl<'t> Lexer<'t, '_> {
    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    /// Moves over all that `is_part`.
    fn skip_while(&mut self, is_part: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start_matches(is_part).len();
    }

    fn skip_space(&mut self) {
        loop {
            self.skip_while(|character| matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{c}'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.skip_while(|character| character != '\n');
        }
    }

    /// Moves over one token, or over what is none.
    fn scan(&mut self, first: char) -> Option<TokenKind> {
        if let Some((prefix, kind)) = string_prefix(self.rest()) {
            return self.string(prefix, kind);
        }
        let after_first = self.rest()[first.len_utf8()..].chars().next();
        if first.is_ascii_digit() || first == '.' && after_first.is_some_and(|next| next.is_ascii_digit()) {
            return Some(self.number());
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Some(self.word());
        }
        if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            self.position += sign.len();
            return Some(*kind);
        }
        let span = self.position..self.position + first.len_utf8();
        self.position = span.end;
        let message = match first {
            '=' => "unexpected `=`; equality is `==`".to_owned(),
            '&' => "unexpected `&`; conjunction is `&&`".to_owned(),
            '|' => "unexpected `|`; disjunction is `||`".to_owned(),
            _ if first.is_control() => format!("unexpected character `{}`", first.escape_default()),
            _ => format!("unexpected character `{first}`"),
        };
        self.problems.add(span, message);
        None
    }

    fn word(&mut self) -> TokenKind {
        let start = self.position;
        self.skip_while(|character| character.is_ascii_alphanumeric() || character == '_');
        match &self.text[start..self.position] {
            "true" => TokenKind::True,
            "false" => TokenKind::False,
            "null" => TokenKind::Null,
            "in" => TokenKind::In,
            _ => TokenKind::Identifier,
        }
    }

    /// A number is as long as it can be: in `1e` and `0x` the letter is not part of it.
    fn number(&mut self) -> TokenKind {
        let is_hexadecimal = self
            .rest()
            .strip_prefix("0x")
            .is_some_and(|digits| digits.starts_with(|character: char| character.is_ascii_hexdigit()));
        if is_hexadecimal {
            self.position += 2;
            self.skip_while(|character| character.is_ascii_hexdigit());
            return self.whole_number();
        }
        self.skip_while(|character| character.is_ascii_digit());
        let is_fraction = self.skip_with_digits(".");
        let is_scaled = ["e+", "e-", "e", "E+", "E-", "E"].iter().any(|sign| self.skip_with_digits(sign));
        if is_fraction || is_scaled { TokenKind::Double } else { self.whole_number() }
    }

    fn whole_number(&mut self) -> TokenKind {
        if self.rest().starts_with(['u', 'U']) {
            self.position += 1;
            return TokenKind::Uint;
        }
        TokenKind::Int
    }

    /// Moves over a sign and the digits after it, if there is at least one.
    fn skip_with_digits(&mut self, sign: &str) -> bool {
        let digits = self.rest().strip_prefix(sign).unwrap_or_default();
        let has_digits = digits.starts_with(|character: char| character.is_ascii_digit());
        if has_digits {
            self.position += sign.len();
            self.skip_while(|character| character.is_ascii_digit());
        }
        has_digits
    }

    /// Moves over a string or bytes to the closing quote. Escapes are looked at when it is decoded.
    fn string(&mut self, prefix: usize, kind: TokenKind) -> Option<TokenKind> {
        let start = self.position;
        let is_raw = self.text[start..start + prefix].contains(['r', 'R']);
        self.position += prefix;
        let quotes = ["\"\"\"", "'''", "\"", "'"];
        let quote = quotes.into_iter().find(|quote| self.rest().starts_with(quote)).unwrap_or("\"");
        self.position += quote.len();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.position += quote.len();
                return Some(kind);
            }
            let mut characters = rest.chars();
            match characters.next() {
                Some('\\') if !is_raw => {
                    characters.next();
                }
                Some('\n' | '\r') if quote.len() == 1 => break,
                Some(_) => {}
                None => break,
            }
            self.position = self.text.len() - characters.as_str().len();
        }
        self.problems.add(start..self.position, format!("the closing `{quote}` is missing"));
        // From here on it is unknown what is text and what is not.
        self.position = self.text.len();
        None
    }
}

/// How many letters stand before the quote of a string or bytes, if one begins here.
fn string_prefix(rest: &str) -> Option<(usize, TokenKind)> {
    let (rest_of_bytes, kind) = match rest.strip_prefix(['b', 'B']) {
        Some(after) => (after, TokenKind::Bytes),
        None => (rest, TokenKind::String),
    };
    let quoted = rest_of_bytes.strip_prefix(['r', 'R']).unwrap_or(rest_of_bytes);
    quoted.starts_with(['"', '\'']).then(|| (rest.len() - quoted.len(), kind))
}
