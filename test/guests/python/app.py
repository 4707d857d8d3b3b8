"""componentize-py's bindings; blocking reads and writes."""

import random

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports.monotonic_clock import subscribe_duration
from wit_world.imports.types import (
    Fields,
    IncomingRequest,
    Method_Get,
    Method_Post,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)

WRITE_MAX = 4096

counter = 0
canary = bytearray(65536)


def start_response(out: ResponseOutparam, status: int, content_type: str) -> OutgoingBody:
    response = OutgoingResponse(Fields.from_list([("content-type", content_type.encode())]))
    response.set_status_code(status)
    body = response.body()
    ResponseOutparam.set(out, Ok(response))
    return body


def write_all(stream, data: bytes) -> None:
    for start in range(0, len(data), WRITE_MAX):
        stream.blocking_write_and_flush(data[start : start + WRITE_MAX])


def respond(out: ResponseOutparam, status: int, text: str) -> None:
    body = start_response(out, status, "text/plain")
    with body.write() as stream:
        write_all(stream, text.encode())
    OutgoingBody.finish(body, None)


def echo(request: IncomingRequest, out: ResponseOutparam) -> None:
    incoming = request.consume()
    body = start_response(out, 200, "application/octet-stream")
    with incoming.stream() as source, body.write() as sink:
        while True:
            try:
                part = source.blocking_read(65536)
            except Err:
                break
            write_all(sink, part)
    OutgoingBody.finish(body, None)


def cpu() -> int:
    x, total = 0x9E3779B9, 0
    for _ in range(100_000):
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        total = (total + x) & 0xFFFFFFFF
    return total


def next_count() -> int:
    global counter
    counter += 1
    return counter


def swap_canary(query: str) -> int:
    """What an earlier event left behind: 0 in a fresh sandbox."""
    before = max(canary)
    if query.startswith("write="):
        canary[:] = bytes([int(query[6:])]) * len(canary)
    return before


def sleep(query: str) -> str:
    milliseconds = int(query[3:]) if query.startswith("ms=") else 0
    with subscribe_duration(milliseconds * 1_000_000) as timer:
        timer.block()
    return "awake"


GET = {
    "/": lambda query: "hello world",
    "/cpu": lambda query: str(cpu()),
    "/random": lambda query: str(random.random()),
    "/hash": lambda query: str(hash("mayfly")),
    "/counter": lambda query: str(next_count()),
    "/canary": lambda query: str(swap_canary(query)),
    "/sleep": sleep,
}


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        path, _, query = (request.path_with_query() or "/").partition("?")
        method = request.method()
        if isinstance(method, Method_Post) and path == "/echo":
            echo(request, response_out)
        elif not isinstance(method, Method_Get):
            respond(response_out, 405, "method not allowed\n")
        elif path in GET:
            respond(response_out, 200, GET[path](query) + "\n")
        else:
            respond(response_out, 404, "not found\n")
