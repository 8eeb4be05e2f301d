//! The wire types of `authzed.api.v1` and `arrowroot.v1`, generated from `proto/` by `build.rs`.

// Generated code finds other packages by these modules.
mod authzed {
    pub(in crate::server) mod api {
        #[expect(
            clippy::pedantic,
            clippy::allow_attributes_without_reason,
            reason = "generated code keeps the generator's style"
        )]
        pub mod v1 {
            //! Messages, clients and servers of `authzed.api.v1`; `google.rpc.Status` is [`tonic_types::Status`].
            tonic::include_proto!("authzed.api.v1");
        }
    }
}
mod arrowroot {
    #[expect(
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        reason = "generated code keeps the generator's style"
    )]
    pub mod v1 {
        //! Messages, clients and servers of `arrowroot.v1`.
        tonic::include_proto!("arrowroot.v1");
    }
}

pub use self::arrowroot::v1 as lifecycle_v1;
pub use authzed::api::v1;

/// The serialized descriptors of both and of all they import, for reflection.
pub(super) const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("authzed.api.v1");
