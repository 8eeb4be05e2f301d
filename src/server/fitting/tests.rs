//! What fits stays, and what does not is cut until it does.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{WIRE_BYTES_MAX, fit, wire_bytes};

#[test]
fn what_fits_stays_as_it_is() {
    let mut message = "x".repeat(2000);
    let mut metadata = [("relationship", "y".repeat(1000))];
    fit(&mut message, &mut metadata);
    assert_eq!((message.len(), metadata[0].1.len()), (2000, 1000));
}

#[test]
fn what_is_too_long_fits_afterwards_whatever_it_consists_of() {
    for character in ["x", " ", "`", "\n", "é", "%", "\u{10ffff}"] {
        let mut message = character.repeat(5000);
        let mut metadata = vec![("relationship", character.repeat(3000)); 8];
        fit(&mut message, &mut metadata);
        assert!(wire_bytes(&message, &metadata) <= WIRE_BYTES_MAX);
        assert!(message.len() > 500 && message.ends_with('…'));
        assert!(metadata.iter().all(|(_, value)| value.len() > 100 && value.ends_with('…')));
    }
}

#[test]
fn what_goes_over_the_wire_is_counted() {
    let all: String = (' '..='~').chain(['\n', 'é']).collect();
    for (message, value) in [(all.repeat(9), all.repeat(3)), ("a `b` c".repeat(200), String::new())] {
        let metadata = [("relationship", value.clone())];
        let details =
            ErrorDetails::with_error_info("REASON", "authzed.com", [("relationship".to_owned(), value)]);
        let status = Status::with_error_details(Code::InvalidArgument, message.clone(), details);
        let response = status.into_http::<()>();
        let bytes = |name: &str| response.headers().get(name).unwrap().len();
        let sent = bytes("grpc-message") + bytes("grpc-status-details-bin");
        let counted = wire_bytes(&message, &metadata);
        assert!(sent <= counted && counted <= sent + 600, "{sent} {counted}");
    }
}
