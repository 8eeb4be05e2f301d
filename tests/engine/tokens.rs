//! Which state a token asks for.

use arrowroot::engine::{Consistency, ConsistencyError, CursorError, InvalidCursor, ZedToken};

use crate::support::{check, engine, head, write};

#[test]
fn an_exact_token_shows_the_state_of_its_write_and_a_fresh_one_the_newest() {
    let engine = engine();
    let granted = write(&engine, &["+doc:one#owner@user:ana"]).written_at;
    let revoked = write(&engine, &["-doc:one#owner@user:ana"]).written_at;
    let is_viewer = |consistency| check(&engine.at(&consistency).unwrap(), "doc:one#view@user:ana");
    assert!(is_viewer(Consistency::AtExactSnapshot(granted.clone())));
    assert!(!is_viewer(Consistency::AtExactSnapshot(revoked.clone())));
    assert!(!is_viewer(Consistency::AtLeastAsFresh(granted)));
    assert!(!is_viewer(Consistency::AtLeastAsFresh(revoked)));
    assert!(!is_viewer(Consistency::MinimizeLatency));
    assert!(!is_viewer(Consistency::FullyConsistent));
}

#[test]
fn a_view_stays_where_it_is_and_so_does_its_schema() {
    let engine = engine();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let view = head(&engine);
    write(&engine, &["-doc:one#owner@user:ana"]);
    engine.write_schema("definition user {} definition doc { relation owner: user\n}").unwrap();
    assert!(check(&view, "doc:one#view@user:ana"));
    let again = engine.at(&Consistency::AtExactSnapshot(view.token())).unwrap();
    assert!(check(&again, "doc:one#view@user:ana"));
    assert_eq!(again.read_schema(), view.read_schema());
}

#[test]
fn tokens_that_are_not_of_this_store_or_of_its_past_are_refused() {
    let (engine, other) = (engine(), engine());
    let future = write(&other, &["+doc:one#owner@user:ana"]).written_at;
    let at = |token: &ZedToken| engine.at(&Consistency::AtLeastAsFresh(token.clone())).unwrap_err();
    assert_eq!(at(&future), ConsistencyError::OtherStore);
    let own = head(&engine).token();
    for garbled in ["", "x", "not base64!", &own.0[1..], &own.0[..own.0.len() - 4], &own.0.replace('A', "B")]
    {
        assert_eq!(at(&ZedToken(garbled.to_owned())), ConsistencyError::Garbled, "{garbled}");
    }
}

#[test]
fn a_cursor_belongs_to_one_call_of_one_store() {
    let (engine, other) = (engine(), engine());
    let cursor = head(&engine).cursor(7, "doc:one#owner@user:ana".to_owned());
    let (view, position) = engine.at_cursor(&cursor, 7).unwrap();
    assert_eq!((view.revision(), position.as_str()), (engine.head(), "doc:one#owner@user:ana"));
    let refused =
        |engine: &arrowroot::Engine, cursor: &str, call| engine.at_cursor(cursor, call).unwrap_err();
    assert_eq!(refused(&engine, &cursor, 8), CursorError::Invalid(InvalidCursor::OtherCall));
    assert_eq!(refused(&other, &cursor, 7), CursorError::Invalid(InvalidCursor::OtherStore));
    assert_eq!(refused(&engine, &cursor[2..], 7), CursorError::Invalid(InvalidCursor::Garbled));
    // A token is no cursor, nor a cursor a token.
    assert_eq!(refused(&engine, &head(&engine).token().0, 7), CursorError::Invalid(InvalidCursor::Garbled));
    let as_token = engine.at(&Consistency::AtExactSnapshot(ZedToken(cursor)));
    assert_eq!(as_token.unwrap_err(), ConsistencyError::Garbled);
}
