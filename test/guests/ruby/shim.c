/* A wasi:http handler around the interpreter, which has an interface of its own for evaluating source text.
   Linked into the interpreter's memory: data and stack of the shim lie at the far end of the interpreter's stack. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name))) extern
#define EXPORT(name) __attribute__((export_name(name)))
#define HTTP "wasi:http/types@0.2.12"
#define STREAMS "wasi:io/streams@0.2.12"

IMPORT("ruby", "cabi_realloc") u8 *ruby_realloc(void *, u32, u32, u32);
IMPORT("ruby", "ruby-init: func(args: list<string>) -> ()") void ruby_init(u32 *args, u32 count);
IMPORT("ruby", "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>")
u32 *ruby_eval(const u8 *source, u32 len);
IMPORT("ruby", "rstring-ptr: func(value: handle<rb-abi-value>) -> string") u32 *ruby_string(u32 value);

IMPORT(HTTP, "[constructor]fields") u32 fields_new(void);
IMPORT(HTTP, "[method]fields.append") void fields_append(u32, const char *, u32, const char *, u32, u32 *ret);
IMPORT(HTTP, "[method]incoming-request.method") void request_method(u32, u32 *ret);
IMPORT(HTTP, "[method]incoming-request.path-with-query") void request_path(u32, u32 *ret);
IMPORT(HTTP, "[method]incoming-request.consume") void request_consume(u32, u32 *ret);
IMPORT(HTTP, "[resource-drop]incoming-request") void request_drop(u32);
IMPORT(HTTP, "[method]incoming-body.stream") void incoming_stream(u32, u32 *ret);
IMPORT(HTTP, "[resource-drop]incoming-body") void incoming_drop(u32);
IMPORT(HTTP, "[constructor]outgoing-response") u32 response_new(u32 fields);
IMPORT(HTTP, "[method]outgoing-response.set-status-code") u32 response_set_status(u32, u32);
IMPORT(HTTP, "[method]outgoing-response.body") void response_body(u32, u32 *ret);
IMPORT(HTTP, "[static]response-outparam.set") void outparam_set(u32, u32, u32, u32, u64, u32, u32, u32, u32);
IMPORT(HTTP, "[method]outgoing-body.write") void body_write(u32, u32 *ret);
IMPORT(HTTP, "[static]outgoing-body.finish") void body_finish(u32, u32, u32, u64 *ret);
IMPORT(STREAMS, "[method]input-stream.blocking-read") void input_read(u32, u64, u32 *ret);
IMPORT(STREAMS, "[resource-drop]input-stream") void input_drop(u32);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush") void output_write(u32, const u8 *, u32, u32 *ret);
IMPORT(STREAMS, "[resource-drop]output-stream") void output_drop(u32);

enum { METHOD_GET = 0, METHOD_POST = 2, WRITE_MAX = 4096, READ_MAX = 32768 };

typedef struct { const u8 *ptr; u32 len; } text;
typedef struct { u32 body, stream; } reply;

static const char BOOT[] =
#include "boot.inc"
;

static u8 *allocate(u32 len) { return ruby_realloc(0, 0, 8, len); }
static void release(const u8 *ptr, u32 len) { if (len) ruby_realloc((void *)ptr, len, 1, 0); }

static text literal(const char *chars) {
  u32 len = 0;
  while (chars[len]) len++;
  return (text){ (const u8 *)chars, len };
}

static u8 *put(u8 *to, text part) {
  __builtin_memcpy(to, part.ptr, part.len);
  return to + part.len;
}

/* Owned by the interpreter afterwards. */
static text copy(text part) {
  u8 *to = allocate(part.len);
  put(to, part);
  return (text){ to, part.len };
}

static u32 evaluate(text source) {
  u32 *result = ruby_eval(source.ptr, source.len);
  if (result[1]) __builtin_trap();
  return result[0];
}

static void boot(void) {
  static int booted;
  static const char *const ARGS[] = { "ruby.wasm", "-EUTF-8", "--disable-gems", "-e_=0" };
  if (booted) return;
  booted = 1;
  u32 *args = (u32 *)allocate(sizeof ARGS / sizeof *ARGS * 8);
  for (u32 i = 0; i < sizeof ARGS / sizeof *ARGS; i++) {
    text arg = literal(ARGS[i]);
    text owned = copy((text){ arg.ptr, arg.len + 1 });
    args[2 * i] = (u32)owned.ptr;
    args[2 * i + 1] = owned.len;
  }
  ruby_init(args, sizeof ARGS / sizeof *ARGS);
  evaluate(copy((text){ (const u8 *)BOOT, sizeof BOOT - 1 }));
}

/* Calls `function` with the bytes as a binary string; the string it returns. */
static text call(const char *function, text argument) {
  text head = literal(function), open = literal("(['"), close = literal("'].pack('H*'))");
  u8 *source = allocate(head.len + open.len + 2 * argument.len + close.len), *at = source;
  at = put(put(at, head), open);
  for (u32 i = 0; i < argument.len; i++) {
    *at++ = "0123456789abcdef"[argument.ptr[i] >> 4];
    *at++ = "0123456789abcdef"[argument.ptr[i] & 15];
  }
  at = put(at, close);
  u32 *string = ruby_string(evaluate((text){ source, at - source }));
  return (text){ (const u8 *)string[0], string[1] };
}

static reply start(u32 out, u32 status, const char *content_type) {
  u32 ret[16];
  u32 fields = fields_new();
  fields_append(fields, "content-type", 12, content_type, literal(content_type).len, ret);
  u32 response = response_new(fields);
  response_set_status(response, status);
  response_body(response, ret);
  reply made = { .body = ret[1] };
  outparam_set(out, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(made.body, ret);
  made.stream = ret[1];
  return made;
}

static int write(reply to, text part) {
  u32 ret[16];
  for (u32 at = 0; at < part.len; at += WRITE_MAX) {
    output_write(to.stream, part.ptr + at, part.len - at < WRITE_MAX ? part.len - at : WRITE_MAX, ret);
    if (*(u8 *)ret) return 0;
  }
  return 1;
}

static void finish(reply made) {
  u64 ret[8];
  output_drop(made.stream);
  body_finish(made.body, 0, 0, ret);
}

static void respond(u32 out, text answer) {
  const u8 *digit = answer.ptr;
  reply made = start(out, (digit[0] - '0') * 100 + (digit[1] - '0') * 10 + digit[2] - '0', "text/plain");
  write(made, (text){ answer.ptr + 3, answer.len - 3 });
  finish(made);
}

static void echo(u32 request, u32 out) {
  u32 ret[16];
  request_consume(request, ret);
  u32 incoming = ret[1];
  incoming_stream(incoming, ret);
  u32 input = ret[1];
  reply made = start(out, 200, "application/octet-stream");
  for (;;) {
    input_read(input, READ_MAX, ret);
    if (*(u8 *)ret) break;
    text part = { (const u8 *)ret[1], ret[2] };
    text answer = call("Guest.echo", part);
    release(part.ptr, part.len);
    int ok = write(made, answer);
    release(answer.ptr, answer.len);
    if (!ok) break;
  }
  input_drop(input);
  incoming_drop(incoming);
  finish(made);
}

static int equal(text part, const char *chars) {
  for (u32 i = 0; i < part.len; i++)
    if (!chars[i] || part.ptr[i] != chars[i]) return 0;
  return !chars[part.len];
}

EXPORT("wasi:http/incoming-handler@0.2.12#handle") void handle(u32 request, u32 out) {
  u32 ret[16];
  boot();
  request_method(request, ret);
  u8 method = *(u8 *)ret;
  request_path(request, ret);
  text path = *(u8 *)ret ? (text){ (const u8 *)ret[1], ret[2] } : literal("/");
  if (method == METHOD_POST && equal(path, "/echo")) echo(request, out);
  else if (method != METHOD_GET) respond(out, literal("405method not allowed\n"));
  else respond(out, call("Guest.get", path));
  request_drop(request);
}
