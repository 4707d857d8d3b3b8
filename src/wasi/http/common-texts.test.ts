// wasi/http/common-texts.test.ts: what most messages hold is known.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {textAt} from '../../base/short-text.ts'
import {lowerCase} from './common-texts.ts'

test('what most answers hold is known by its bytes', () => {
  for (const text of [
    'content-type',
    'Content-Type',
    'content-length',
    'Content-Length',
    'application/json',
    'text/html; charset=utf-8',
    'text/plain;charset=UTF-8',
  ])
    assert.equal(textAt(Buffer.from(text), 0, text.length), text)
})

test('names in lower case, known or not', () => {
  for (const name of ['Content-Type', 'CONTENT-TYPE', 'content-type', 'X-Strange', 'ETag', '__proto__'])
    assert.equal(lowerCase(name), name.toLowerCase())
})
