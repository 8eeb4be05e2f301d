//! "Did you mean": the known name that is nearest to one that is not known.

use super::diagnostic::Diagnostic;

/// Names looked through for one suggestion, at most.
const CANDIDATES_MAX: usize = 500;
/// Bytes of a name that is still compared, at most: comparing takes their square.
const NAME_BYTES_MAX: usize = 64;

/// Adds the candidate that is nearest to `name`, if one is near enough.
pub(super) fn did_you_mean<'n>(
    diagnostic: Diagnostic,
    name: &str,
    candidates: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    match nearest(name, candidates) {
        Some(candidate) => diagnostic.help(format!("did you mean `{candidate}`?")),
        None => diagnostic,
    }
}

/// The candidate that is nearest to `name`, if one is near enough.
pub(super) fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let edits_max = name.len().div_ceil(3);
    let nearest = candidates
        .take(CANDIDATES_MAX)
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= edits_max)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= edits_max)
        .min();
    nearest.map(|(_, candidate)| candidate)
}
