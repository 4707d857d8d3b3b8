import assert from 'node:assert/strict'
import {test} from 'node:test'
import {checkRoute} from './route.ts'

const GOOD = [
  '',
  '/',
  '/a',
  'a',
  '/a/',
  '/...',
  '/*',
  '/a/...',
  '/:id',
  '/:id/b/:c',
  '/:id/...',
  '/a.b/c..d',
  '/ä',
  '/a:b',
  '/%20',
  '/a*b',
]
for (const route of GOOD)
  test(`a route: ${JSON.stringify(route)}`, () => assert.equal(checkRoute(route), undefined))

const BAD = [
  '/.../a',
  '/*/a',
  '/:',
  '/a/:/b',
  '//',
  '/a//b',
  '/a...',
  '/...a',
  '/*a',
  '/a?b',
  '/a#b',
  '/ ',
  '/\n',
  '/a\u007f',
]
for (const route of BAD)
  test(`no route: ${JSON.stringify(route)}`, () => assert.notEqual(checkRoute(route), undefined))
