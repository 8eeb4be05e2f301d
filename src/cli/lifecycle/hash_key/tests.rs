//! Which keys are hashed.

use super::*;

#[test]
fn a_key_is_a_line_of_visible_characters() {
    let key = "0123456789abcdefghijkl";
    for text in [key.to_owned(), format!("{key}\n"), format!("{key}\r\n")] {
        assert_eq!(check(&text), Ok(key), "{text:?}");
    }
    let refused = [
        ("", KeyError::TooShort),
        ("\n", KeyError::TooShort),
        (&key[1..], KeyError::TooShort),
        (" 123456789abcdefghijkl", KeyError::Characters),
        ("0123456789abcdefghijkl\n\n", KeyError::Characters),
        ("0123456789abcdefghijklé", KeyError::Characters),
        ("0123456789abcdef\u{fffd}ghijkl", KeyError::Characters),
    ];
    for (text, problem) in refused {
        assert_eq!(check(text), Err(problem), "{text:?}");
    }
    let length_max = usize::try_from(KEY_BYTES_MAX).unwrap();
    assert!(check(&"k".repeat(length_max)).is_ok());
    assert_eq!(check(&"k".repeat(length_max + 1)), Err(KeyError::TooLong));
}
