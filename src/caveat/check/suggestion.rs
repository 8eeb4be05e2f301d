//! "Did you mean": the known name that is nearest to one that is not known.

/// Names looked through for one suggestion, at most.
const CANDIDATES_MAX: usize = 100;
/// Bytes of a name that is still compared, at most: comparing takes their square.
const NAME_BYTES_MAX: usize = 64;

/// A clause that names the candidate nearest to `name`, or nothing if none is near.
pub(super) fn did_you_mean<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> String {
    if name.len() > NAME_BYTES_MAX {
        return String::new();
    }
    let edits_max = name.len().div_ceil(3);
    let nearest = candidates
        .take(CANDIDATES_MAX)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= edits_max && candidate.len() > edits_max)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= edits_max)
        .min();
    nearest.map_or_else(String::new, |(_, candidate)| format!(", did you mean `{candidate}`?"))
}
