//! Stands in front of a handler: it says so in the headers of both messages, and writes the answer in capitals as it goes.
//! `/through/...` and `/refused` do less, and `/impatient/...` does not wait long.

wit_bindgen::generate!({
    path: "handler.wit",
    world: "app",
    generate_all,
});

use exports::wasi::http::handler::Guest;
use futures::future::{select, Either};
use std::pin::pin;
use wasi::clocks::monotonic_clock::wait_for;
use wasi::http::handler;
use wasi::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

struct Component;
export!(Component);

const BUFFER: usize = 64 * 1024;
const PATIENCE_NS: u64 = 50_000_000;

impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let target = request.get_path_with_query().unwrap_or_default();
        if target.starts_with("/refused") {
            return Err(ErrorCode::HttpRequestDenied);
        }
        if target.starts_with("/through") {
            return handler::handle(request).await;
        }
        if let Some(inner) = target.strip_prefix("/impatient") {
            return impatient(marked(request, inner)).await;
        }
        let response = handler::handle(marked(request, &target)).await?;
        Ok(in_capitals(response))
    }
}

fn accepted() -> FutureReader<Result<(), ErrorCode>> {
    wit_future::new(|| Ok(())).1
}

fn with(headers: Fields, name: &str) -> Fields {
    let headers = headers.clone();
    headers.append(name, b"middleware").unwrap();
    headers
}

/// Cancels the handler's call when it takes too long.
async fn impatient(request: Request) -> Result<Response, ErrorCode> {
    let asked = pin!(handler::handle(request));
    let slept = pin!(wait_for(PATIENCE_NS));
    match select(asked, slept).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            let (response, _) = Response::new(Fields::new(), None, wit_future::new(|| Ok(None)).1);
            response.set_status_code(504).unwrap();
            Ok(response)
        }
    }
}

fn marked(request: Request, path: &str) -> Request {
    let headers = with(request.get_headers(), "x-passed");
    let method = request.get_method();
    let authority = request.get_authority();
    let (body, trailers) = Request::consume_body(request, accepted());
    let (next, _) = Request::new(headers, Some(body), trailers, None);
    next.set_method(&method).unwrap();
    next.set_scheme(Some(&Scheme::Http)).unwrap();
    next.set_path_with_query(Some(path)).unwrap();
    next.set_authority(authority.as_deref()).unwrap();
    next
}

fn in_capitals(response: Response) -> Response {
    let status = response.get_status_code();
    let headers = with(response.get_headers(), "x-answered");
    let (body, trailers) = Response::consume_body(response, accepted());
    let (next, _) = Response::new(headers, Some(capitals(body)), trailers);
    next.set_status_code(status).unwrap();
    next
}

fn capitals(mut body: StreamReader<u8>) -> StreamReader<u8> {
    let (mut tx, rx) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        loop {
            let (result, mut chunk) = body.read(Vec::with_capacity(BUFFER)).await;
            chunk.make_ascii_uppercase();
            if !chunk.is_empty() && !tx.write_all(chunk).await.is_empty() {
                return;
            }
            if !matches!(result, StreamResult::Complete(_)) {
                return;
            }
        }
    });
    rx
}
