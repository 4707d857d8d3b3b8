// wasi/http/http.ts: the package wasi:http.
import {hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import type {HttpClient} from './client.ts'
import type {OutgoingRequest, RequestOptions} from './outgoing-message.ts'
import {typesInterface} from './types.ts'

/** `clientOf` finds the client that has the grants of the store's component. */
export const httpInterfaces = (clientOf: (store: Store) => HttpClient): readonly NamedInterface[] => [
  typesInterface,
  wasiInterface('http/outgoing-handler', {
    handle: hostFunction((store, request: OutgoingRequest, options: RequestOptions | undefined) =>
      clientOf(store).send(request, options),
    ),
  }),
]
