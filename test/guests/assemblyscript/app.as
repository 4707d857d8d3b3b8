// AssemblyScript has no component bindings: the canonical ABI is called by hand. (`.as`: it is not TypeScript.)
// The stub runtime never frees, which is right where every event has a fresh sandbox.

@external("wasi:http/types@0.2.12", "[constructor]fields")
declare function fieldsNew(): i32;
@external("wasi:http/types@0.2.12", "[method]fields.append")
declare function fieldsAppend(self: i32, name: usize, nameLen: usize, value: usize, valueLen: usize, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]incoming-request.method")
declare function requestMethod(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]incoming-request.path-with-query")
declare function requestPath(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]incoming-request.consume")
declare function requestConsume(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-request")
declare function requestDrop(self: i32): void;
@external("wasi:http/types@0.2.12", "[method]incoming-body.stream")
declare function incomingBodyStream(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-body")
declare function incomingBodyDrop(self: i32): void;
@external("wasi:http/types@0.2.12", "[constructor]outgoing-response")
declare function responseNew(headers: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-response.set-status-code")
declare function responseSetStatus(self: i32, status: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-response.body")
declare function responseBody(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[static]response-outparam.set")
declare function outparamSet(out: i32, isErr: i32, response: i32, b: i32, c: i64, d: i32, e: i32, f: i32, g: i32): void;
@external("wasi:http/types@0.2.12", "[method]outgoing-body.write")
declare function outgoingBodyWrite(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[static]outgoing-body.finish")
declare function outgoingBodyFinish(self: i32, hasTrailers: i32, trailers: i32, ret: usize): void;
@external("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
declare function blockingRead(self: i32, len: i64, ret: usize): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]input-stream")
declare function inputStreamDrop(self: i32): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
declare function blockingWriteAndFlush(self: i32, ptr: usize, len: usize, ret: usize): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]output-stream")
declare function outputStreamDrop(self: i32): void;
@external("wasi:random/random@0.2.12", "get-random-u64")
declare function randomU64(): u64;

/** Where the host leaves results that are too big for a register. */
const ret: usize = memory.data(64, 8);
/** A read never gives more than this, so one buffer serves all of them. */
const CHUNK: usize = 65536;
const WRITE_MAX: usize = 4096;

let chunk: usize = 0;
let reading = false;
let counter: u32 = 0;
const canary = new StaticArray<u8>(65536);

/** The seed that `Math.random` asks the host for (see the recipe's `--use`). */
export function seed(): f64 {
  return reinterpret<f64>(randomU64());
}

export function cabi_realloc(ptr: usize, oldLen: usize, align: usize, len: usize): usize {
  if (reading) return chunk;
  const fresh = heap.alloc(len);
  if (ptr) memory.copy(fresh, ptr, oldLen);
  return fresh;
}

function startResponse(out: i32, status: i32, contentType: string): i32 {
  const fields = fieldsNew();
  const name = Uint8Array.wrap(String.UTF8.encode("content-type"));
  const value = Uint8Array.wrap(String.UTF8.encode(contentType));
  fieldsAppend(fields, name.dataStart, name.length, value.dataStart, value.length, ret);
  const response = responseNew(fields);
  responseSetStatus(response, status);
  responseBody(response, ret);
  const body = load<i32>(ret, 4);
  outparamSet(out, 0, response, 0, 0, 0, 0, 0, 0);
  return body;
}

function write(stream: i32, ptr: usize, len: usize): bool {
  for (let at: usize = 0; at < len; at += WRITE_MAX) {
    blockingWriteAndFlush(stream, ptr + at, min(len - at, WRITE_MAX), ret);
    if (load<u8>(ret)) return false;
  }
  return true;
}

function respond(out: i32, status: i32, text: string): void {
  const body = startResponse(out, status, "text/plain");
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  outgoingBodyWrite(body, ret);
  const stream = load<i32>(ret, 4);
  write(stream, bytes.dataStart, bytes.length);
  outputStreamDrop(stream);
  outgoingBodyFinish(body, 0, 0, ret);
}

function echo(request: i32, out: i32): void {
  requestConsume(request, ret);
  const incoming = load<i32>(ret, 4);
  incomingBodyStream(incoming, ret);
  const input = load<i32>(ret, 4);
  const outgoing = startResponse(out, 200, "application/octet-stream");
  outgoingBodyWrite(outgoing, ret);
  const output = load<i32>(ret, 4);
  chunk = heap.alloc(CHUNK);
  while (true) {
    reading = true;
    blockingRead(input, CHUNK, ret);
    reading = false;
    if (load<u8>(ret)) break;
    if (!write(output, load<usize>(ret, 4), load<usize>(ret, 8))) break;
  }
  inputStreamDrop(input);
  incomingBodyDrop(incoming);
  outputStreamDrop(output);
  outgoingBodyFinish(outgoing, 0, 0, ret);
}

function cpu(): u64 {
  let x: u64 = 0x9E3779B97F4A7C15, sum: u64 = 0;
  for (let i = 0; i < 10000000; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    sum += x;
  }
  return sum;
}

/** What an earlier event left behind: 0 in a fresh sandbox. */
function readCanary(): u8 {
  let found: u8 = 0;
  for (let i = 0; i < canary.length; i++) found |= unchecked(canary[i]);
  return found;
}

export function handle(request: i32, out: i32): void {
  requestMethod(request, ret);
  const method = load<u8>(ret); // 0 get, 2 post
  requestPath(request, ret);
  let path = load<u8>(ret) ? String.UTF8.decodeUnsafe(load<usize>(ret, 4), load<usize>(ret, 8)) : "/";
  let query = "";
  const mark = path.indexOf("?");
  if (mark >= 0) {
    query = path.substring(mark + 1);
    path = path.substring(0, mark);
  }
  if (method == 2 && path == "/echo") echo(request, out);
  else if (method != 0) respond(out, 405, "method not allowed\n");
  else if (path == "/") respond(out, 200, "hello world\n");
  else if (path == "/cpu") respond(out, 200, cpu().toString() + "\n");
  else if (path == "/random") respond(out, 200, Math.random().toString() + "\n");
  else if (path == "/counter") respond(out, 200, (++counter).toString() + "\n");
  else if (path == "/canary") {
    const before = readCanary();
    if (query.startsWith("write=")) {
      memory.fill(changetype<usize>(canary), <u8>I32.parseInt(query.substring(6)), canary.length);
    }
    respond(out, 200, before.toString() + "\n");
  } else respond(out, 404, "not found\n");
  requestDrop(request);
}
