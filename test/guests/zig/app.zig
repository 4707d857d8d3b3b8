//! wit-bindgen's C header through `zig translate-c`. /echo lets the host move the bytes (blocking-splice).
const std = @import("std");
const c = @import("c");

var counter: u32 = 0;
var canary: [65536]u8 = @splat(0);

fn string(text: []const u8) c.handler_string_t {
    return .{ .ptr = @constCast(text.ptr), .len = text.len };
}

fn startResponse(out: c.wasi_http_types_own_response_outparam_t, status: u16, content_type: []const u8) c.wasi_http_types_own_outgoing_body_t {
    const fields = c.wasi_http_types_constructor_fields();
    var header_error: c.wasi_http_types_header_error_t = undefined;
    var name = string("content-type");
    var value: c.wasi_http_types_field_value_t = .{ .ptr = @constCast(content_type.ptr), .len = content_type.len };
    _ = c.wasi_http_types_method_fields_append(c.wasi_http_types_borrow_fields(fields), &name, &value, &header_error);
    const response = c.wasi_http_types_constructor_outgoing_response(fields);
    const borrowed = c.wasi_http_types_borrow_outgoing_response(response);
    _ = c.wasi_http_types_method_outgoing_response_set_status_code(borrowed, status);
    var body: c.wasi_http_types_own_outgoing_body_t = undefined;
    _ = c.wasi_http_types_method_outgoing_response_body(borrowed, &body);
    var result: c.wasi_http_types_result_own_outgoing_response_error_code_t = undefined;
    result.is_err = false;
    result.val.ok = response;
    c.wasi_http_types_static_response_outparam_set(out, &result);
    return body;
}

fn openStream(body: c.wasi_http_types_own_outgoing_body_t) c.wasi_http_types_own_output_stream_t {
    var stream: c.wasi_http_types_own_output_stream_t = undefined;
    _ = c.wasi_http_types_method_outgoing_body_write(c.wasi_http_types_borrow_outgoing_body(body), &stream);
    return stream;
}

fn finish(body: c.wasi_http_types_own_outgoing_body_t, stream: c.wasi_http_types_own_output_stream_t) void {
    c.wasi_io_streams_output_stream_drop_own(stream);
    var code: c.wasi_http_types_error_code_t = undefined;
    _ = c.wasi_http_types_static_outgoing_body_finish(body, null, &code);
}

fn respond(out: c.wasi_http_types_own_response_outparam_t, status: u16, text: []const u8) void {
    const body = startResponse(out, status, "text/plain");
    const stream = openStream(body);
    var bytes: c.handler_list_u8_t = .{ .ptr = @constCast(text.ptr), .len = text.len };
    var stream_error: c.wasi_io_streams_stream_error_t = undefined;
    _ = c.wasi_io_streams_method_output_stream_blocking_write_and_flush(c.wasi_io_streams_borrow_output_stream(stream), &bytes, &stream_error);
    finish(body, stream);
}

fn respondNumber(out: c.wasi_http_types_own_response_outparam_t, number: u64) void {
    var buffer: [32]u8 = undefined;
    respond(out, 200, std.fmt.bufPrint(&buffer, "{d}\n", .{number}) catch unreachable);
}

fn echo(request: c.wasi_http_types_borrow_incoming_request_t, out: c.wasi_http_types_own_response_outparam_t) void {
    var incoming: c.wasi_http_types_own_incoming_body_t = undefined;
    var input: c.wasi_http_types_own_input_stream_t = undefined;
    _ = c.wasi_http_types_method_incoming_request_consume(request, &incoming);
    _ = c.wasi_http_types_method_incoming_body_stream(c.wasi_http_types_borrow_incoming_body(incoming), &input);
    const body = startResponse(out, 200, "application/octet-stream");
    const output = openStream(body);
    var moved: u64 = undefined;
    var stream_error: c.wasi_io_streams_stream_error_t = undefined;
    while (c.wasi_io_streams_method_output_stream_blocking_splice(
        c.wasi_io_streams_borrow_output_stream(output),
        c.wasi_io_streams_borrow_input_stream(input),
        65536,
        &moved,
        &stream_error,
    )) {}
    c.wasi_io_streams_stream_error_free(&stream_error);
    c.wasi_io_streams_input_stream_drop_own(input);
    c.wasi_http_types_incoming_body_drop_own(incoming);
    finish(body, output);
}

fn cpu() u64 {
    var x: u64 = 0x9E3779B97F4A7C15;
    var sum: u64 = 0;
    for (0..10_000_000) |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sum +%= x;
    }
    return sum;
}

/// Zig's own generator, seeded by libc on each call.
fn random() u64 {
    var seed: [std.Random.DefaultCsprng.secret_seed_length]u8 = undefined;
    if (c.getentropy(&seed, seed.len) != 0) unreachable;
    var generator = std.Random.DefaultCsprng.init(seed);
    return generator.random().int(u64);
}

/// What an earlier event left behind: 0 in a fresh sandbox.
fn readCanary() u8 {
    var found: u8 = 0;
    for (canary) |byte| found |= byte;
    return found;
}

fn handle(request: c.wasi_http_types_borrow_incoming_request_t, out: c.wasi_http_types_own_response_outparam_t) void {
    var method: c.wasi_http_types_method_t = undefined;
    c.wasi_http_types_method_incoming_request_method(request, &method);
    var target: c.handler_string_t = undefined;
    var path: []const u8 = "/";
    var query: []const u8 = "";
    if (c.wasi_http_types_method_incoming_request_path_with_query(request, &target)) path = target.ptr[0..target.len];
    if (std.mem.indexOfScalar(u8, path, '?')) |at| {
        query = path[at + 1 ..];
        path = path[0..at];
    }
    if (method.tag == c.WASI_HTTP_TYPES_METHOD_POST and std.mem.eql(u8, path, "/echo")) return echo(request, out);
    if (method.tag != c.WASI_HTTP_TYPES_METHOD_GET) return respond(out, 405, "method not allowed\n");
    if (std.mem.eql(u8, path, "/")) return respond(out, 200, "hello world\n");
    if (std.mem.eql(u8, path, "/cpu")) return respondNumber(out, cpu());
    if (std.mem.eql(u8, path, "/random")) return respondNumber(out, random());
    if (std.mem.eql(u8, path, "/counter")) {
        counter += 1;
        return respondNumber(out, counter);
    }
    if (std.mem.eql(u8, path, "/canary")) {
        const before = readCanary();
        if (std.mem.startsWith(u8, query, "write=")) {
            @memset(&canary, std.fmt.parseInt(u8, query[6..], 10) catch 0);
        }
        return respondNumber(out, before);
    }
    respond(out, 404, "not found\n");
}

export fn exports_wasi_http_incoming_handler_handle(request: c.wasi_http_types_own_incoming_request_t, out: c.wasi_http_types_own_response_outparam_t) void {
    handle(c.wasi_http_types_borrow_incoming_request(request), out);
    c.wasi_http_types_incoming_request_drop_own(request);
}
