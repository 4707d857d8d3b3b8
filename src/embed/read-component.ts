// embed/read-component.ts: a component's bytes, and what it is called.
import {readFile} from 'node:fs/promises'
import {basename} from 'node:path'
import {fileURLToPath} from 'node:url'
import {MayflyError} from '../base/errors.ts'
import {found} from './found.ts'

/** @throws FILE_NOT_FOUND, FILE_DENIED, FILE_FAILED, EMBED_BAD_OPTION */
export async function readComponent(
  source: string | URL | Uint8Array,
): Promise<Readonly<{bytes: Uint8Array; name: string}>> {
  if (source instanceof Uint8Array) return {bytes: checked(source, undefined), name: 'component'}
  const path = pathOf(source)
  return {bytes: checked(await readBytes(path), path), name: basename(path, '.wasm')}
}

const MAGIC = [0, 0x61, 0x73, 0x6d]

/** Text is the likeliest of what is no WebAssembly. */
function checked(bytes: Uint8Array, file: string | undefined): Uint8Array {
  if (MAGIC.every((byte, i) => bytes[i] === byte)) return bytes
  const isText = file?.endsWith('.wat') === true || bytes[0] === 0x28 || bytes[0] === 0x3b
  throw new MayflyError(
    'DECODE_MALFORMED',
    {reason: isText ? 'this is text, not a binary' : 'these bytes are no WebAssembly'},
    {
      ...(file === undefined ? {} : {at: {file}}),
      hint: isText
        ? 'make a binary of it: `npx mayfly build FILE.wat -o FILE.wasm`'
        : 'give a component, which other tools write to a .wasm file',
    },
  )
}

function pathOf(source: string | URL): string {
  const refuse = (value: string, reason: string): never => {
    throw new MayflyError('EMBED_BAD_OPTION', {option: 'the source', value, reason})
  }
  if (typeof source === 'string') return source
  if (!(source instanceof URL))
    return refuse(found(source), 'it must be a path, a file: URL or the bytes of a component')
  if (source.protocol === 'file:') return fileURLToPath(source)
  return refuse(source.href, 'only file: URLs are read; fetch the bytes and give those')
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    const details = {path, action: 'read', reason: message}
    if (code === 'ENOENT') throw new MayflyError('FILE_NOT_FOUND', details, {cause: error})
    if (code === 'EACCES' || code === 'EPERM') throw new MayflyError('FILE_DENIED', details, {cause: error})
    throw new MayflyError('FILE_FAILED', details, {cause: error})
  }
}
