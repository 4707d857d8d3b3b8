import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'node:test'
import fc from 'fast-check'
import {err} from '../../base/result.ts'
import {text, unwrap} from '../fixture.ts'
import {type Guest, guestOf, guestWith, tree} from './fixture.ts'

const FOLLOW = {symlinkFollow: true}
const NO_FOLLOW = {symlinkFollow: false}
const SECRET = 'the secret'

const contentOf = (guest: Guest, opened: any): string => {
  const [bytes] = unwrap<[Uint8Array]>(guest.method(unwrap(opened), 'read', 100n, 0n))
  guest.drop('filesystem/types', 'descriptor', opened.val)
  return text(bytes)
}

/** A mount 'in' beside a secret, and links of all kinds. */
const scene = {
  secret: SECRET,
  'in/a': 'A',
  'in/d/x': 'X',
  'in/d/up': '->../a',
  'in/d/upup': '->../../secret',
  'in/out': '->../secret',
  'in/outdir': '->..',
  'in/absolute': '->/etc/passwd',
  'in/slash': '->/',
  'in/self': '->self',
  'in/ping': '->pong',
  'in/pong': '->ping',
  'in/loopdir': '->loopdir/x',
  'in/good': '->d/x',
  'in/gooddir': '->d',
  'in/chain': '->gooddir/../good',
  'in/dangling': '->d/none',
  'in/hidden': '->d/../../secret',
  'in/proc': '->/proc/self/root/etc/passwd',
}

test('no path leads out', t => {
  const host = tree(t, scene)
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in'), writable: true}])
  const inside = unwrap(guest.open(guest.root, 'd'))
  const rows: [unknown, string, string][] = [
    [guest.root, '..', 'not-permitted'],
    [guest.root, '../secret', 'not-permitted'],
    [guest.root, '../in/a', 'not-permitted'],
    [guest.root, 'd/../../secret', 'not-permitted'],
    [guest.root, './/d/.././../secret', 'not-permitted'],
    [guest.root, 'd/x/../../../secret', 'not-directory'],
    [guest.root, '/', 'not-permitted'],
    [guest.root, '/etc/passwd', 'not-permitted'],
    [guest.root, '//etc/passwd', 'not-permitted'],
    [guest.root, path.join(host, 'in/a'), 'not-permitted'],
    [guest.root, 'out', 'not-permitted'],
    [guest.root, 'outdir', 'not-permitted'],
    [guest.root, 'outdir/secret', 'not-permitted'],
    [guest.root, 'outdir/in/a', 'not-permitted'],
    [guest.root, 'absolute', 'not-permitted'],
    [guest.root, 'slash/etc/passwd', 'not-permitted'],
    [guest.root, 'hidden', 'not-permitted'],
    [guest.root, 'proc', 'not-permitted'],
    [guest.root, 'self', 'loop'],
    [guest.root, 'ping', 'loop'],
    [guest.root, 'self/x', 'loop'],
    [guest.root, 'loopdir', 'loop'],
    [guest.root, 'dangling', 'no-entry'],
    // A directory's descriptor is a root too: not even the mount's other files are reached from it.
    [inside, '..', 'not-permitted'],
    [inside, '../a', 'not-permitted'],
    [inside, 'up', 'not-permitted'],
    [inside, 'upup', 'not-permitted'],
  ]
  for (const [self, name, code] of rows) {
    assert.deepEqual(guest.open(self, name, 'read follow'), err(code), `open ${name}`)
    assert.deepEqual(guest.method(self, 'stat-at', FOLLOW, name), err(code), `stat ${name}`)
    assert.deepEqual(guest.method(self, 'metadata-hash-at', FOLLOW, name), err(code), `hash ${name}`)
    assert.deepEqual(
      guest.method(self, 'set-times-at', FOLLOW, name, {tag: 'now'}, {tag: 'now'}),
      err(code),
      `set-times ${name}`,
    )
    if (code !== 'no-entry')
      assert.deepEqual(guest.open(self, name, 'write create follow'), err(code), `create ${name}`)
  }
  assert.equal(fs.readFileSync(path.join(host, 'secret'), 'utf8'), SECRET)
})

test('links inside lead where they point', t => {
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(tree(t, scene), 'in')}])
  for (const name of ['good', 'gooddir/x', 'chain', 'd/../good'])
    assert.equal(contentOf(guest, guest.open(guest.root, name, 'read follow')), 'X', name)
  assert.equal(contentOf(guest, guest.open(guest.root, 'd/up', 'read follow')), 'A')
  unwrap(guest.open(guest.root, 'gooddir', 'directory follow'))
  unwrap(guest.open(guest.root, 'gooddir/', 'read'))
})

test('without follow a link is a link', t => {
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(tree(t, scene), 'in')}])
  for (const name of ['good', 'out', 'absolute', 'self', 'dangling']) {
    assert.deepEqual(guest.open(guest.root, name), err('loop'), name)
    assert.equal(unwrap(guest.method(guest.root, 'stat-at', NO_FOLLOW, name)).type, 'symbolic-link', name)
  }
  assert.deepEqual(guest.open(guest.root, 'gooddir', 'directory'), err('not-directory'))
  assert.equal(unwrap(guest.method(guest.root, 'readlink-at', 'good')), 'd/x')
  assert.deepEqual(guest.method(guest.root, 'readlink-at', 'absolute'), err('not-permitted'))
  assert.deepEqual(guest.method(guest.root, 'readlink-at', '../secret'), err('not-permitted'))
})

test('no change leads out either', t => {
  const host = tree(t, scene)
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in'), writable: true}])
  const {root, method} = guest
  for (const outside of ['../made', 'outdir/made', '/tmp/made', 'slash/made', 'd/../../made'])
    for (const result of [
      method(root, 'create-directory-at', outside),
      method(root, 'symlink-at', 'a', outside),
      method(root, 'rename-at', 'a', root, outside),
      method(root, 'link-at', NO_FOLLOW, 'a', root, outside),
      method(root, 'rename-at', outside, root, 'stolen'),
      method(root, 'link-at', NO_FOLLOW, outside, root, 'stolen'),
      method(root, 'unlink-file-at', outside),
      method(root, 'remove-directory-at', outside),
      guest.open(root, outside, 'write create'),
    ])
      assert.deepEqual(result, err('not-permitted'), outside)
  for (const outside of ['../secret', 'outdir/secret'])
    assert.deepEqual(method(root, 'unlink-file-at', outside), err('not-permitted'))
  assert.deepEqual(method(root, 'symlink-at', '/etc', 'link'), err('not-permitted'))
  // Links are changed themselves, never what they point to.
  assert.deepEqual(method(root, 'unlink-file-at', 'out').tag, 'ok')
  assert.deepEqual(method(root, 'remove-directory-at', 'outdir'), err('not-directory'))
  // A slash would have the link followed.
  assert.deepEqual(method(root, 'remove-directory-at', 'outdir/'), err('not-permitted'))
  assert.deepEqual(method(root, 'unlink-file-at', 'outdir/'), err('not-directory'))
  assert.deepEqual(method(root, 'rename-at', 'outdir/', root, 'd2'), err('not-directory'))
  assert.deepEqual(fs.readdirSync(host).sort(), ['in', 'secret'])
})

test('a link that the guest makes itself leads nowhere either', t => {
  const host = tree(t, {secret: SECRET, 'in/d/': ''})
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in'), writable: true}])
  unwrap(guest.method(guest.root, 'symlink-at', '../secret', 'out'))
  unwrap(guest.method(guest.root, 'symlink-at', '../a', 'd/up'))
  assert.deepEqual(guest.open(guest.root, 'out', 'read follow'), err('not-permitted'))
  // Moved up, a link that pointed inside points outside.
  unwrap(guest.method(guest.root, 'rename-at', 'd/up', guest.root, 'up'))
  assert.deepEqual(guest.open(guest.root, 'up', 'read follow'), err('not-permitted'))
})

test('a single mounted file is only that file', t => {
  const host = tree(t, {secret: SECRET, 'd/one': '1', link: '->secret'})
  const guest = guestOf(t, [
    {guestPath: '/d/one', hostPath: path.join(host, 'd/one')},
    {guestPath: '/link', hostPath: path.join(host, 'link')},
  ])
  assert.equal(contentOf(guest, guest.open(guest.root, 'link')), SECRET)
  for (const name of ['secret', 'd/../secret', 'd/../../secret', 'd/one/../../../secret'])
    assert.equal(guest.open(guest.root, name, 'read follow').tag, 'err', name)
  // Whoever swaps the file for a link after it was mounted gains nothing.
  fs.rmSync(path.join(host, 'd/one'))
  fs.symlinkSync('../secret', path.join(host, 'd/one'))
  assert.deepEqual(guest.open(guest.root, 'd/one', 'read follow'), err('loop'))
})

test('a mount stays the directory that it was, whatever takes its name', {
  skip: process.platform !== 'linux' && 'directories are held by path here',
}, t => {
  const host = tree(t, {'in/a': 'A', 'evil/a': SECRET})
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in')}])
  fs.renameSync(path.join(host, 'in'), path.join(host, 'moved'))
  fs.symlinkSync('evil', path.join(host, 'in'))
  assert.equal(contentOf(guest, guest.open(guest.root, 'a')), 'A')
})

test('devices, FIFOs and sockets are not opened', {
  skip: process.platform === 'win32' && 'no FIFOs',
}, async t => {
  const host = tree(t, {a: ''})
  const made = spawn('mkfifo', [path.join(host, 'fifo')])
  await new Promise(resolve => made.once('exit', resolve))
  const guest = guestOf(t, [{guestPath: '/', hostPath: host, writable: true}])
  assert.deepEqual(guest.open(guest.root, 'fifo'), err('unsupported'))
  assert.equal(guest.open(guest.root, 'fifo', 'write').tag, 'err')
})

/** Swaps `swap` for a link to the outside and back, as fast as it can. */
const SWAPPER = `
const fs = require('fs')
process.chdir(process.argv[1])
process.on('disconnect', () => process.exit())
function round() {
  for (let i = 0; i < 200; i++) {
    fs.renameSync('in/swap', 'in/kept'); fs.symlinkSync('../outside', 'in/swap')
    fs.unlinkSync('in/swap'); fs.renameSync('in/kept', 'in/swap')
    fs.renameSync('in/file', 'in/kept'); fs.symlinkSync('../outside/f', 'in/file')
    fs.unlinkSync('in/file'); fs.renameSync('in/kept', 'in/file')
  }
  setImmediate(round)
}
process.send('go'); round()
`

test('no race leads out: a directory and a file become links while they are opened', {
  skip: process.platform !== 'linux' && 'directories are held by path here',
}, async t => {
  const host = tree(t, {'outside/f': SECRET, 'in/swap/f': 'inside', 'in/file': 'inside'})
  const swapper = spawn(process.execPath, ['-e', SWAPPER, host], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await new Promise(resolve => swapper.once('message', resolve))
  try {
    const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in')}])
    const seen = {ok: 0, err: 0}
    for (let i = 0; i < 1500; i++)
      for (const [name, flags] of [
        ['swap/f', 'read'],
        ['swap/../swap/f', 'read follow'],
        ['file', 'read follow'],
      ]) {
        const opened = guest.open(guest.root, name!, flags)
        seen[opened.tag as 'ok' | 'err']++
        if (opened.tag === 'ok') assert.equal(contentOf(guest, opened), 'inside')
        const stat = guest.method(guest.root, 'stat-at', FOLLOW, name)
        if (stat.tag === 'ok') assert.equal(stat.val.size, 6n)
      }
    assert.ok(seen.ok > 0 && seen.err > 0, `the race was not run: ${JSON.stringify(seen)}`)
  } finally {
    const gone = new Promise(resolve => swapper.once('exit', resolve))
    swapper.disconnect()
    await gone
  }
})

test('no random path reads the secret', t => {
  const host = tree(t, scene)
  const guest = guestOf(t, [{guestPath: '/', hostPath: path.join(host, 'in')}])
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'd',
    'x',
    'a',
    'secret',
    'in',
    'out',
    'outdir',
    'slash',
    'gooddir',
    'chain',
    'hidden',
    'self',
    'proc',
    'etc',
    'passwd',
    '...',
    '..\\',
    '%2e%2e',
  )
  fc.assert(
    fc.property(fc.array(part, {maxLength: 8}), fc.boolean(), (parts, follow) => {
      const opened = guest.open(guest.root, parts.join('/'), follow ? 'read follow' : 'read')
      if (opened.tag === 'err') return
      if (opened.val.kind === 'file') assert.match(contentOf(guest, opened), /^[AX]$/)
      else guest.drop('filesystem/types', 'descriptor', opened.val)
    }),
    {numRuns: 500},
  )
})

test('an event holds only so many files, and none after its end', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, t => {
  const guest = guestWith(t, {a: 'A', 'd/': ''})
  const descriptors = () => fs.readdirSync('/proc/self/fd').length
  const before = descriptors()
  for (const name of ['d/../d/../a/x', 'd/none', 'd/../d/none/x', 'd/../..']) guest.open(guest.root, name)
  guest.method(guest.root, 'stat-at', NO_FOLLOW, 'd/../d/../d')
  guest.method(guest.root, 'rename-at', 'd/../d/x', guest.root, 'd/../d/y')
  assert.equal(descriptors(), before, 'look-ups left directories open')
  const results = Array.from({length: 1100}, (_, i) => guest.open(guest.root, i % 2 === 0 ? 'a' : 'd'))
  assert.deepEqual(results.at(-1), err('quota'))
  assert.deepEqual(guest.method(guest.root, 'read-directory'), err('quota'))
  assert.deepEqual(guest.call('filesystem/preopens', 'get-directories'), [])
  assert.ok(results.filter(result => result.tag === 'ok').length > 1000)
  for (const result of results.slice(0, 500)) guest.drop('filesystem/types', 'descriptor', result.val)
  guest.store.clear()
  assert.equal(descriptors(), before)
  // What the engine drops afterwards closes nothing twice: the numbers may be another event's by now.
  const other = fs.openSync('/dev/null', 'r')
  for (const result of results)
    if (result.tag === 'ok') guest.drop('filesystem/types', 'descriptor', result.val)
  fs.fstatSync(other)
  fs.closeSync(other)
})
