//! A client that asks and reads nothing: HTTP/2 written by hand, since every library reads ahead.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// How much a client says that it will take: nothing keeps it to that.
const WINDOW: u32 = (1 << 31) - 1;
/// What a window is at first.
const FIRST_WINDOW: u32 = 65_535;

/// What a frame may have, unless the other side says otherwise.
const FRAME_BYTES_MAX: usize = 16 << 10;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const ACKNOWLEDGED: u8 = 1;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// One connection. Dropping it goes away.
pub(crate) struct Silent {
    stream: TcpStream,
    next_stream: u32,
}

impl Silent {
    /// A client that promises to take everything.
    pub(crate) fn connect(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut text = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let setting = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &WINDOW.to_be_bytes()].concat();
        text.extend(frame(SETTINGS, 0, 0, &setting));
        text.extend(frame(WINDOW_UPDATE, 0, 0, &(WINDOW - FIRST_WINDOW).to_be_bytes()));
        stream.write_all(&text).unwrap();
        // The server's own settings hold once they are acknowledged. Nothing else is ever read.
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(head[3], SETTINGS);
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        stream.read_exact(&mut vec![0; length as usize]).unwrap();
        stream.write_all(&frame(SETTINGS, ACKNOWLEDGED, 0, &[])).unwrap();
        Self { stream, next_stream: 1 }
    }

    /// Asks, and leaves it at that.
    pub(crate) fn ask(&mut self, path: &str, message: &[u8]) {
        let number = self.next_stream;
        self.next_stream += 2;
        let headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        let mut text = frame(HEADERS, END_HEADERS, number, &headers.map(literal).concat());
        let length = u32::try_from(message.len()).unwrap();
        let message = [&[0], &length.to_be_bytes()[..], message].concat();
        for chunk in message.chunks(FRAME_BYTES_MAX) {
            text.extend(frame(DATA, 0, number, chunk));
        }
        text.extend(frame(DATA, END_STREAM, number, &[]));
        self.stream.write_all(&text).unwrap();
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header as it is, for no table.
fn literal((name, value): (&str, &str)) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    assert!(name.len() < 127 && value.len() < 127);
    [vec![0], text(name), text(value)].concat()
}

/// A client over HTTP that has asked and reads nothing.
pub(crate) struct SilentHttp {
    _stream: TcpStream,
}

impl SilentHttp {
    pub(crate) fn ask(address: &str, path: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        Self { _stream: stream }
    }
}
