//! A Spin application as its SDK makes it: std on WASI preview 1 under the adapter.

use futures::{SinkExt, StreamExt};
use spin_sdk::http::{Fields, IncomingRequest, Method, OutgoingResponse, ResponseOutparam};
use spin_sdk::http_component;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};

static COUNTER: AtomicU32 = AtomicU32::new(0);
static CANARY: [AtomicU8; 65536] = [const { AtomicU8::new(0) }; 65536];

fn response(status: u16, content_type: &str) -> OutgoingResponse {
    let fields = Fields::from_list(&[("content-type".to_owned(), content_type.as_bytes().to_vec())]).unwrap();
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).unwrap();
    response
}

async fn respond(out: ResponseOutparam, status: u16, text: String) -> anyhow::Result<()> {
    out.set_with_body(response(status, "text/plain"), text.into_bytes()).await?;
    Ok(())
}

async fn echo(request: IncomingRequest, out: ResponseOutparam) -> anyhow::Result<()> {
    let mut input = request.into_body_stream();
    let answer = response(200, "application/octet-stream");
    let mut output = answer.take_body();
    out.set(answer);
    while let Some(part) = input.next().await {
        output.send(part?).await?;
    }
    Ok(())
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
fn swap_canary(query: &str) -> u8 {
    let before = CANARY.iter().fold(0, |found, byte| found | byte.load(Relaxed));
    if let Some(byte) = query.strip_prefix("write=").and_then(|text| text.parse().ok()) {
        CANARY.iter().for_each(|cell| cell.store(byte, Relaxed));
    }
    before
}

async fn answer(request: IncomingRequest, out: ResponseOutparam) -> anyhow::Result<()> {
    let target = request.path_with_query().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    match (request.method(), path) {
        (Method::Post, "/echo") => echo(request, out).await,
        (Method::Get, "/") => respond(out, 200, "hello world\n".to_owned()).await,
        (Method::Get, "/cpu") => respond(out, 200, format!("{}\n", cpu())).await,
        (Method::Get, "/random") => respond(out, 200, format!("{}\n", RandomState::new().hash_one(0))).await,
        (Method::Get, "/counter") => respond(out, 200, format!("{}\n", COUNTER.fetch_add(1, Relaxed) + 1)).await,
        (Method::Get, "/canary") => respond(out, 200, format!("{}\n", swap_canary(query))).await,
        (Method::Get, _) => respond(out, 404, "not found\n".to_owned()).await,
        _ => respond(out, 405, "method not allowed\n".to_owned()).await,
    }
}

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    if let Err(error) = answer(request, out).await {
        eprintln!("{error}");
    }
}
