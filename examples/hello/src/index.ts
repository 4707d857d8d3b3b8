// Every request runs in a sandbox of its own, so this counter is 1 in every answer.
let requests = 0

export default {
  fetch(request: Request): Response {
    requests++
    const {pathname} = new URL(request.url)
    return new Response(`Hello from ${pathname}: request number ${requests} of this sandbox\n`)
  },
}
