// Made by `mayfly types`: what plugin.wat imports and exports.
import type {Awaitable, Result} from 'mayfly'

/** example:reader/documents@1.0.0, imported */
export declare namespace ExampleReaderDocuments {
  export type Problem = "missing" | "forbidden"
  export interface Document extends Partial<Disposable> {
    nextLine: () => Awaitable<string | undefined>
  }
  export interface Functions {
    open: (path: string) => Awaitable<Result<ExampleReaderDocuments.Document, ExampleReaderDocuments.Problem>>
  }
}

export type World = {
  imports: {
    "example:reader/documents@1.0.0": ExampleReaderDocuments.Functions
  }
  exports: {
    countLines: (path: string) => Promise<Result<number, ExampleReaderDocuments.Problem>>
  }
}
