//! Facts about reading lines.

use std::io::BufReader;

use super::{LINE_BYTES_MAX, read_line};

fn lines(text: &str, buffer_bytes: usize) -> Vec<(u64, bool, String)> {
    let mut source = BufReader::with_capacity(buffer_bytes, text.as_bytes());
    let mut line = Vec::new();
    let mut found = Vec::new();
    loop {
        let (bytes, is_whole) = read_line(&mut source, &mut line).unwrap();
        if bytes == 0 {
            return found;
        }
        found.push((bytes, is_whole, String::from_utf8(line.clone()).unwrap()));
    }
}

#[test]
fn lines_end_at_their_ends_whatever_the_buffer() {
    for buffer_bytes in [1, 2, 3, 1024] {
        let expected = [(2, true, "a"), (1, true, ""), (4, true, "bc"), (1, true, "d")];
        let expected = expected.map(|(bytes, is_whole, text)| (bytes, is_whole, text.to_owned()));
        assert_eq!(lines("a\n\nbc\r\nd", buffer_bytes), expected);
    }
    assert!(lines("", 8).is_empty());
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let longest = "x".repeat(LINE_BYTES_MAX);
    let found = lines(&format!("{longest}\n{longest}y\nz"), 1000);
    assert_eq!(found[0], (LINE_BYTES_MAX as u64 + 1, true, longest));
    assert_eq!((found[1].0, found[1].1), (LINE_BYTES_MAX as u64 + 2, false));
    assert_eq!(found[2], (1, true, "z".to_owned()));
}
