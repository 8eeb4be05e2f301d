//! Flags: bounds on requests.

use clap::Args;

use crate::cli::duration::Duration;
use crate::engine::EngineLimits;
use crate::server::RequestLimits;

#[derive(Debug, Args)]
pub(super) struct Limits {
    /// Sub-questions that may nest within one check
    #[arg(long, env = "ARROWROOT_DISPATCH_MAX_DEPTH", default_value_t = EngineLimits::default().depth_max, value_name = "COUNT")]
    dispatch_max_depth: u32,
    /// Updates in one `WriteRelationships`
    #[arg(
        long,
        env = "ARROWROOT_WRITE_RELATIONSHIPS_MAX_UPDATES_PER_CALL",
        default_value_t = EngineLimits::default().updates_max,
        value_name = "COUNT"
    )]
    write_relationships_max_updates_per_call: usize,
    /// Preconditions of one write or delete
    #[arg(
        long,
        env = "ARROWROOT_UPDATE_RELATIONSHIPS_MAX_PRECONDITIONS_PER_CALL",
        default_value_t = EngineLimits::default().preconditions_max,
        value_name = "COUNT"
    )]
    update_relationships_max_preconditions_per_call: usize,
    /// The limit of one `ReadRelationships`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_READ_RELATIONSHIPS_LIMIT",
        default_value_t = RequestLimits::default().read_relationships_limit_max,
        value_name = "COUNT"
    )]
    max_read_relationships_limit: u32,
    /// The limit of one `LookupResources`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_LOOKUP_RESOURCES_LIMIT",
        default_value_t = RequestLimits::default().lookup_resources_limit_max,
        value_name = "COUNT"
    )]
    max_lookup_resources_limit: u32,
    /// The limit of one `DeleteRelationships`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_DELETE_RELATIONSHIPS_LIMIT",
        default_value_t = EngineLimits::default().delete_limit_max,
        value_name = "COUNT"
    )]
    max_delete_relationships_limit: u32,
    /// The limit of one page of `ExportBulkRelationships`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_BULK_EXPORT_RELATIONSHIPS_LIMIT",
        default_value_t = RequestLimits::default().export_limit_max,
        value_name = "COUNT"
    )]
    max_bulk_export_relationships_limit: u32,
    /// Bytes of the context that a request gives for caveats; 0 for no bound
    #[arg(
        long,
        env = "ARROWROOT_MAX_CAVEAT_CONTEXT_SIZE",
        default_value_t = RequestLimits::default().caveat_context_bytes_max,
        value_name = "BYTES"
    )]
    max_caveat_context_size: usize,
    /// Bytes of the caveat that is stored with a relationship
    #[arg(
        long,
        env = "ARROWROOT_MAX_RELATIONSHIP_CONTEXT_SIZE",
        default_value_t = EngineLimits::default().caveat_bytes_max,
        value_name = "BYTES"
    )]
    max_relationship_context_size: usize,
    /// How long a stream may keep its client waiting without a message; a watch may be silent for longer
    #[arg(
        long,
        env = "ARROWROOT_STREAMING_API_RESPONSE_DELAY_TIMEOUT",
        default_value = "30s",
        value_name = "DURATION"
    )]
    streaming_api_response_delay_timeout: Duration,
    /// Without effect, for command lines of `SpiceDB`: reads are not paged
    #[arg(long, hide = true, value_name = "COUNT")]
    max_datastore_read_page_size: Option<u64>,
    /// Without effect, for command lines of `SpiceDB`: checks are not cut into chunks
    #[arg(long, hide = true, value_name = "COUNT")]
    dispatch_chunk_size: Option<u64>,
}

impl Limits {
    pub(super) fn apply_to_engine(&self, limits: &mut EngineLimits) {
        limits.depth_max = self.dispatch_max_depth;
        limits.updates_max = self.write_relationships_max_updates_per_call;
        limits.preconditions_max = self.update_relationships_max_preconditions_per_call;
        limits.delete_limit_max = self.max_delete_relationships_limit;
        limits.caveat_bytes_max = self.max_relationship_context_size;
    }

    pub(super) fn apply_to_requests(&self, limits: &mut RequestLimits) {
        limits.read_relationships_limit_max = self.max_read_relationships_limit;
        limits.export_limit_max = self.max_bulk_export_relationships_limit;
        limits.lookup_resources_limit_max = self.max_lookup_resources_limit;
        limits.stream_silence_max = self.streaming_api_response_delay_timeout.0;
        limits.caveat_context_bytes_max = self.max_caveat_context_size;
    }
}
