/* The canonical ABI by wit-bindgen's C bindings. /echo waits with check-write and subscribe instead of blocking writes. */
#include "handler.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef exports_wasi_http_incoming_handler_own_incoming_request_t request_t;
typedef exports_wasi_http_incoming_handler_own_response_outparam_t outparam_t;
typedef wasi_io_streams_own_output_stream_t output_t;

static unsigned counter;
static uint8_t canary[65536];

static wasi_http_types_own_outgoing_body_t start_response(outparam_t out, int status, const char *content_type) {
  wasi_http_types_tuple2_field_name_field_value_t entry = {
    { (uint8_t *)"content-type", 12 }, { (uint8_t *)content_type, strlen(content_type) } };
  wasi_http_types_list_tuple2_field_name_field_value_t entries = { &entry, 1 };
  wasi_http_types_own_fields_t fields;
  wasi_http_types_header_error_t header_error;
  if (!wasi_http_types_static_fields_from_list(&entries, &fields, &header_error)) abort();
  wasi_http_types_own_outgoing_response_t response = wasi_http_types_constructor_outgoing_response(fields);
  wasi_http_types_borrow_outgoing_response_t borrowed = wasi_http_types_borrow_outgoing_response(response);
  if (!wasi_http_types_method_outgoing_response_set_status_code(borrowed, status)) abort();
  wasi_http_types_own_outgoing_body_t body;
  if (!wasi_http_types_method_outgoing_response_body(borrowed, &body)) abort();
  wasi_http_types_result_own_outgoing_response_error_code_t result = { .is_err = false, .val.ok = response };
  wasi_http_types_static_response_outparam_set(out, &result);
  return body;
}

static output_t open_stream(wasi_http_types_own_outgoing_body_t body) {
  output_t stream;
  if (!wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream)) abort();
  return stream;
}

static void finish(wasi_http_types_own_outgoing_body_t body, output_t stream) {
  wasi_http_types_error_code_t error;
  wasi_io_streams_output_stream_drop_own(stream);
  if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &error)) wasi_http_types_error_code_free(&error);
}

/* Writes what the stream takes, waits until it takes more; false when the reader went away. */
static bool write_all(output_t stream, const uint8_t *bytes, size_t len) {
  wasi_io_streams_borrow_output_stream_t to = wasi_io_streams_borrow_output_stream(stream);
  wasi_io_streams_stream_error_t error;
  wasi_io_poll_own_pollable_t ready = { 0 };
  bool subscribed = false, ok = true;
  while (ok && len > 0) {
    uint64_t room;
    if (!(ok = wasi_io_streams_method_output_stream_check_write(to, &room, &error))) break;
    if (room == 0) {
      if (!subscribed) ready.__handle = wasi_io_streams_method_output_stream_subscribe(to).__handle;
      subscribed = true;
      wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
      continue;
    }
    size_t n = room < len ? room : len;
    handler_list_u8_t part = { (uint8_t *)bytes, n };
    ok = wasi_io_streams_method_output_stream_write(to, &part, &error);
    bytes += n;
    len -= n;
  }
  if (ok) ok = wasi_io_streams_method_output_stream_blocking_flush(to, &error);
  if (subscribed) wasi_io_poll_pollable_drop_own(ready);
  if (!ok) wasi_io_streams_stream_error_free(&error);
  return ok;
}

static void respond(outparam_t out, int status, const char *text) {
  wasi_http_types_own_outgoing_body_t body = start_response(out, status, "text/plain");
  output_t stream = open_stream(body);
  write_all(stream, (const uint8_t *)text, strlen(text));
  finish(body, stream);
}

static void respond_number(outparam_t out, unsigned long long number) {
  char text[32];
  snprintf(text, sizeof text, "%llu\n", number);
  respond(out, 200, text);
}

static void echo(wasi_http_types_borrow_incoming_request_t request, outparam_t out) {
  wasi_http_types_own_incoming_body_t incoming;
  wasi_io_streams_own_input_stream_t input;
  if (!wasi_http_types_method_incoming_request_consume(request, &incoming)) abort();
  if (!wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(incoming), &input)) abort();
  wasi_http_types_own_outgoing_body_t outgoing = start_response(out, 200, "application/octet-stream");
  output_t output = open_stream(outgoing);
  for (;;) {
    handler_list_u8_t part;
    wasi_io_streams_stream_error_t error;
    if (!wasi_io_streams_method_input_stream_blocking_read(wasi_io_streams_borrow_input_stream(input), 65536, &part, &error)) {
      wasi_io_streams_stream_error_free(&error);
      break;
    }
    bool ok = write_all(output, part.ptr, part.len);
    handler_list_u8_free(&part);
    if (!ok) break;
  }
  wasi_io_streams_input_stream_drop_own(input);
  wasi_http_types_incoming_body_drop_own(incoming);
  finish(outgoing, output);
}

static uint64_t cpu(void) {
  uint64_t x = 0x9E3779B97F4A7C15ull, sum = 0;
  for (int i = 0; i < 10000000; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    sum += x;
  }
  return sum;
}

/* What an earlier event left behind: 0 in a fresh sandbox. */
static unsigned read_canary(void) {
  unsigned found = 0;
  for (size_t i = 0; i < sizeof canary; i++) found |= canary[i];
  return found;
}

static void sleep_ms(unsigned ms) {
  wasi_clocks_monotonic_clock_own_pollable_t timer = wasi_clocks_monotonic_clock_subscribe_duration(ms * 1000000ull);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(timer));
  wasi_io_poll_pollable_drop_own(timer);
}

void exports_wasi_http_incoming_handler_handle(request_t own, outparam_t out) {
  wasi_http_types_borrow_incoming_request_t request = wasi_http_types_borrow_incoming_request(own);
  wasi_http_types_method_t method;
  wasi_http_types_method_incoming_request_method(request, &method);
  handler_string_t target;
  char path[256] = "/";
  if (wasi_http_types_method_incoming_request_path_with_query(request, &target)) {
    size_t n = target.len < sizeof path ? target.len : sizeof path - 1;
    memcpy(path, target.ptr, n);
    path[n] = 0;
    handler_string_free(&target);
  }
  char *query = strchr(path, '?');
  if (query) *query++ = 0;
  else query = "";

  bool get = method.tag == WASI_HTTP_TYPES_METHOD_GET;
  if (method.tag == WASI_HTTP_TYPES_METHOD_POST && !strcmp(path, "/echo")) echo(request, out);
  else if (!get) respond(out, 405, "method not allowed\n");
  else if (!strcmp(path, "/")) respond(out, 200, "hello world\n");
  else if (!strcmp(path, "/cpu")) respond_number(out, cpu());
  else if (!strcmp(path, "/counter")) respond_number(out, ++counter);
  else if (!strcmp(path, "/random")) {
    uint64_t random;
    if (getentropy(&random, sizeof random)) abort();
    respond_number(out, random);
  } else if (!strcmp(path, "/canary")) {
    unsigned before = read_canary();
    if (!strncmp(query, "write=", 6)) memset(canary, atoi(query + 6), sizeof canary);
    respond_number(out, before);
  } else if (!strcmp(path, "/sleep")) {
    sleep_ms(!strncmp(query, "ms=", 3) ? atoi(query + 3) : 0);
    respond(out, 200, "awake\n");
  } else respond(out, 404, "not found\n");
  wasi_http_types_method_free(&method);
  wasi_http_types_incoming_request_drop_own(own);
}
