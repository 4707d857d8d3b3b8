import assert from 'node:assert/strict'
import {closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, beforeEach, describe, test} from 'node:test'
import fc from 'fast-check'
import {guestOutput, truncateLogs} from './guest-output.ts'
import {assembleLines} from './line-assembler.ts'
import {printable} from './printable.ts'
import {jsonRequestLine, plainRequestLine} from './request-log.ts'
import type {RequestRecord} from './request-record.ts'
import {fdSink, type Sink} from './sink.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-observe-'))
after(() => rmSync(root, {recursive: true}))
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(root, 'd-'))
})

const memorySink = (): Sink & {text: string} => ({
  text: '',
  write(more) {
    this.text += more
  },
  flushSync() {},
  async close() {},
})

describe('lines', () => {
  const lines = (pieces: readonly (string | Uint8Array)[], maxLine?: number): string[] => {
    const seen: string[] = []
    const assembler = assembleLines(line => seen.push(line), maxLine)
    for (const piece of pieces) assembler.write(typeof piece === 'string' ? Buffer.from(piece) : piece)
    assembler.end()
    return seen
  }
  const cases: readonly [string, readonly (string | Uint8Array)[], string[], number?][] = [
    ['in one piece', ['a\nb\n'], ['a', 'b']],
    ['over pieces', ['a', 'b\nc', 'd\n'], ['ab', 'cd']],
    ['without a last line break', ['a\nb'], ['a', 'b']],
    ['empty ones', ['\n\n'], ['', '']],
    ['with CRLF', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['a character over two pieces', [Buffer.from([0xc3]), Buffer.from([0xa9, 10])], ['é']],
    ['no UTF-8', [Buffer.from([0xff, 10])], ['\ufffd']],
    ['too long', ['abcdefg\n'], ['abc', 'def', 'g'], 3],
    ['too long without an end', ['abcdefg'], ['abc', 'def', 'g'], 3],
    ['cut between characters, not within', ['a😀b\n'], ['a', '😀', 'b'], 2],
    ['nothing', [], []],
  ]
  for (const [name, pieces, expected, maxLine] of cases) {
    test(name, () => assert.deepEqual(lines(pieces, maxLine), expected))
  }
  test('are the same however the bytes are cut, none longer than allowed', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), fc.integer({min: 0, max: 200}), (bytes, cut) => {
        assert.deepEqual(lines([bytes.slice(0, cut), bytes.slice(cut)], 16), lines([bytes], 16))
        for (const line of lines([bytes], 16)) assert(line.length <= 16)
      }),
    )
  })
})

test('what is printable holds nothing that a terminal obeys', () => {
  assert.equal(printable('\x1b[31mred\x07\tok\x9b2J\u202e'), '␛[31mred␇\tok\\u{9b}2J\\u{202e}')
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), text =>
      assert.doesNotMatch(printable(text), /[\x00-\x08\x0a-\x1f\x7f-\x9f]/),
    ),
  )
})

describe('fdSink', () => {
  const open = (options = {}) => {
    const path = join(dir, 'out')
    return {path, sink: fdSink(openSync(path, 'a'), {owned: true, ...options})}
  }
  test('writes in order, all of it', async () => {
    const {path, sink} = open({flushMs: 1})
    let expected = ''
    for (let i = 0; i < 500; i++) {
      const line = `${i} ${'x'.repeat(i)}\n`
      sink.write(line)
      expected += line
      if (i % 50 === 0) await new Promise(resolve => setTimeout(resolve, 2))
    }
    await sink.close()
    assert.equal(readFileSync(path, 'utf8'), expected)
  })
  test('writes at once when the process is about to end', () => {
    const {path, sink} = open()
    sink.write('last words\n')
    sink.flushSync()
    assert.equal(readFileSync(path, 'utf8'), 'last words\n')
  })
  test('drops what nobody reads, and says so', async () => {
    const {path, sink} = open({maxPending: 10})
    for (const text of ['12345678\n', 'too much\n', 'again too much\n']) sink.write(text)
    await sink.close()
    assert.match(readFileSync(path, 'utf8'), /^12345678\n\(2 pieces of output were lost/)
  })
  test('survives a reader that went away', async () => {
    const path = join(dir, 'readonly')
    writeFileSync(path, '')
    const fd = openSync(path, 'r')
    const sink = fdSink(fd, {flushMs: 0})
    sink.write('x')
    await sink.close()
    sink.write('y')
    sink.flushSync()
    closeSync(fd)
  })
})

describe('guest output', () => {
  const say = async (options: Partial<Parameters<typeof guestOutput>[0]>, isTty = false) => {
    const stdout = memorySink()
    const stderr = memorySink()
    const output = guestOutput({
      terminal: {stdout: {sink: stdout, isTty}, stderr: {sink: stderr, isTty}},
      logDir: join(dir, 'logs'),
      ...options,
    })
    const one = output.open('cart')
    const two = output.open('cart')
    const other = output.open('user')
    one.stdout.write(Buffer.from('half '))
    two.stdout.write(Buffer.from('whole\n'))
    other.stderr.write(Buffer.from('\x1b[2Jbad\n'))
    one.stdout.write(Buffer.from('line\n'))
    for (const event of [one, two, other]) {
      event.stdout.end()
      event.stderr.end()
    }
    await output.close()
    return {stdout: stdout.text, stderr: stderr.text}
  }

  test('goes to the terminal by component, whole lines, and to files', async () => {
    const {stdout, stderr} = await say({}, true)
    assert.equal(stdout, 'cart: whole\ncart: half line\n')
    assert.equal(stderr, 'user: ␛[2Jbad\n')
    const files = Object.fromEntries(
      readdirSync(join(dir, 'logs')).map(name => [name, readFileSync(join(dir, 'logs', name), 'utf8')]),
    )
    assert.deepEqual(files, {'cart_stdout.txt': 'whole\nhalf line\n', 'user_stderr.txt': '\x1b[2Jbad\n'})
  })

  test('follows only the components that were named', async () => {
    assert.deepEqual(await say({follow: ['user']}), {stdout: '', stderr: 'user: \x1b[2Jbad\n'})
  })

  test('appends; truncateLogs empties', async () => {
    await say({})
    await say({})
    const log = join(dir, 'logs', 'cart_stdout.txt')
    assert.equal(readFileSync(log, 'utf8').split('\n').length, 5)
    truncateLogs(join(dir, 'logs'), ['cart'])
    assert.equal(readFileSync(log, 'utf8'), '')
  })

  test('says once when there can be no file, and goes on', async () => {
    writeFileSync(join(dir, 'logs'), 'a file')
    const {stdout, stderr} = await say({})
    assert.equal(stdout, 'cart: whole\ncart: half line\n')
    assert.equal(stderr.match(/no log file/g)?.length, 2)
  })

  test('a name never leaves the directory', async () => {
    const output = guestOutput({logDir: join(dir, 'logs')})
    const event = output.open('../../evil')
    event.stdout.write(Buffer.from('x\n'))
    await output.close()
    assert.deepEqual(readdirSync(join(dir, 'logs')), ['.._.._evil_stdout.txt'])
  })
})

describe('a request', () => {
  const record: RequestRecord = {
    method: 'GET',
    path: '/cart/1',
    route: '/cart/...',
    component: 'cart',
    status: 200,
    durationMs: 1.2345,
    sandbox: 'restored',
    memoryTouchedBytes: 260_000,
  }
  const error = {code: 'TRAP_CORE', message: 'unreachable\nGET / 200 forged'}

  test('as a line', () => {
    assert.equal(plainRequestLine(record), 'GET /cart/1 200 1.2 ms cart restored 254 KiB\n')
    const {component: _, ...unrouted} = record
    assert.equal(
      plainRequestLine({...unrouted, component: undefined, status: 404}),
      'GET /cart/1 404 1.2 ms\n',
    )
  })
  test('with what went wrong; nothing forges a line', () => {
    const text = plainRequestLine({...record, path: '/\r\n\x1b[1mx', error})
    assert.equal(
      text,
      'GET /␍␊␛[1mx 200 1.2 ms cart restored 254 KiB\n  error[TRAP_CORE]: unreachable\n    GET / 200 forged\n',
    )
  })
  test('of any length', () =>
    assert(plainRequestLine({...record, path: `/${'x'.repeat(100_000)}`}).length < 1_200))
  test('as JSON', () => {
    const line = jsonRequestLine({...record, error}, new Date(0))
    assert.equal(line.indexOf('\n'), line.length - 1)
    const {durationMs: _, ...rest} = record
    assert.deepEqual(JSON.parse(line), {...rest, time: '1970-01-01T00:00:00.000Z', ms: 1.235, error})
  })
})
