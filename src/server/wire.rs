//! The wire types of `authzed.api.v1`, generated from `proto/` by `build.rs`.

/// Messages, clients and servers of `authzed.api.v1`; `google.rpc.Status` is [`tonic_types::Status`].
#[expect(
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated code keeps the generator's style"
)]
pub mod v1 {
    tonic::include_proto!("authzed.api.v1");
}

/// The serialized descriptors of `authzed.api.v1` and of all it imports, for reflection.
pub(super) const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("authzed.api.v1");
