// A program whose plug-in opens documents of the program and reads them as they arrive: a resource with async methods.
//
//     node --conditions=mayfly-source examples/embedding-resources/main.ts
import {once} from 'node:events'
import {createReadStream} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {createInterface, type Interface} from 'node:readline'
import {parse} from '@bytecodealliance/jco'
import {Engine, err, ok, type Result} from 'mayfly'
import type {ExampleReaderDocuments, World} from './plugin.d.ts'

const here = new URL('.', import.meta.url)

/** A WIT resource is a class: the plug-in holds a handle, and the object stays here. */
class Document {
  readonly #lines: Interface
  readonly #next: AsyncIterator<string>

  private constructor(lines: Interface) {
    this.#lines = lines
    this.#next = lines[Symbol.asyncIterator]()
  }

  /** What the plug-in may open is for the program to say. */
  static async open(path: string): Promise<Result<Document, ExampleReaderDocuments.Problem>> {
    if (path.includes('/') || path.startsWith('.')) return err('forbidden')
    const file = createReadStream(new URL(path, here))
    try {
      await once(file, 'open')
    } catch {
      return err('missing')
    }
    return ok(new Document(createInterface({input: file})))
  }

  /** The plug-in waits, without a thread, while the next line is read; other calls go on. */
  async nextLine(): Promise<string | undefined> {
    const {done, value} = await this.#next.next()
    return done ? undefined : value
  }

  /** When the plug-in drops the document, and at the end of the call at the latest. */
  [Symbol.dispose]() {
    this.#lines.close()
    console.log('a document is closed')
  }
}

await using engine = new Engine()
const reader = await engine.load<World>(await parse(await readFile(new URL('plugin.wat', here), 'utf8')), {
  name: 'reader',
  imports: {'example:reader/documents@1.0.0': {open: path => Document.open(path)}},
})

for (const path of ['plugin.wat', 'nowhere.txt', '../secrets.txt']) {
  const result = await reader.exports.countLines(path)
  console.log(`${path}: ${result.tag === 'ok' ? (result.val > 50 ? 'many lines' : 'few lines') : result.val}`)
}
