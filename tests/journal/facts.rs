//! One suite for every journal.

/// Each fact is a function of an empty journal; it becomes one test for each journal.
macro_rules! facts {
    ($($fact:ident)*) => {
        mod memory {
            $(#[test]
            fn $fact() {
                super::$fact(&arrowroot::journal::MemoryJournal::new());
            })*
        }
        mod sled {
            $(#[test]
            fn $fact() {
                let directory = tempfile::tempdir().unwrap();
                super::$fact(&arrowroot::journal::SledJournal::open(directory.path()).unwrap());
            })*
        }
    };
}
