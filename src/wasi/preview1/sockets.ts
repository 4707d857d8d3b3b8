// wasi/preview1/sockets.ts: sock_*. No descriptor is a socket: WASI 0.1 cannot open one, and none is handed over.
import {fail} from './errno.ts'
import {type Preview1Function, plain} from './function.ts'
import type {Guest} from './guest.ts'

const noSocket = (guest: Guest, fd: number): never => {
  guest.files.get(fd)
  return fail('notsock')
}

export const socketFunctions: Readonly<Record<string, Preview1Function>> = {
  sock_accept: plain('iii', noSocket),
  sock_recv: plain('iiiiii', noSocket),
  sock_send: plain('iiiii', noSocket),
  sock_shutdown: plain('ii', noSocket),
}
