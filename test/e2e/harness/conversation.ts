// e2e/harness/conversation.ts: HTTP/1.1 as it stands on the wire, byte by byte.
import net from 'node:net'
import {until} from './until.ts'

export type Conversation = Readonly<{
  /** All that came so far, as latin1. */
  heard: () => string
  say: (text: string) => void
  /** @throws Error with what was heard, when it does not come */
  hear: (part: RegExp) => Promise<void>
  hangUp: () => void
}>

/** A connection that ends with the test. */
export function converse(test: Readonly<{after(done: () => void): void}>, port: number): Conversation {
  const socket = net.connect(port, '127.0.0.1')
  test.after(() => void socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', data => (text += data))
  socket.on('error', () => {})
  return {
    heard: () => text,
    say: words => void socket.write(words, 'latin1'),
    hear: part =>
      until(() => part.test(text), {what: () => `${part}, heard ${JSON.stringify(text.slice(-500))}`}),
    hangUp: () => void socket.destroy(),
  }
}

export const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`
