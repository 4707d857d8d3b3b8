// wasi/p3/filesystem/filesystem.ts: the package wasi:filesystem at 0.3, on the functions of 0.2.
import type {Result} from '../../../base/result.ts'
import {
  blockingFunction,
  type HostFunction,
  type HostItem,
  hostFunction,
  hostResource,
} from '../../../engine/link/imports.ts'
import {instantOf} from '../../clocks/clocks.ts'
import {type Descriptor, drop, statsOf} from '../../filesystem/descriptor.ts'
import {directoryFunctions, type PathFlags, statsFor} from '../../filesystem/directory-functions.ts'
import {attempt, type ErrorCode} from '../../filesystem/error-code.ts'
import {fileFunctions} from '../../filesystem/file-functions.ts'
import {descriptorFunctions, directoriesOf, type FilesystemConfig} from '../../filesystem/filesystem.ts'
import {type DescriptorType, statOf} from '../../filesystem/stat.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import {streamFunctions} from './streams.ts'
import * as types from './types.ts'

const {SELF, CODE, TIMESTAMP, PATH_FLAGS} = types
const OLD: Readonly<Record<string, HostItem>> = {
  ...descriptorFunctions,
  ...fileFunctions,
  ...directoryFunctions,
}

/** The function of 0.2 that has this name; `params` after `self`, and what its result holds. */
function method(name: string, params: readonly string[] = [], result = '_'): HostFunction {
  const old = OLD[`[method]descriptor.${name}`]
  if (old?.kind !== 'function') throw new Error(`a descriptor has no ${name}`)
  const {call} = old
  const type = `async func(${[SELF, ...params].join(', ')}) -> result<${result}, ${CODE}>`
  if (!old.mayBlock) return hostFunction((...args) => types.resultVariant(call(...args) as Answer), type)
  return blockingFunction((...args) => {
    const answer = call(...args) as Answer | Promise<Answer>
    return answer instanceof Promise ? answer.then(types.resultVariant) : types.resultVariant(answer)
  }, type)
}

type Answer = Result<unknown, ErrorCode>

const methods = (
  table: Readonly<Record<string, readonly [params: readonly string[], result?: string]>>,
): Record<string, HostItem> =>
  Object.fromEntries(
    Object.entries(table).map(([name, [params, result]]) => [
      `[method]descriptor.${name}`,
      method(name, params, result),
    ]),
  )

const typesInterface: NamedInterface = p3Interface('filesystem/types', {
  descriptor: hostResource<Descriptor>(drop),
  ...streamFunctions,
  ...methods({
    advise: [['u64', 'u64', types.ADVICE]],
    'sync-data': [[]],
    'get-flags': [[], types.FLAGS],
    'set-size': [['u64']],
    'set-times': [[TIMESTAMP, TIMESTAMP]],
    sync: [[]],
    'create-directory-at': [['string']],
    'set-times-at': [[PATH_FLAGS, 'string', TIMESTAMP, TIMESTAMP]],
    'link-at': [[PATH_FLAGS, 'string', SELF, 'string']],
    'open-at': [[PATH_FLAGS, 'string', types.OPEN_FLAGS, types.FLAGS], types.DESCRIPTOR],
    'readlink-at': [['string'], 'string'],
    'remove-directory-at': [['string']],
    'rename-at': [['string', SELF, 'string']],
    'symlink-at': [['string', 'string']],
    'unlink-file-at': [['string']],
    'metadata-hash': [[], types.HASH],
    'metadata-hash-at': [[PATH_FLAGS, 'string'], types.HASH],
  }),
  '[method]descriptor.get-type': hostFunction((_, self: Descriptor) => {
    const type: DescriptorType = self.kind === 'file' ? 'regular-file' : 'directory'
    return {tag: 'ok', val: types.typeVariant(type)}
  }, `async func(${SELF}) -> result<${types.TYPE}, ${CODE}>`),
  '[method]descriptor.stat': hostFunction(
    (_, self: Descriptor) =>
      types.resultVariant(attempt(() => types.statVariant(statOf(statsOf(self), instantOf)))),
    `async func(${SELF}) -> result<${types.STAT}, ${CODE}>`,
  ),
  '[method]descriptor.stat-at': hostFunction(
    (_, self: Descriptor, flags: PathFlags, path: string) =>
      types.resultVariant(attempt(() => types.statVariant(statOf(statsFor(self, flags, path), instantOf)))),
    `async func(${SELF}, ${PATH_FLAGS}, string) -> result<${types.STAT}, ${CODE}>`,
  ),
  '[method]descriptor.is-same-object': hostFunction(
    (OLD['[method]descriptor.is-same-object'] as HostFunction).call,
    `async func(${SELF}, ${SELF}) -> bool`,
  ),
})

export const filesystemInterfaces = (config: FilesystemConfig = {}): readonly NamedInterface[] => [
  typesInterface,
  p3Interface('filesystem/preopens', {
    'get-directories': hostFunction(
      directoriesOf(config),
      `func() -> list<tuple<${types.DESCRIPTOR}, string>>`,
    ),
  }),
]
