// Made by `mayfly types`: what plugin.wat imports and exports.
import type {Awaitable} from 'mayfly'

/** example:greeter/logging@1.0.0, imported */
export declare namespace ExampleGreeterLogging {
  export type Level = "info" | "warning"
  export interface Functions {
    log: (level: ExampleGreeterLogging.Level, message: string) => Awaitable<void>
  }
}

export type World = {
  imports: {
    "example:greeter/logging@1.0.0": ExampleGreeterLogging.Functions
  }
  exports: {
    greet: (name: string) => Promise<string>
  }
}
