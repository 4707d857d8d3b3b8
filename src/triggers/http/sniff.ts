// triggers/http/sniff.ts: HTTP/1 or HTTP/2 on a plain socket, told by its first bytes (RFC 9113, 3.4).
import type {Socket} from 'node:net'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Calls `decided` once, with all bytes back in the socket; a client that says nothing for `timeoutMs` is cut off. */
export function sniffProtocol(socket: Socket, timeoutMs: number, decided: (isHttp2: boolean) => void): void {
  let seen: Buffer | undefined
  const silent = (): void => void socket.destroy()
  const ignore = (): void => {}
  const ended = (): void => void socket.destroy()
  const onData = (bytes: Buffer): void => {
    seen = seen === undefined ? bytes : Buffer.concat([seen, bytes])
    const length = Math.min(seen.length, PREFACE.length)
    const agrees = PREFACE.compare(seen, 0, length, 0, length) === 0
    if (agrees && seen.length < PREFACE.length) return
    socket.off('data', onData)
    socket.off('error', ignore)
    socket.off('timeout', silent)
    socket.off('end', ended)
    socket.setTimeout(0)
    // HTTP/2 takes the bytes out itself, a little later; until then they must not flow away.
    if (agrees) socket.pause()
    socket.unshift(seen)
    decided(agrees)
  }
  socket.setTimeout(timeoutMs)
  socket.on('timeout', silent)
  socket.on('error', ignore)
  socket.on('end', ended)
  socket.on('data', onData)
}
