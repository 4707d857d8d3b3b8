// Big Go, WASI preview 1 reactor under the adapter; wit-bindgen's Go bindings.
package export_wasi_http_incoming_handler

import (
	"fmt"
	"math/rand"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"wit_component/wasi_clocks_monotonic_clock"
	"wit_component/wasi_http_types"
	"wit_component/wasi_io_streams"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

const (
	writeMax = 4096
	// After so many parts of 64 KiB echo collects garbage.
	collectAfter = 64
)

var (
	counter int
	canary  [65536]byte
)

// The collector reads the wall clock. Were it to start while the host allocates memory for an argument, the runtime
// would call an import in the middle of cabi_realloc, which is a trap. So it runs only where the guest asks for it.
func init() {
	debug.SetGCPercent(-1)
}

func startResponse(out *wasi_http_types.ResponseOutparam, status uint16, contentType string) *wasi_http_types.OutgoingBody {
	fields := wasi_http_types.FieldsFromList([]wit.Tuple2[string, []uint8]{
		{F0: "content-type", F1: []byte(contentType)},
	}).Ok()
	response := wasi_http_types.MakeOutgoingResponse(fields)
	response.SetStatusCode(status)
	body := response.Body().Ok()
	wasi_http_types.ResponseOutparamSet(out, wit.Ok[*wasi_http_types.OutgoingResponse, wasi_http_types.ErrorCode](response))
	return body
}

func writeAll(stream *wasi_io_streams.OutputStream, bytes []byte) bool {
	for len(bytes) > 0 {
		n := min(writeMax, len(bytes))
		if stream.BlockingWriteAndFlush(bytes[:n]).IsErr() {
			return false
		}
		bytes = bytes[n:]
	}
	return true
}

func finish(body *wasi_http_types.OutgoingBody, stream *wasi_io_streams.OutputStream) {
	stream.Drop()
	wasi_http_types.OutgoingBodyFinish(body, wit.None[*wasi_http_types.Fields]())
}

func respond(out *wasi_http_types.ResponseOutparam, status uint16, text string) {
	body := startResponse(out, status, "text/plain")
	stream := body.Write().Ok()
	writeAll(stream, []byte(text))
	finish(body, stream)
}

func echo(request *wasi_http_types.IncomingRequest, out *wasi_http_types.ResponseOutparam) {
	incoming := request.Consume().Ok()
	input := incoming.Stream().Ok()
	body := startResponse(out, 200, "application/octet-stream")
	output := body.Write().Ok()
	for parts := 1; ; parts++ {
		part := input.BlockingRead(65536)
		if part.IsErr() || !writeAll(output, part.Ok()) {
			break
		}
		if parts%collectAfter == 0 {
			runtime.GC()
		}
	}
	input.Drop()
	incoming.Drop()
	finish(body, output)
}

func cpu() uint64 {
	var x, sum uint64 = 0x9E3779B97F4A7C15, 0
	for i := 0; i < 10_000_000; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		sum += x
	}
	return sum
}

// readCanary answers what an earlier event left behind: 0 in a fresh sandbox.
func readCanary() (found byte) {
	for _, b := range canary {
		found |= b
	}
	return found
}

// firstKey answers the key that iteration meets first: laid out by the map's random seed.
func firstKey() int {
	m := make(map[int]bool)
	for i := range 1000 {
		m[i] = true
	}
	for key := range m {
		return key
	}
	return -1
}

func value(query, key string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(query, key+"="))
	return n
}

func Handle(request *wasi_http_types.IncomingRequest, out *wasi_http_types.ResponseOutparam) {
	path, query, _ := strings.Cut(request.PathWithQuery().SomeOr("/"), "?")
	method := request.Method()
	switch get := method.Tag() == wasi_http_types.Method_Get; {
	case method.Tag() == wasi_http_types.Method_Post && path == "/echo":
		echo(request, out)
	case !get:
		respond(out, 405, "method not allowed\n")
	case path == "/":
		respond(out, 200, "hello world\n")
	case path == "/cpu":
		respond(out, 200, fmt.Sprintln(cpu()))
	case path == "/random":
		respond(out, 200, fmt.Sprintln(rand.Uint64()))
	case path == "/hash":
		respond(out, 200, fmt.Sprintln(firstKey()))
	case path == "/counter":
		counter++
		respond(out, 200, fmt.Sprintln(counter))
	case path == "/canary":
		before := readCanary()
		if strings.HasPrefix(query, "write=") {
			for i := range canary {
				canary[i] = byte(value(query, "write"))
			}
		}
		respond(out, 200, fmt.Sprintln(before))
	case path == "/sleep":
		timer := wasi_clocks_monotonic_clock.SubscribeDuration(uint64(value(query, "ms")) * 1_000_000)
		timer.Block()
		timer.Drop()
		respond(out, 200, "awake\n")
	default:
		respond(out, 404, "not found\n")
	}
}
