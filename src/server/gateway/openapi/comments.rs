//! What the API's files say about a message, a field or an RPC.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor};

/// Comments by their file and their place in it.
#[derive(Debug)]
pub(super) struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    pub(super) fn new(pool: &DescriptorPool) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let proto = file.file_descriptor_proto();
            for location in proto.source_code_info.iter().flat_map(|info| &info.location) {
                let text = location.leading_comments().trim();
                if !text.is_empty() {
                    let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
                    comments.insert((file.name().to_owned(), location.path.clone()), text);
                }
            }
        }
        Self(comments)
    }

    pub(super) fn of_message(&self, message: &MessageDescriptor) -> Option<&str> {
        self.find(message.parent_file().name(), message.path())
    }

    pub(super) fn of_field(&self, field: &FieldDescriptor) -> Option<&str> {
        self.find(field.parent_message().parent_file().name(), field.path())
    }

    pub(super) fn of_enum(&self, names: &EnumDescriptor) -> Option<&str> {
        self.find(names.parent_file().name(), names.path())
    }

    pub(super) fn of_method(&self, method: &MethodDescriptor) -> Option<&str> {
        self.find(method.parent_service().parent_file().name(), method.path())
    }

    fn find(&self, file: &str, path: &[i32]) -> Option<&str> {
        self.0.get(&(file.to_owned(), path.to_vec())).map(String::as_str)
    }
}
