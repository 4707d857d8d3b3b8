// e2e/harness/client.ts: requests as a client makes them.
import http from 'node:http'
import https from 'node:https'

/** Longer than any guest here is silent, on a busy machine too. */
const SILENCE_MS = 30_000

export type AskOptions = Readonly<{
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array
  agent?: http.Agent
  ca?: string
}>

export type Answer = Readonly<{
  status: number
  headers: http.IncomingHttpHeaders
  bytes: Buffer
  body: string
  /** The connection ended before the body did. */
  cut: boolean
  trailers: NodeJS.Dict<string>
}>

/** One request. An answer that breaks off is an answer with `cut`. @throws what the connection says, without an answer */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const {body, agent, ...rest} = options
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https') ? https : http).request(
      url,
      {...rest, agent: agent ?? false} as https.RequestOptions,
      async response => {
        const chunks: Buffer[] = []
        let cut = false
        try {
          for await (const chunk of response) chunks.push(chunk)
        } catch {
          cut = true
        }
        const bytes = Buffer.concat(chunks)
        const {headers, trailers} = response
        resolve({status: response.statusCode!, headers, bytes, body: bytes.toString(), cut, trailers})
      },
    )
    request.on('error', reject)
    request.setTimeout(SILENCE_MS, () =>
      request.destroy(new Error(`no word from ${url} for ${SILENCE_MS} ms`)),
    )
    request.end(body)
  })
}

/** `count` times `task`, at most `width` at once. */
export async function times<T>(
  count: number,
  width: number,
  task: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      results[index] = await task(index)
    }
  }
  await Promise.all(Array.from({length: Math.min(width, count)}, lane))
  return results
}

/** `count` GETs over `connections` connections that are kept alive. */
export async function load(url: string, count: number, connections: number): Promise<Answer[]> {
  const agent = new http.Agent({keepAlive: true, maxSockets: connections})
  try {
    return await times(count, connections, () => ask(url, {agent}))
  } finally {
    agent.destroy()
  }
}
