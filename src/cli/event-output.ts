// cli/event-output.ts: what an event prints, in its app's logs.
import {readFileSync} from 'node:fs'
import {
  exceptionError,
  exceptionText,
  type GuestException,
  readException,
} from '../build/javascript/exceptions.ts'
import {createFrameMapper, type FrameMapper} from '../build/javascript/frames.ts'
import {EXCEPTION_MARKER} from '../build/javascript/guest/records.ts'
import {StateKey, type Store} from '../engine/store.ts'
import type {EventOutput} from '../observe/guest-output.ts'
import {assembleLines} from '../observe/line-assembler.ts'
import type {Observer} from '../observe/observer.ts'
import {HTTP_EVENT} from '../triggers/http/sandboxed-guest.ts'
import type {ComponentFiles} from './prepare-app.ts'

/** An exception with its stack is one line, longer than those shown. */
const LONGEST_REPORT = 256 * 1024

/** Ended with its event. Exceptions that it reports go to its log and, in development, to its page. */
export function eventOutput(observer: Observer, files: ComponentFiles): StateKey<EventOutput> {
  const read = exceptionReader(files)
  return new StateKey(
    (store: Store) => {
      const {stdout, stderr} = observer.guests.open(store.component)
      const say = (line: string): void => stderr.write(Buffer.from(`${line}\n`))
      const lines = assembleLines(line => {
        const exception = read(line)
        if (exception === undefined) return say(line)
        store.state(HTTP_EVENT)?.fail(exceptionError(store.component, exception))
        say(exceptionText(exception))
      }, LONGEST_REPORT)
      return {
        stdout,
        stderr: {
          write: bytes => lines.write(bytes),
          end() {
            lines.end()
            stderr.end()
          },
        },
      }
    },
    ({stdout, stderr}) => {
      stdout.end()
      stderr.end()
    },
  )
}

/** Reads the exceptions among a component's lines; its source map is of use to nothing else. */
function exceptionReader({sourceMapPath}: ComponentFiles): (line: string) => GuestException | undefined {
  const sourceMap = sourceMapPath === undefined ? '' : readFileSync(sourceMapPath, 'utf8')
  let mapper: FrameMapper | undefined
  return line =>
    line.startsWith(EXCEPTION_MARKER)
      ? readException(line, (mapper ??= createFrameMapper(sourceMap)))
      : undefined
}
