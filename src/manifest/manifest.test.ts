import assert from 'node:assert/strict'
import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {test} from 'node:test'
import {type MayflyError, MayflyErrors} from '../base/errors.ts'
import type {App} from './app.ts'
import {parseManifest} from './parse.ts'
import {describeUnsupported} from './unsupported.ts'

// Each NAME.toml has its App in NAME.json, with what cannot run yet in NAME.unsupported, or its mistakes in NAME.err.
// UPDATE_GOLDEN=1 writes them anew; read the difference before you commit it.
const FOLDER = new URL('../../test/golden/manifest/', import.meta.url)
const names = readdirSync(FOLDER).flatMap(file => (file.endsWith('.toml') ? [file.slice(0, -5)] : []))

function render({code, message, at, hint}: MayflyError): string {
  const table = at?.path === undefined ? '' : ` [${at.path}]`
  return `error[${code}]: ${message}\n  at ${at?.file}:${at?.line}:${at?.column}${table}\n  hint: ${hint}\n`
}

type Outcome = {json?: string; unsupported?: string; err?: string}

function outcomeOf(text: string): Outcome {
  const profile = /^# profile: (\S+)/.exec(text)?.[1]
  let app: App
  try {
    app = parseManifest(text, {file: 'spin.toml', profile})
  } catch (error) {
    if (!(error instanceof MayflyErrors)) throw error
    return {err: error.errors.map(render).join('')}
  }
  const unsupported = describeUnsupported(app).map(render).join('')
  const json = `${JSON.stringify(app, null, 2)}\n`
  return unsupported === '' ? {json} : {json, unsupported}
}

for (const name of names) {
  test(`golden: ${name}`, () => {
    const outcome = outcomeOf(readFileSync(new URL(`${name}.toml`, FOLDER), 'utf8'))
    for (const extension of ['json', 'unsupported', 'err'] as const) {
      const file = new URL(`${name}.${extension}`, FOLDER)
      const found = outcome[extension]
      if (process.env['UPDATE_GOLDEN'] === '1') {
        if (found === undefined) rmSync(file, {force: true})
        else writeFileSync(file, found)
      }
      assert.equal(found, existsSync(file) ? readFileSync(file, 'utf8') : undefined, `${name}.${extension}`)
    }
  })
}
