//! Flags, and what the server refuses to start with.

use clap::Parser;

use super::Serve;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    serve: Serve,
}

fn parse(flags: &str) -> Result<Serve, clap::Error> {
    Line::try_parse_from(std::iter::once("serve").chain(flags.split_whitespace())).map(|line| line.serve)
}

#[test]
fn the_defaults_are_spicedbs_where_it_has_the_same_flag() {
    let serve = parse("--grpc-no-auth").unwrap();
    let (engine, server) = (serve.engine_options().limits, serve.server_options());
    assert_eq!((engine.updates_max, engine.preconditions_max, engine.delete_limit_max), (1000, 1000, 1000));
    assert_eq!((engine.caveat_bytes_max, engine.depth_max), (25_000, 10_000));
    assert_eq!(server.limits.read_relationships_limit_max, 1000);
    assert_eq!(server.limits.export_limit_max, 10_000);
    assert_eq!(server.limits.lookup_resources_limit_max, 1000);
    assert_eq!(server.limits.caveat_context_bytes_max, 4096);
    assert_eq!(server.limits.stream_silence_max.as_secs(), 30);
    assert!(server.reveals_version);
    assert_eq!(server.shutdown_grace_period.as_secs(), 5);
    assert_eq!(serve.engine_options().retention.as_secs(), 24 * 60 * 60);
    assert_eq!((server.watch.is_enabled, server.watch.buffer_length_max.get()), (true, 1024));
    assert_eq!((server.watch.heartbeat.as_secs(), server.watch.buffer_write_timeout.as_secs()), (1, 1));
    assert_eq!(server.address.to_string(), "127.0.0.1:50051");
    assert_eq!(server.http_address, None);
    let http = parse("--grpc-no-auth --http-enabled").unwrap().server_options().http_address;
    assert_eq!(http.unwrap().to_string(), "127.0.0.1:8443");
}

#[test]
fn the_window_and_watches_are_set_by_flags() {
    let serve = parse(
        "--grpc-no-auth --datastore-gc-window 90m --watch-api-heartbeat 100ms --datastore-watch-buffer-length 7 \
         --datastore-watch-buffer-write-timeout 3s --datastore-disable-watch-support",
    );
    let serve = serve.unwrap();
    assert_eq!(serve.engine_options().retention.as_secs(), 90 * 60);
    let watch = serve.server_options().watch;
    assert_eq!((watch.is_enabled, watch.buffer_length_max.get()), (false, 7));
    assert_eq!((watch.heartbeat.as_millis(), watch.buffer_write_timeout.as_secs()), (100, 3));
    parse("--grpc-no-auth --datastore-watch-buffer-length 0").unwrap_err();
}

#[test]
fn keys_are_repeated_or_listed() {
    assert_eq!(
        parse("--grpc-preshared-key a,b --grpc-preshared-key c").unwrap().grpc.grpc_preshared_key.len(),
        3
    );
    parse("--grpc-preshared-key a,,b").unwrap_err();
    parse("--grpc-preshared-key a --grpc-no-auth").unwrap_err();
}

#[test]
fn without_a_key_the_server_starts_on_loopback_only_and_only_when_told() {
    let refusal = |flags| parse(flags).unwrap().check_keys().err().map(|error| error.to_string());
    assert!(refusal("").unwrap().starts_with("a preshared key is needed"));
    assert!(refusal("--grpc-no-auth --grpc-addr 0.0.0.0:50051").unwrap().contains("0.0.0.0:50051"));
    let open_http = "--grpc-no-auth --http-enabled --http-addr 0.0.0.0:8443";
    assert!(refusal(open_http).unwrap().contains("0.0.0.0:8443"));
    for flags in [
        "--grpc-no-auth",
        "--grpc-no-auth --http-enabled",
        "--grpc-no-auth --http-addr 0.0.0.0:8443",
        "--grpc-preshared-key k --http-enabled --http-addr 0.0.0.0:8443",
        "--grpc-no-auth --grpc-addr [::1]:0",
        "--grpc-preshared-key k --grpc-addr 0.0.0.0:0",
    ] {
        assert_eq!(refusal(flags), None, "{flags}");
    }
}

#[test]
fn durations_have_units() {
    let milliseconds = |flags| parse(flags).unwrap().grpc.grpc_shutdown_grace_period.0.as_millis();
    assert_eq!(milliseconds("--grpc-no-auth --grpc-shutdown-grace-period 1m30s"), 90_000);
    assert_eq!(milliseconds("--grpc-no-auth --grpc-shutdown-grace-period 250ms"), 250);
    for text in ["5", "-5s", "soon"] {
        parse(&format!("--grpc-shutdown-grace-period={text}")).unwrap_err();
    }
}

#[test]
fn memory_is_limited_unless_the_flag_says_otherwise() {
    let limit =
        |flags: &str| parse(&format!("--grpc-no-auth {flags}")).unwrap().engine_options().memory_bytes_max;
    assert_eq!(limit("--max-memory 8GiB"), Some(8 << 30));
    assert_eq!(limit("--max-memory 0"), None);
    assert_eq!(limit(""), limit("--max-memory 85%"));
    #[cfg(target_os = "linux")]
    assert!(limit("").is_some_and(|bytes| Some(bytes) < limit("--max-memory 100%")));
    parse("--grpc-no-auth --max-memory much").unwrap_err();
}

#[test]
fn answers_take_an_eighth_of_the_memory_within_bounds() {
    let bytes = |flags: &str| {
        parse(&format!("--grpc-no-auth {flags}")).unwrap().server_options().limits.answer_bytes_max
    };
    assert_eq!(bytes("--max-memory 4GiB"), 512 << 20);
    assert_eq!(bytes("--max-memory 100MiB"), 64 << 20);
    assert_eq!(bytes("--max-memory 64GiB"), 1 << 30);
    assert_eq!(bytes("--max-memory 0"), 1 << 30);
}

#[test]
fn flags_without_effect_are_taken() {
    parse("--grpc-no-auth --max-datastore-read-page-size 1000 --dispatch-chunk-size 100").unwrap();
    assert!(!parse("--grpc-no-auth --disable-version-response").unwrap().server_options().reveals_version);
}
