// The routes that test/e2e/p3-toolchains.test.ts asks for: in the callback form where it waits for a clock, with a stack of
// its own elsewhere.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app.h"

typedef wasi_http_types_own_request_t request_t;
typedef wasi_http_types_own_response_t response_t;
typedef wasi_http_types_own_fields_t fields_t;
typedef wasi_http_types_stream_u8_t stream_t;
typedef wasi_http_types_stream_u8_writer_t stream_writer_t;
typedef wasi_http_types_future_result_option_own_trailers_error_code_t trailers_t;
typedef wasi_http_types_future_result_option_own_trailers_error_code_writer_t trailers_writer_t;
typedef wasi_http_types_result_option_own_trailers_error_code_t trailers_result_t;
typedef wasi_http_types_future_result_void_error_code_t sent_t;
typedef wasi_http_types_future_result_void_error_code_writer_t sent_writer_t;
typedef wasi_http_types_result_void_error_code_t sent_result_t;
typedef wasi_http_types_tuple2_stream_u8_future_result_option_own_trailers_error_code_t contents_t;
typedef wasi_http_client_result_own_response_error_code_t answer_t;

#define trailers_new wasi_http_types_future_result_option_own_trailers_error_code_new
#define trailers_read wasi_http_types_future_result_option_own_trailers_error_code_read
#define trailers_write wasi_http_types_future_result_option_own_trailers_error_code_write
#define trailers_drop_reader wasi_http_types_future_result_option_own_trailers_error_code_drop_readable
#define trailers_drop_writer wasi_http_types_future_result_option_own_trailers_error_code_drop_writable
#define sent_new wasi_http_types_future_result_void_error_code_new
#define sent_read wasi_http_types_future_result_void_error_code_read
#define sent_write wasi_http_types_future_result_void_error_code_write
#define sent_drop_reader wasi_http_types_future_result_void_error_code_drop_readable
#define sent_drop_writer wasi_http_types_future_result_void_error_code_drop_writable

#define BUFFER 65536
#define MILLISECOND 1000000ull

static uint8_t buffer[BUFFER];
static int counter = 0;

// Waiting, with a stack.

static uint32_t await_event(uint32_t waitable) {
  app_event_t event;
  app_waitable_set_t set = app_waitable_set_new();
  app_waitable_join(waitable, set);
  app_waitable_set_wait(set, &event);
  app_waitable_join(waitable, 0);
  app_waitable_set_drop(set);
  return event.code;
}

static app_waitable_status_t await_copy(app_waitable_status_t status, uint32_t waitable) {
  return status == APP_WAITABLE_STATUS_BLOCKED ? await_event(waitable) : status;
}

static void await_subtask(app_subtask_status_t status) {
  if (APP_SUBTASK_STATE(status) == APP_SUBTASK_RETURNED) return;
  app_subtask_t subtask = APP_SUBTASK_HANDLE(status);
  while (await_event(subtask) != APP_SUBTASK_RETURNED)
    ;
  app_subtask_drop(subtask);
}

// Streams.

static bool write_all(stream_writer_t out, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    app_waitable_status_t status = await_copy(wasi_http_types_stream_u8_write(out, bytes, length), out);
    bytes += APP_WAITABLE_COUNT(status);
    length -= APP_WAITABLE_COUNT(status);
    if (APP_WAITABLE_STATE(status) != APP_WAITABLE_COMPLETED) return false;
  }
  return true;
}

/** Reads into `buffer`; false at the end. */
static bool read_some(stream_t in, size_t *length) {
  app_waitable_status_t status = await_copy(wasi_http_types_stream_u8_read(in, buffer, BUFFER), in);
  *length = APP_WAITABLE_COUNT(status);
  return APP_WAITABLE_STATE(status) == APP_WAITABLE_COMPLETED;
}

typedef struct {
  uint8_t *bytes;
  size_t length;
} bytes_t;

static bytes_t read_all(stream_t in) {
  bytes_t all = {NULL, 0};
  for (bool more = true; more;) {
    size_t length;
    more = read_some(in, &length);
    all.bytes = realloc(all.bytes, all.length + length + 1);
    memcpy(all.bytes + all.length, buffer, length);
    all.length += length;
  }
  if (all.bytes) all.bytes[all.length] = 0;
  wasi_http_types_stream_u8_drop_readable(in);
  return all;
}

static void end_trailers(trailers_writer_t writer, trailers_result_t *result) {
  await_copy(trailers_write(writer, result), writer);
  trailers_drop_writer(writer);
}

static void no_trailers(trailers_writer_t writer) {
  trailers_result_t none = {.is_err = false, .val.ok.is_some = false};
  end_trailers(writer, &none);
}

/** A future that says already that all was well. `writer` is written once somebody may read. */
static void accept_contents(sent_writer_t writer) {
  sent_result_t fine = {.is_err = false};
  await_copy(sent_write(writer, &fine), writer);
  sent_drop_writer(writer);
}

static contents_t contents_of(request_t request) {
  sent_writer_t writer;
  contents_t contents;
  sent_t result = sent_new(&writer);
  wasi_http_types_static_request_consume_body(request, result, &contents);
  accept_contents(writer);
  return contents;
}

static contents_t contents_of_response(response_t response) {
  sent_writer_t writer;
  contents_t contents;
  sent_t result = sent_new(&writer);
  wasi_http_types_static_response_consume_body(response, result, &contents);
  accept_contents(writer);
  return contents;
}

// Answers.

static void returns(response_t response) {
  exports_wasi_http_handler_result_own_response_error_code_t result = {.is_err = false, .val.ok = response};
  exports_wasi_http_handler_handle_return(result);
}

static void fails(uint8_t code) {
  exports_wasi_http_handler_result_own_response_error_code_t result = {.is_err = true, .val.err.tag = code};
  exports_wasi_http_handler_handle_return(result);
}

static void responds(fields_t headers, int status, stream_t stream, trailers_t trailers) {
  wasi_http_types_tuple2_own_response_future_result_void_error_code_t made;
  wasi_http_types_static_response_new(headers, &stream, trailers, &made);
  if (!wasi_http_types_method_response_set_status_code(wasi_http_types_borrow_response(made.f0), status)) abort();
  sent_drop_reader(made.f1);
  returns(made.f0);
}

static fields_t plain(void) {
  fields_t headers = wasi_http_types_constructor_fields();
  wasi_http_types_header_error_t error;
  wasi_http_types_field_name_t name = {(uint8_t *)"content-type", 12};
  wasi_http_types_field_value_t value = {(uint8_t *)"text/plain", 10};
  if (!wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(headers), &name, &value, &error)) abort();
  return headers;
}

static void says(int status, const uint8_t *bytes, size_t length) {
  stream_writer_t out;
  trailers_writer_t tail;
  stream_t stream = wasi_http_types_stream_u8_new(&out);
  trailers_t trailers = trailers_new(&tail);
  responds(plain(), status, stream, trailers);
  write_all(out, bytes, length);
  wasi_http_types_stream_u8_drop_writable(out);
  no_trailers(tail);
}

static void says_text(int status, const char *text) { says(status, (const uint8_t *)text, strlen(text)); }

// The query.

static char *value_of(const char *query, const char *name) {
  size_t length = strlen(name);
  while (query && *query) {
    const char *end = strchr(query, '&');
    size_t size = end ? (size_t)(end - query) : strlen(query);
    if (size > length && !strncmp(query, name, length) && query[length] == '=')
      return strndup(query + length + 1, size - length - 1);
    query = end ? end + 1 : NULL;
  }
  return strdup("");
}

static uint64_t number_of(const char *query, const char *name) { return strtoull(value_of(query, name), NULL, 10); }

static app_string_t string_of(char *text) { return (app_string_t){(uint8_t *)text, strlen(text)}; }

// Requests.

static const char *METHODS[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

static wasi_http_types_method_t method_named(char *name) {
  for (uint8_t tag = 0; tag < WASI_HTTP_TYPES_METHOD_OTHER; tag++)
    if (!strcmp(name, METHODS[tag])) return (wasi_http_types_method_t){.tag = tag};
  return (wasi_http_types_method_t){.tag = WASI_HTTP_TYPES_METHOD_OTHER, .val.other = string_of(name)};
}

static request_t request_to(char *authority, char *path, wasi_http_types_method_t method, fields_t headers,
                            stream_t *stream, trailers_t trailers, sent_t *sent) {
  wasi_http_types_tuple2_own_request_future_result_void_error_code_t made;
  wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTP};
  app_string_t to = string_of(authority), target = string_of(path);
  wasi_http_types_static_request_new(headers, stream, trailers, NULL, &made);
  wasi_http_types_borrow_request_t self = wasi_http_types_borrow_request(made.f0);
  if (!wasi_http_types_method_request_set_method(self, &method)) abort();
  if (!wasi_http_types_method_request_set_scheme(self, &scheme)) abort();
  if (!wasi_http_types_method_request_set_authority(self, &to)) abort();
  if (!wasi_http_types_method_request_set_path_with_query(self, &target)) abort();
  *sent = made.f1;
  return made.f0;
}

// The routes.

static void echo(request_t request) {
  contents_t contents = contents_of(request);
  responds(plain(), 200, contents.f0, contents.f1);
}

/** The body goes through this guest's memory. */
static void copy(request_t request) {
  contents_t contents = contents_of(request);
  stream_writer_t out;
  stream_t stream = wasi_http_types_stream_u8_new(&out);
  responds(plain(), 200, stream, contents.f1);
  for (bool more = true; more;) {
    size_t length;
    more = read_some(contents.f0, &length);
    if (!write_all(out, buffer, length)) break;
  }
  wasi_http_types_stream_u8_drop_readable(contents.f0);
  wasi_http_types_stream_u8_drop_writable(out);
}

static void ticks(uint64_t count) {
  stream_writer_t out;
  trailers_writer_t tail;
  stream_t stream = wasi_http_types_stream_u8_new(&out);
  trailers_t trailers = trailers_new(&tail);
  responds(plain(), 200, stream, trailers);
  while (count-- > 0 && write_all(out, (const uint8_t *)"tick\n", 5))
    await_subtask(wasi_clocks_monotonic_clock_wait_for(20 * MILLISECOND));
  wasi_http_types_stream_u8_drop_writable(out);
  no_trailers(tail);
}

/** Method, headers and body go on, and the answer comes back, both as they come. */
static void proxy(request_t request, char *to) {
  wasi_http_types_borrow_request_t self = wasi_http_types_borrow_request(request);
  wasi_http_types_method_t method;
  wasi_http_types_method_request_get_method(self, &method);
  fields_t received = wasi_http_types_method_request_get_headers(self);
  fields_t headers = wasi_http_types_method_fields_clone(wasi_http_types_borrow_fields(received));
  wasi_http_types_fields_drop_own(received);
  contents_t contents = contents_of(request);
  bool bodiless = method.tag == WASI_HTTP_TYPES_METHOD_GET || method.tag == WASI_HTTP_TYPES_METHOD_HEAD;
  if (bodiless) wasi_http_types_stream_u8_drop_readable(contents.f0);
  sent_t sent;
  answer_t answer;
  request_t next =
      request_to(to, "/proxied", method, headers, bodiless ? NULL : &contents.f0, contents.f1, &sent);
  sent_drop_reader(sent);
  await_subtask(wasi_http_client_send(next, &answer));
  if (answer.is_err) fails(answer.val.err.tag);
  else returns(answer.val.ok);
}

static void outbound(char *query) {
  trailers_writer_t tail;
  trailers_t trailers = trailers_new(&tail);
  sent_t sent;
  answer_t answer;
  request_t request = request_to(value_of(query, "to"), "/outbound", method_named(value_of(query, "method")),
                                 wasi_http_types_constructor_fields(), NULL, trailers, &sent);
  no_trailers(tail);
  await_subtask(wasi_http_client_send(request, &answer));
  sent_result_t was_sent;
  if (answer.is_err) {
    await_copy(sent_read(sent, &was_sent), sent);
    char text[64];
    snprintf(text, sizeof text, "error %d %s\n", answer.val.err.tag, was_sent.is_err ? "false" : "true");
    return says_text(200, text);
  }
  int status = wasi_http_types_method_response_get_status_code(wasi_http_types_borrow_response(answer.val.ok));
  contents_t contents = contents_of_response(answer.val.ok);
  bytes_t body = read_all(contents.f0);
  trailers_result_t got;
  await_copy(trailers_read(contents.f1, &got), contents.f1);
  await_copy(sent_read(sent, &was_sent), sent);
  char *text = malloc(body.length + 64);
  sprintf(text, "%d %s %s %s\n", status, body.length ? (char *)body.bytes : "", got.is_err ? "false" : "true",
          was_sent.is_err ? "false" : "true");
  says_text(200, text);
}

/** Asks, and cancels that after a while. */
static void give_up(char *query) {
  trailers_writer_t tail;
  trailers_t trailers = trailers_new(&tail);
  sent_t sent;
  answer_t answer;
  wasi_http_types_method_t get = {.tag = WASI_HTTP_TYPES_METHOD_GET};
  request_t request = request_to(value_of(query, "to"), "/slow", get, wasi_http_types_constructor_fields(), NULL,
                                 trailers, &sent);
  no_trailers(tail);
  sent_drop_reader(sent);
  app_subtask_t asked = APP_SUBTASK_HANDLE(wasi_http_client_send(request, &answer));
  app_subtask_t timer =
      APP_SUBTASK_HANDLE(wasi_clocks_monotonic_clock_wait_for(number_of(query, "ms") * MILLISECOND));
  app_waitable_set_t set = app_waitable_set_new();
  app_waitable_join(asked, set);
  app_waitable_join(timer, set);
  app_event_t event;
  app_waitable_set_wait(set, &event);
  bool answered = event.waitable == asked;
  app_waitable_join(asked, 0);
  app_waitable_join(timer, 0);
  app_waitable_set_drop(set);
  app_subtask_cancel(answered ? timer : asked);
  app_subtask_drop(asked);
  app_subtask_drop(timer);
  says_text(200, answered ? "answered\n" : "gave up\n");
}

/** Works on after the answer is out. */
static void after(uint64_t ms) {
  says_text(200, "done\n");
  await_subtask(wasi_clocks_monotonic_clock_wait_for(ms * MILLISECOND));
  fprintf(stderr, "worked on\n");
}

/** Gives the request's trailers back as the response's. */
static void trailing(request_t request) {
  contents_t contents = contents_of(request);
  bytes_t body = read_all(contents.f0);
  trailers_result_t got;
  await_copy(trailers_read(contents.f1, &got), contents.f1);
  stream_writer_t out;
  trailers_writer_t tail;
  stream_t stream = wasi_http_types_stream_u8_new(&out);
  trailers_t trailers = trailers_new(&tail);
  responds(plain(), 200, stream, trailers);
  write_all(out, body.bytes, body.length);
  wasi_http_types_stream_u8_drop_writable(out);
  end_trailers(tail, &got);
}

static app_callback_code_t sleeps(uint64_t ms) {
  app_subtask_status_t status = wasi_clocks_monotonic_clock_wait_for(ms * MILLISECOND);
  if (APP_SUBTASK_STATE(status) == APP_SUBTASK_RETURNED) {
    says_text(200, "awake\n");
    return APP_CALLBACK_CODE_EXIT;
  }
  app_waitable_set_t set = app_waitable_set_new();
  app_waitable_join(APP_SUBTASK_HANDLE(status), set);
  app_context_set_0((void *)APP_SUBTASK_HANDLE(status));
  return APP_CALLBACK_CODE_WAIT(set);
}

app_callback_code_t exports_wasi_http_handler_handle_callback(app_event_t *event) {
  if (event->event == APP_EVENT_CANCEL) {
    app_subtask_t sleep = (app_subtask_t)app_context_get_0();
    app_waitable_join(sleep, 0);
    app_subtask_cancel(sleep);
    app_subtask_drop(sleep);
    app_task_cancel();
    return APP_CALLBACK_CODE_EXIT;
  }
  if (event->event != APP_EVENT_SUBTASK || event->code != APP_SUBTASK_RETURNED) abort();
  app_subtask_drop(event->waitable);
  says_text(200, "awake\n");
  return APP_CALLBACK_CODE_EXIT;
}

app_callback_code_t exports_wasi_http_handler_handle(request_t request) {
  app_string_t target = {(uint8_t *)"", 0};
  wasi_http_types_method_request_get_path_with_query(wasi_http_types_borrow_request(request), &target);
  char *path = strndup((char *)target.ptr, target.len);
  char *query = strchr(path, '?');
  if (query) *query++ = 0;

  // These take the request.
  if (!strcmp(path, "/echo")) return echo(request), APP_CALLBACK_CODE_EXIT;
  if (!strcmp(path, "/copy")) return copy(request), APP_CALLBACK_CODE_EXIT;
  if (!strcmp(path, "/trailers")) return trailing(request), APP_CALLBACK_CODE_EXIT;
  if (!strcmp(path, "/proxy")) return proxy(request, value_of(query, "to")), APP_CALLBACK_CODE_EXIT;

  wasi_http_types_request_drop_own(request);
  if (!strcmp(path, "/sleep")) return sleeps(number_of(query, "ms"));
  if (!strcmp(path, "/")) says_text(200, "hello world\n");
  else if (!strcmp(path, "/counter")) {
    char text[16];
    snprintf(text, sizeof text, "%d\n", ++counter);
    says_text(200, text);
  } else if (!strcmp(path, "/ticks")) ticks(number_of(query, "n"));
  else if (!strcmp(path, "/outbound")) outbound(query);
  else if (!strcmp(path, "/give-up")) give_up(query);
  else if (!strcmp(path, "/after")) after(number_of(query, "ms"));
  else if (!strcmp(path, "/error")) fails(WASI_HTTP_TYPES_ERROR_CODE_CONFIGURATION_ERROR);
  else says_text(404, "not found\n");
  return APP_CALLBACK_CODE_EXIT;
}
