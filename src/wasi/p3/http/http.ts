// wasi/p3/http/http.ts: the package wasi:http@0.3.0.
import {blockingFunction} from '../../../engine/link/imports.ts'
import type {Store} from '../../../engine/store.ts'
import type {HttpClient} from '../../http/client.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import {send} from './client.ts'
import type {Request} from './message.ts'
import {typesItems} from './types.ts'

/**
 * `clientOf` finds the client that has the grants of the store's component. A middleware whose handler no other component
 * is sends its requests over the network, as `client` does.
 */
export function p3HttpInterfaces(clientOf: (store: Store) => HttpClient): readonly NamedInterface[] {
  const sends = blockingFunction((store: Store, request: Request) => send(store, clientOf(store), request))
  return [
    p3Interface('http/types', typesItems),
    p3Interface('http/client', {send: sends}),
    p3Interface('http/handler', {handle: sends}),
  ]
}
