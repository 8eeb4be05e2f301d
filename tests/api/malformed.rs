//! Bytes that are no requests.

use std::str::FromStr as _;

use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};

use crate::harness::{Running, told_of};

/// Sends bytes as they are, and drops what comes back.
#[derive(Default)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for RawCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use prost::bytes::BufMut as _;

        buffer.put_slice(&bytes);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for RawCodec {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        use prost::bytes::Buf as _;

        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}

/// A field of bytes, with a length below 128.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
    bytes.extend_from_slice(content);
    bytes
}

#[tokio::test]
async fn bytes_that_are_no_message_do_not_decode() {
    let running = Running::start();
    let mut grpc = Grpc::new(running.channel().await);
    let object = |id: &[u8]| field(2, &[field(1, b"doc"), field(2, id)].concat());
    let cases = [
        object(b"\xff\xfe"),
        object(b"\xc3\x28"),
        field(3, b"\xff"),
        vec![0xff; 40],
        vec![0x0a, 0x7f, 1],
        vec![0x00],
    ];
    for bytes in cases {
        grpc.ready().await.unwrap();
        let path = PathAndQuery::from_str("/authzed.api.v1.PermissionsService/CheckPermission").unwrap();
        let told = told_of(grpc.unary(Request::new(bytes.clone()), path, RawCodec).await);
        assert!(told.starts_with("Internal `failed to decode Protobuf message"), "{bytes:?}: {told}");
        assert!(running.client().await.is_alive().await);
    }
}

#[tokio::test]
async fn messages_nested_too_deep_do_not_decode() {
    let running = Running::start();
    let mut grpc = Grpc::new(running.channel().await);
    // A context whose only field is a list of a list of a list, and so on.
    let mut value: Vec<u8> = Vec::new();
    for _ in 0..10_000 {
        let mut list = Vec::new();
        prost::encoding::bytes::encode(1, &value, &mut list);
        value.clear();
        prost::encoding::bytes::encode(6, &list, &mut value);
    }
    let (mut entry, mut context, mut request) = (field(1, b"key"), Vec::new(), Vec::new());
    prost::encoding::bytes::encode(2, &value, &mut entry);
    prost::encoding::bytes::encode(1, &entry, &mut context);
    prost::encoding::bytes::encode(5, &context, &mut request);
    grpc.ready().await.unwrap();
    let path = PathAndQuery::from_str("/authzed.api.v1.PermissionsService/CheckPermission").unwrap();
    let told = told_of(grpc.unary(Request::new(request), path, RawCodec).await);
    assert!(told.starts_with("Internal") && told.contains("recursion limit"), "{told}");
    assert!(running.client().await.is_alive().await);
}
