// build/javascript/world.ts: the world of a JavaScript component, as one WIT text.
import {readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {packageUrl} from './toolchain.ts'

/** Features of the JavaScript engine that handlers have; the names are the splicer's. */
export const ENGINE_FEATURES = ['stdio', 'random', 'clocks', 'http', 'fetch-event'] as const

export type World = Readonly<{
  name: string
  /** The whole WIT: the world's own package, then every package it needs. */
  wit: string
  /** What a handler may name in `import ... from`; nothing else is there when it runs. */
  importable: readonly string[]
}>

/** StarlingMonkey's core module is compiled against this version of WASI. */
const WASI_VERSION = '0.2.10'

/**
 * The only complete set of WIT files that comes with the tools is of this version. Both are versions of
 * one stable interface, so its files serve under the other's number.
 */
const WIT_FILES_VERSION = '0.2.12'

const ENVIRONMENT = `wasi:cli/environment@${WASI_VERSION}`

/** The world of an HTTP handler: `wasi:http/proxy`, and the environment variables. */
export function httpWorld(): World {
  const body = [`include wasi:http/proxy@${WASI_VERSION};`, `import ${ENVIRONMENT};`]
  return {
    name: 'handler',
    wit: [
      `package mayfly:javascript;\n`,
      `world handler {\n  ${body.join('\n  ')}\n}\n`,
      ...wasiPackages(),
    ].join('\n'),
    importable: [ENVIRONMENT, ...PROXY_IMPORTS.map(name => `${name}@${WASI_VERSION}`)],
  }
}

const PROXY_IMPORTS = [
  'wasi:cli/stderr',
  'wasi:cli/stdin',
  'wasi:cli/stdout',
  'wasi:clocks/monotonic-clock',
  'wasi:clocks/wall-clock',
  'wasi:http/outgoing-handler',
  'wasi:http/types',
  'wasi:io/error',
  'wasi:io/poll',
  'wasi:io/streams',
  'wasi:random/random',
]

/** Every WASI package in the nested form `package NAME { ... }`, ordered by name. */
function wasiPackages(): string[] {
  const folder = new URL(`lib/wit/builtin/${WIT_FILES_VERSION}/`, packageUrl('@bytecodealliance/jco'))
  const names = readdirSync(fileURLToPath(folder)).sort()
  return names.map(name => {
    const text = readFileSync(new URL(`${name}/package.wit`, folder), 'utf8')
    return nestPackage(text.replaceAll(WIT_FILES_VERSION, WASI_VERSION))
  })
}

/** `package a:b@1;` and what follows it as `package a:b@1 { ... }`. */
export function nestPackage(text: string): string {
  const header = /^package ([^;{]+);/m
  const name = header.exec(text)?.[1]
  if (name === undefined) throw new Error('a WIT file without a package line')
  return `package ${name} {\n${text.replace(header, '')}\n}\n`
}
