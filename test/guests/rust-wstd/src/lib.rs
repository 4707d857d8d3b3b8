//! The asynchronous `wstd`: std on WASI preview 1 under the adapter, its own WASI 0.2 imports beside.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};
use wstd::http::{Body, Error, Method, Request, Response};
use wstd::time::Duration;

static COUNTER: AtomicU32 = AtomicU32::new(0);
static CANARY: [AtomicU8; 65536] = [const { AtomicU8::new(0) }; 65536];

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

fn value<T: std::str::FromStr>(query: &str, key: &str) -> Option<T> {
    query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
}

/// What an earlier event left behind: 0 in a fresh sandbox.
fn swap_canary(query: &str) -> u8 {
    let before = CANARY.iter().fold(0, |found, byte| found | byte.load(Relaxed));
    if let Some(byte) = value(query, "write") {
        CANARY.iter().for_each(|cell| cell.store(byte, Relaxed));
    }
    before
}

fn answer(status: u16, content_type: &str, body: impl Into<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::builder().status(status).header("content-type", content_type).body(body.into())?)
}

fn text(status: u16, body: String) -> Result<Response<Body>, Error> {
    answer(status, "text/plain", body)
}

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    match (request.method(), path.as_str()) {
        (&Method::POST, "/echo") => answer(200, "application/octet-stream", request.into_body()),
        (&Method::GET, "/") => text(200, "hello world\n".to_owned()),
        (&Method::GET, "/cpu") => text(200, format!("{}\n", cpu())),
        (&Method::GET, "/random") => text(200, format!("{}\n", RandomState::new().hash_one(0))),
        (&Method::GET, "/counter") => text(200, format!("{}\n", COUNTER.fetch_add(1, Relaxed) + 1)),
        (&Method::GET, "/canary") => text(200, format!("{}\n", swap_canary(&query))),
        (&Method::GET, "/sleep") => {
            wstd::task::sleep(Duration::from_millis(value(&query, "ms").unwrap_or(0))).await;
            text(200, "awake\n".to_owned())
        }
        (&Method::GET, _) => text(404, "not found\n".to_owned()),
        _ => text(405, "method not allowed\n".to_owned()),
    }
}
