//! No libc and no adapter: wasm32-unknown-unknown with wit-bindgen's macros.
//! `/echo` waits on both streams with one poll, instead of blocking on either.

wit_bindgen::generate!({ path: "handler.wit", world: "handler", generate_all });

use exports::wasi::http::incoming_handler::Guest;
use std::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::http::types::*;
use wasi::io::poll::poll;
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::random::random::get_random_bytes;

struct App;
export!(App);

static COUNTER: AtomicU32 = AtomicU32::new(0);
static CANARY: [AtomicU8; 65536] = [const { AtomicU8::new(0) }; 65536];

/// `rand` asks here for its seed: the target has no operating system.
#[no_mangle]
unsafe extern "Rust" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error> {
    let bytes = get_random_bytes(len as u64);
    core::ptr::copy_nonoverlapping(bytes.as_ptr(), dest, len);
    Ok(())
}

fn start_response(out: ResponseOutparam, status: u16, content_type: &str) -> OutgoingBody {
    let fields = Fields::from_list(&[("content-type".into(), content_type.as_bytes().to_vec())]).unwrap();
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    body
}

fn respond(out: ResponseOutparam, status: u16, text: &str) {
    let body = start_response(out, status, "text/plain");
    let stream = body.write().unwrap();
    let _ = stream.blocking_write_and_flush(text.as_bytes());
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

/// Moves everything from one stream to the other; ends early when the reader goes away.
fn pump(input: &InputStream, output: &OutputStream) -> Result<(), StreamError> {
    let (readable, writable) = (input.subscribe(), output.subscribe());
    let mut pending: Vec<u8> = Vec::new();
    loop {
        while !pending.is_empty() {
            let room = (output.check_write()? as usize).min(pending.len());
            if room == 0 {
                poll(&[&writable]);
                continue;
            }
            output.write(&pending[..room])?;
            pending.drain(..room);
        }
        match input.read(65536) {
            Ok(bytes) if bytes.is_empty() => {
                poll(&[&readable]);
            }
            Ok(bytes) => pending = bytes,
            Err(StreamError::Closed) => return output.blocking_flush(),
            Err(error) => return Err(error),
        }
    }
}

fn echo(request: &IncomingRequest, out: ResponseOutparam) {
    let incoming = request.consume().unwrap();
    let input = incoming.stream().unwrap();
    let body = start_response(out, 200, "application/octet-stream");
    let output = body.write().unwrap();
    let _ = pump(&input, &output);
    drop(output);
    let _ = OutgoingBody::finish(body, None);
}

fn cpu() -> u64 {
    let (mut x, mut sum) = (0x9E37_79B9_7F4A_7C15u64, 0u64);
    for _ in 0..10_000_000u32 {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sum = sum.wrapping_add(x);
    }
    sum
}

/// What an earlier event left behind: 0 in a fresh sandbox.
fn read_canary() -> u8 {
    CANARY.iter().fold(0, |found, byte| found | byte.load(Relaxed))
}

fn value<T: std::str::FromStr>(query: &str, key: &str) -> Option<T> {
    query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
}

impl Guest for App {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match (request.method(), path) {
            (Method::Post, "/echo") => echo(&request, out),
            (Method::Get, "/") => respond(out, 200, "hello world\n"),
            (Method::Get, "/cpu") => respond(out, 200, &format!("{}\n", cpu())),
            (Method::Get, "/random") => respond(out, 200, &format!("{}\n", rand::random::<u64>())),
            (Method::Get, "/counter") => {
                respond(out, 200, &format!("{}\n", COUNTER.fetch_add(1, Relaxed) + 1))
            }
            (Method::Get, "/canary") => {
                let before = read_canary();
                if let Some(byte) = value::<u8>(query, "write") {
                    CANARY.iter().for_each(|cell| cell.store(byte, Relaxed));
                }
                respond(out, 200, &format!("{before}\n"))
            }
            (Method::Get, "/sleep") => {
                subscribe_duration(value::<u64>(query, "ms").unwrap_or(0) * 1_000_000).block();
                respond(out, 200, "awake\n")
            }
            (Method::Get, _) => respond(out, 404, "not found\n"),
            _ => respond(out, 405, "method not allowed\n"),
        }
    }
}
