// build/javascript/guest/records.ts: what guest and host agree on; without effects, so that the host may import it.

/** The handler threw, or answered with something that is no Response. The host knows these lines by the marker. */
export const EXCEPTION_MARKER = 'mayfly:exception '

/** How loading the handler went; written during initialisation, never later. */
export const INIT_MARKER = 'mayfly:init '

export type ExceptionRecord = {name: string; message: string; stack: string; cause?: ExceptionRecord}

export type InitRecord =
  | {kind: 'ready'}
  /** The module is loaded; what follows happened while this request was answered. */
  | {kind: 'warming-up'; path: string}
  | {kind: 'impure'; what: string; stack: string}
  | {kind: 'threw'; error: ExceptionRecord}
  | {kind: 'no-handler'; found: string}
