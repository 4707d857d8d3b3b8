// Runs once for each request, in a sandbox of its own: nothing that is written here outlives the response.
export default {
  fetch(request: Request): Response {
    const {pathname} = new URL(request.url)
    return new Response(`Hello from {{name}}! You asked for ${pathname}\n`)
  },
}
