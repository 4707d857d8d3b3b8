// wasi/http/incoming-message.ts: incoming-request and incoming-response.
import {Fields, type RawFields} from './fields.ts'
import type {IncomingBody} from './incoming-body.ts'
import {HTTP, type Method, methodOf, type Scheme} from './method.ts'

/** The request as the server has it; what costs something is asked for only when the guest asks. */
export interface RequestSource {
  readonly method: string
  readonly pathWithQuery: string
  readonly authority: string | undefined
  rawHeaders(): readonly string[]
  openBody(): IncomingBody
}

export class IncomingRequest {
  readonly #source: RequestSource
  #headers: Fields | undefined
  #consumed = false

  constructor(source: RequestSource) {
    this.#source = source
  }

  get method(): Method {
    return methodOf(this.#source.method)
  }

  get pathWithQuery(): string {
    return this.#source.pathWithQuery
  }

  get authority(): string | undefined {
    return this.#source.authority
  }

  /** Always http, as in Spin: TLS ends at the server. */
  get scheme(): Scheme {
    return HTTP
  }

  get headers(): Fields {
    return (this.#headers ??= new Fields(() => this.#source.rawHeaders()))
  }

  /** The body, once; undefined the second time. */
  consume(): IncomingBody | undefined {
    if (this.#consumed) return undefined
    this.#consumed = true
    return this.#source.openBody()
  }

  /** Dropped by the guest: whoever has received it reads what is left. */
  release(): void {}
}

export class IncomingResponse {
  readonly status: number
  readonly headers: Fields
  #body: IncomingBody | undefined

  constructor(status: number, headers: RawFields, body: IncomingBody) {
    this.status = status
    this.headers = new Fields(headers)
    this.#body = body
  }

  consume(): IncomingBody | undefined {
    const body = this.#body
    this.#body = undefined
    return body
  }

  /** Dropped by the guest: a body that nobody took is not read. */
  release(): void {
    this.#body?.release()
  }
}
