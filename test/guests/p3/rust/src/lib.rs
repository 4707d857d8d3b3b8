//! The routes that test/e2e/p3-toolchains.test.ts asks for.

wit_bindgen::generate!({
    path: "handler.wit",
    world: "app",
    generate_all,
});

use exports::wasi::http::handler::Guest;
use futures::future::{select, Either};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use wasi::clocks::monotonic_clock::wait_for;
use wasi::http::client;
use wasi::http::types::{ErrorCode, Fields, Method, Request, Response, Scheme, Trailers};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

struct Component;
export!(Component);

type TrailersResult = Result<Option<Trailers>, ErrorCode>;

static COUNTER: AtomicU32 = AtomicU32::new(0);

const MILLISECOND: u64 = 1_000_000;

impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let target = request.get_path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_string(), query.to_string());
        match path.as_str() {
            "/" => Ok(text("hello world\n")),
            "/counter" => Ok(text(&format!("{}\n", COUNTER.fetch_add(1, Ordering::SeqCst) + 1))),
            "/echo" => Ok(echo(request)),
            "/copy" => Ok(copy(request)),
            "/sleep" => {
                wait_for(number(&query, "ms") * MILLISECOND).await;
                Ok(text("awake\n"))
            }
            "/ticks" => Ok(ticks(number(&query, "n"))),
            "/proxy" => proxy(request, &value(&query, "to")).await,
            "/outbound" => Ok(outbound(&query).await),
            "/give-up" => Ok(give_up(&query).await),
            "/after" => Ok(after(number(&query, "ms"))),
            "/trailers" => Ok(trailers(request).await),
            "/error" => Err(ErrorCode::ConfigurationError),
            _ => {
                let response = text("not found\n");
                response.set_status_code(404).unwrap();
                Ok(response)
            }
        }
    }
}

fn value(query: &str, name: &str) -> String {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
        .to_string()
}

fn number(query: &str, name: &str) -> u64 {
    value(query, name).parse().unwrap_or(0)
}

fn no_trailers() -> FutureReader<TrailersResult> {
    // Dropping the writer writes what the closure gives.
    wit_future::new(|| Ok(None)).1
}

fn accepted() -> FutureReader<Result<(), ErrorCode>> {
    wit_future::new(|| Ok(())).1
}

fn text(body: &str) -> Response {
    let headers = Fields::new();
    headers.append("content-type", b"text/plain").unwrap();
    let (mut tx, rx) = wit_stream::new();
    let bytes = body.as_bytes().to_vec();
    wit_bindgen::spawn_local(async move {
        tx.write_all(bytes).await;
    });
    Response::new(headers, Some(rx), no_trailers()).0
}

/// The body goes through without being looked at.
fn echo(request: Request) -> Response {
    let (body, trailers) = Request::consume_body(request, accepted());
    Response::new(Fields::new(), Some(body), trailers).0
}

/// The body goes through this guest's memory.
fn copy(request: Request) -> Response {
    let (mut body, trailers) = Request::consume_body(request, accepted());
    let (mut tx, rx) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        loop {
            let (result, chunk) = body.read(Vec::with_capacity(64 * 1024)).await;
            if !chunk.is_empty() && !tx.write_all(chunk).await.is_empty() {
                return;
            }
            if !matches!(result, StreamResult::Complete(_)) {
                return;
            }
        }
    });
    Response::new(Fields::new(), Some(rx), trailers).0
}

/// A tick, a wait, a tick …
fn ticks(count: u64) -> Response {
    let (mut tx, rx) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        for _ in 0..count {
            if !tx.write_all(b"tick\n".to_vec()).await.is_empty() {
                return;
            }
            wait_for(20 * MILLISECOND).await;
        }
    });
    Response::new(Fields::new(), Some(rx), no_trailers()).0
}

fn outgoing(
    method: Method,
    authority: &str,
    path: &str,
    headers: Fields,
    body: Option<StreamReader<u8>>,
    trailers: FutureReader<TrailersResult>,
) -> Request {
    let (request, _) = Request::new(headers, body, trailers, None);
    request.set_method(&method).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    request
}

/// Method, headers and body go on to `to`, and its answer comes back, both as they come.
async fn proxy(request: Request, to: &str) -> Result<Response, ErrorCode> {
    let method = request.get_method();
    let headers = request.get_headers().clone();
    let (body, trailers) = Request::consume_body(request, accepted());
    let body = (!matches!(method, Method::Get | Method::Head)).then_some(body);
    client::send(outgoing(method, to, "/proxied", headers, body, trailers)).await
}

fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_string()),
    }
}

/// Asks `to` with `method`, and says what came of it.
async fn outbound(query: &str) -> Response {
    let method = method_of(&value(query, "method"));
    let (request, sent) = Request::new(Fields::new(), None, no_trailers(), None);
    let request = {
        request.set_method(&method).unwrap();
        request.set_scheme(Some(&Scheme::Http)).unwrap();
        request.set_authority(Some(&value(query, "to"))).unwrap();
        request.set_path_with_query(Some("/outbound")).unwrap();
        request
    };
    match client::send(request).await {
        Ok(response) => {
            let status = response.get_status_code();
            let (body, trailers) = Response::consume_body(response, accepted());
            let body = body.collect().await;
            let trailers = trailers.await.is_ok();
            let sent = sent.await.is_ok();
            text(&format!("{status} {} {trailers} {sent}\n", String::from_utf8_lossy(&body)))
        }
        Err(error) => text(&format!("{error:?} {}\n", sent.await.is_ok())),
    }
}

/// Asks `to`, and cancels that after `ms`.
async fn give_up(query: &str) -> Response {
    let request = outgoing(
        Method::Get,
        &value(query, "to"),
        "/slow",
        Fields::new(),
        None,
        no_trailers(),
    );
    let asked = pin!(client::send(request));
    let slept = pin!(wait_for(number(query, "ms") * MILLISECOND));
    match select(asked, slept).await {
        Either::Left(_) => text("answered\n"),
        Either::Right(_) => text("gave up\n"),
    }
}

/// Works on after the answer is out.
fn after(ms: u64) -> Response {
    wit_bindgen::spawn_local(async move {
        wait_for(ms * MILLISECOND).await;
        eprint_line("worked on\n").await;
    });
    text("done\n")
}

async fn eprint_line(line: &str) {
    let (mut tx, rx) = wit_stream::new();
    let written = wasi::cli::stderr::write_via_stream(rx);
    tx.write_all(line.as_bytes().to_vec()).await;
    drop(tx);
    let _ = written.await;
}

/// Gives the request's trailers back as the response's.
async fn trailers(request: Request) -> Response {
    let (body, trailers) = Request::consume_body(request, accepted());
    let bytes = body.collect().await;
    let got = trailers.await.unwrap();
    let (mut tx, rx) = wit_stream::new();
    let (trailers_tx, trailers_rx) = wit_future::new(|| Ok(None));
    wit_bindgen::spawn_local(async move {
        tx.write_all(bytes).await;
        drop(tx);
        let _ = trailers_tx.write(Ok(got)).await;
    });
    Response::new(Fields::new(), Some(rx), trailers_rx).0
}
