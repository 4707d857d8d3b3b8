import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {MayflyErrors} from '../../base/errors.ts'
import {type Duplicate, prepareRoutes} from './routes.ts'

const router = (...routes: string[]) => prepareRoutes(routes.map(route => ({route, target: route})))

const MATCHES: [routes: string[], path: string, expected: string | undefined][] = [
  [['/foo', '/foo/bar'], '/foo', '/foo'],
  [['/foo', '/foo/bar'], '/foo/bar', '/foo/bar'],
  [['/foo'], '/foo/', '/foo'],
  [['/foo/'], '/foo', '/foo/'],
  [['/foo/bar'], '/foo//bar', '/foo/bar'],
  [['foo'], '/foo', 'foo'],
  [['/foo'], '/foobar', undefined],
  [['/foo'], '/FOO', undefined],
  [['/foo'], '/', undefined],
  [['/'], '/', '/'],
  [['/'], '/x', undefined],
  [['/...'], '/', '/...'],
  [['/...'], '/a/b', '/...'],
  [['/*'], '/a/b', '/*'],
  [['/one', '/...'], '/one', '/one'],
  [['/...', '/one'], '/one', '/one'],
  [['/', '/...'], '/', '/'],
  [['/one/...', '/one/two/...', '/one/two/three/...'], '/one/two/three/four', '/one/two/three/...'],
  [['/one/two/three/...', '/one/two/...', '/one/...'], '/one/two/x', '/one/two/...'],
  [['/a/...', '/a/:b'], '/a/x', '/a/:b'],
  [['/:a/b', '/x/...'], '/x/b', '/x/...'],
  [['/a/:b', '/a/b'], '/a/b', '/a/b'],
  [['/a/:b'], '/a', undefined],
  [['/a/:b'], '/a/x/y', undefined],
  [['/:a.json', '/:a'], '/x.json', '/:a.json'],
  [['/:a.json', '/:a'], '/x.xml', '/:a'],
  [['/:a.json', '/v.:b'], '/v.json', '/v.:b'],
  [['/foo/...'], '/foo', '/foo/...'],
  [['/foo/...'], '/foobar', undefined],
  [['/.well-known/x'], '/.well-known/x', '/.well-known/x'],
  [['/a/b'], '/a/b?c=d', undefined],
  [['/a%20b'], '/a%20b', '/a%20b'],
  [['/a%20b'], '/a b', undefined],
  [['/a'], '/../a', undefined],
  [['/constructor'], '/__proto__', undefined],
]
for (const [routes, path, expected] of MATCHES) {
  test(`of ${routes.join(' ')}, ${path} gets ${expected ?? 'none'}`, () => {
    assert.equal(router(...routes).match(path)?.route.target, expected)
  })
}

const CAPTURES: [route: string, path: string, values: string[], pathInfo: string][] = [
  ['/test/...', '/test', [], ''],
  ['/test/...', '/test/', [], '/'],
  ['/test/...', '/test/hello', [], '/hello'],
  ['/test/...', '/test/hello/', [], '/hello/'],
  ['/...', '/1/2/3', [], '/1/2/3'],
  ['/...', '/', [], '/'],
  ['/1/:two/3', '/1/2/3', ['2'], ''],
  ['/1/:two/...', '/1/2/3/4', ['2'], '/3/4'],
  ['/:a/:b', '/x%2Fy/z', ['x%2Fy', 'z'], ''],
  ['/:name.:ext', '/file.txt', ['file', 'txt'], ''],
]
for (const [route, path, values, pathInfo] of CAPTURES) {
  test(`${route} takes from ${path}: ${JSON.stringify(values)} and ${JSON.stringify(pathInfo)}`, () => {
    const match = router(route).match(path)!
    assert.deepEqual([match.values, match.pathInfo], [values, pathInfo])
  })
}

test('mistakes are told all at once', () => {
  const wrong = ['/a b', '/x?y', '/.../x', '/a/*/b', '/a*', '/:', '/:a/:a', '/:a b', '/x#y', '/..../:é']
  assert.throws(
    () => router('/fine', ...wrong),
    error => {
      assert.ok(error instanceof MayflyErrors)
      assert.deepEqual(
        error.errors.map(({code, details}) => [code, details.route]),
        wrong.map(route => ['HTTP_ROUTE_INVALID', route]),
      )
      return true
    },
  )
})

test('of routes that say the same the last one counts, and it is told', () => {
  const told: Duplicate<string>[] = []
  const prepared = prepareRoutes(
    [
      {route: '/a', target: 'first'},
      {route: '/b/...', target: 'b'},
      {route: '/a/', target: 'second'},
    ],
    duplicate => told.push(duplicate),
  )
  assert.equal(prepared.match('/a')?.route.target, 'second')
  assert.deepEqual(told, [{route: '/a/', replaced: 'first', effective: 'second'}])
  assert.equal(prepared.routes.length, 2)
})

test('a private route is not matched', () => {
  const prepared = prepareRoutes<string>([
    {route: {private: true}, target: 'private'},
    {route: '/public', target: 'public'},
  ])
  assert.equal(prepared.match('/private'), undefined)
  assert.equal(prepared.match('/'), undefined)
  assert.equal(prepared.routes.length, 1)
})

test('any path is answered, and an exact route beats every pattern', () => {
  const prepared = router('/a/b', '/a/:x', '/:x/b', '/a/...', '/...', '/a.:x')
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', 'a', 'b', '.', ':x', '*', '%', 'é'), {maxLength: 12}),
      parts => {
        const path = `/${parts.join('')}`
        const match = prepared.match(path)!
        assert.ok(match !== undefined, path)
        if (path === '/a/b') assert.equal(match.route.target, '/a/b')
        assert.equal(match.values.length, match.route.params.length)
        for (const value of match.values) assert.ok(value !== '' && !value.includes('/'))
      },
    ),
  )
})
