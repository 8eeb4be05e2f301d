//! Answers page by page, where only so many are wanted: cursors lead from one call to the next.

use std::error::Error;

use clap::Args;

use crate::server::wire::v1;

use super::calls::Answers;
use super::error::CallError;

/// Answers of one call, at most; fewer if the server says so.
const PAGE_MAX: u32 = 1000;

/// How many answers are wanted, and from where.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct PageFlags {
    /// Stop after so many; standard error then tells the cursor behind the last
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Go on behind this cursor; all other arguments must be as they were
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// An answer that has a cursor behind it.
pub(in crate::cli) trait Paged {
    /// The cursor, if the server has sent one.
    fn cursor(&self) -> Option<&v1::Cursor>;
}

impl Paged for v1::LookupResourcesResponse {
    fn cursor(&self) -> Option<&v1::Cursor> {
        self.after_result_cursor.as_ref()
    }
}

impl Paged for v1::LookupSubjectsResponse {
    fn cursor(&self) -> Option<&v1::Cursor> {
        self.after_result_cursor.as_ref()
    }
}

impl Paged for v1::ReadRelationshipsResponse {
    fn cursor(&self) -> Option<&v1::Cursor> {
        self.after_result_cursor.as_ref()
    }
}

impl PageFlags {
    /// Has each answer taken. The cursor behind the last one, if there may be more.
    ///
    /// All calls ask for as many as the first, since servers want a cursor's call to be the same.
    pub(in crate::cli) async fn follow<T: Paged>(
        &self,
        open: impl AsyncFn(u32, Option<v1::Cursor>) -> Result<Answers<T>, CallError>,
        mut take: impl FnMut(T) -> Result<(), Box<dyn Error>>,
    ) -> Result<Option<String>, Box<dyn Error>> {
        let mut cursor = self.cursor.clone().map(|token| v1::Cursor { token });
        let mut left = self.limit.unwrap_or(u64::MAX);
        // Without a limit, one call gives all.
        let mut page = self.limit.map_or(0, |limit| u32::try_from(limit).unwrap_or(PAGE_MAX).min(PAGE_MAX));
        loop {
            let mut answers = match open(page, cursor.clone()).await {
                Err(error) if error.limit_max().is_some_and(|limit_max| (1..page).contains(&limit_max)) => {
                    page = error.limit_max().unwrap_or(page);
                    continue;
                }
                answers => answers?,
            };
            let mut count = 0;
            while let Some(answer) = answers.next().await? {
                cursor = answer.cursor().cloned();
                take(answer)?;
                (count, left) = (count + 1, left - 1);
                if left == 0 {
                    return Ok(cursor.map(|cursor| cursor.token));
                }
            }
            if count < page || page == 0 || cursor.is_none() {
                return Ok(None);
            }
        }
    }
}
