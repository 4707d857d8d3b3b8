// bench/apps/hello.ts: the JavaScript hello: 12 bytes of text, as the floor answers.
export default {
  fetch(): Response {
    return new Response('hello world\n', {headers: {'content-type': 'text/plain'}})
  },
}
