//! Compiles `proto/` to Rust, client and server, and to the descriptor set that reflection serves.

use std::{env, error::Error, fs, path::Path};

use prost::Message as _;
use prost_types::{FieldDescriptorProto, FileDescriptorSet};

/// The files of the API; what they import is found by itself.
const PROTOS: [&str; 8] = [
    "arrowroot/v1/lifecycle_service.proto",
    "authzed/api/v1/core.proto",
    "authzed/api/v1/debug.proto",
    "authzed/api/v1/error_reason.proto",
    "authzed/api/v1/experimental_service.proto",
    "authzed/api/v1/permission_service.proto",
    "authzed/api/v1/schema_service.proto",
    "authzed/api/v1/watch_service.proto",
];

/// Messages of methods that have moved to another service, and what these are called there. They have the same fields by
/// the same numbers and names, so that one Rust type does for both.
const TWINS: [(&str, &str); 23] = [
    ("BulkExportRelationshipsRequest", "ExportBulkRelationshipsRequest"),
    ("BulkExportRelationshipsResponse", "ExportBulkRelationshipsResponse"),
    ("BulkImportRelationshipsRequest", "ImportBulkRelationshipsRequest"),
    ("BulkImportRelationshipsResponse", "ImportBulkRelationshipsResponse"),
    ("ExpCaveat", "ReflectionCaveat"),
    ("ExpCaveatParameter", "ReflectionCaveatParameter"),
    ("ExpCaveatParameterTypeChange", "ReflectionCaveatParameterTypeChange"),
    ("ExpDefinition", "ReflectionDefinition"),
    ("ExpPermission", "ReflectionPermission"),
    ("ExpRelation", "ReflectionRelation"),
    ("ExpRelationReference", "ReflectionRelationReference"),
    ("ExpRelationSubjectTypeChange", "ReflectionRelationSubjectTypeChange"),
    ("ExpSchemaDiff", "ReflectionSchemaDiff"),
    ("ExpSchemaFilter", "ReflectionSchemaFilter"),
    ("ExpTypeReference", "ReflectionTypeReference"),
    ("ExperimentalComputablePermissionsRequest", "ComputablePermissionsRequest"),
    ("ExperimentalComputablePermissionsResponse", "ComputablePermissionsResponse"),
    ("ExperimentalDependentRelationsRequest", "DependentRelationsRequest"),
    ("ExperimentalDependentRelationsResponse", "DependentRelationsResponse"),
    ("ExperimentalDiffSchemaRequest", "DiffSchemaRequest"),
    ("ExperimentalDiffSchemaResponse", "DiffSchemaResponse"),
    ("ExperimentalReflectSchemaRequest", "ReflectSchemaRequest"),
    ("ExperimentalReflectSchemaResponse", "ReflectSchemaResponse"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;

    let descriptor_set = Path::new(&env::var("OUT_DIR")?).join("authzed.api.v1.bin");
    fs::write(descriptor_set, descriptors.encode_to_vec())?;

    check_twins(&descriptors)?;
    let mut builder = tonic_prost_build::configure();
    for (former, present) in TWINS {
        let (former, present) =
            (format!(".authzed.api.v1.{former}"), format!("crate::server::wire::v1::{present}"));
        builder = builder.extern_path(former, present);
    }
    // The box keeps the trace that few checks ask for out of the answer that all get: 112 bytes instead of
    // 488, and 64 instead of 440 for each of a bulk.
    builder
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .boxed(".authzed.api.v1.DebugInformation.check")
        // What a service does not implement yet answers UNIMPLEMENTED.
        .generate_default_stubs(true)
        .compile_fds(descriptors)?;
    Ok(())
}

/// Whether the messages that share a Rust type are the same on the wire and in JSON.
fn check_twins(descriptors: &FileDescriptorSet) -> Result<(), Box<dyn Error>> {
    let fields = |name: &str| -> Vec<FieldDescriptorProto> {
        let messages = descriptors.file.iter().flat_map(|file| &file.message_type);
        messages.filter(|message| message.name() == name).flat_map(|message| message.field.clone()).collect()
    };
    for (former, present) in TWINS {
        let mut former_fields = fields(former);
        for type_name in former_fields.iter_mut().filter_map(|field| field.type_name.as_mut()) {
            for (from, to) in TWINS {
                if type_name.strip_prefix(".authzed.api.v1.") == Some(from) {
                    *type_name = format!(".authzed.api.v1.{to}");
                    break;
                }
            }
        }
        if former_fields.is_empty() || former_fields != fields(present) {
            return Err(format!("`{former}` and `{present}` are not alike").into());
        }
    }
    Ok(())
}
