//! The gRPC services: thin, they convert, make one engine call, and convert back. The only room, with the
//! command line's client, that knows the wire types.

pub(crate) mod wire;
