import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {barLines, figure, holds, median, table} from './figures.ts'
import {type Profile, spent} from './profile.ts'
import {parseWrk} from './wrk.ts'

describe('figures', () => {
  test('a median is the middle, whatever the order', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 2, 100]), 3)
    assert.ok(Number.isNaN(median([])))
  })

  test('three digits below a thousand, whole numbers above', () => {
    assert.deepEqual([0.12345, 12.345, 999, 1234.5, Number.NaN].map(figure), [
      '0.123',
      '12.3',
      '999',
      '1,235',
      '-',
    ])
  })

  test('columns line up', () => {
    assert.equal(table(['a', 'b'], [['xx', '1']]), 'a   b\n--  -\nxx  1')
  })

  test('a bar is kept, missed or not measured', () => {
    const bars = [
      {name: 'x', value: 3, limit: 2},
      {name: 'y', value: 3, limit: 2, atMost: true},
      {name: 'z', value: Number.NaN, limit: 2},
    ]
    assert.deepEqual(bars.map(holds), [true, false, false])
    assert.deepEqual(
      barLines(bars)
        .split('\n')
        .map(line => line.slice(0, 12).trim()),
      ['pass', 'FAIL', 'not measured'],
    )
  })
})

describe('wrk', () => {
  const text = (extra = ''): string => `Running 6s test @ http://127.0.0.1:1/
  Latency Distribution
     50%  815.00us
     75%    1.20ms
     90%    2.00ms
     99%    1.05s
  98765 requests in 6.00s, 12.34MB read
${extra}Requests/sec:  16460.83
Transfer/sec:      2.06MB
`

  test('rates, percentiles in any unit, no failures', () => {
    const expected = {requestsPerSecond: 16460.83, requests: 98765, p50Ms: 0.815, p99Ms: 1050, failed: 0}
    assert.deepEqual(parseWrk(text()), expected)
  })

  test('wrong answers and broken connections count as failures', () => {
    const extra = '  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 7\n'
    assert.equal(parseWrk(text(extra)).failed, 13)
  })
})

test('time is charged to the room whose code runs, and native code to its caller', () => {
  const node = (id: number, functionName: string, url: string, children: number[], lineNumber = 0) => ({
    id,
    callFrame: {functionName, url, lineNumber},
    children,
  })
  const profile: Profile = {
    nodes: [
      node(1, '(root)', '', [2, 3, 9]),
      node(2, '(idle)', '', [], -1),
      node(3, 'drain', 'file:///x/src/triggers/http/stages.ts', [4, 5]),
      node(4, 'writeLatin1String', '', [], -1),
      node(5, 'restore', 'file:///x/src/engine/snapshot/mapped.ts', [6, 7]),
      node(6, 'getrusage', '', [], -1),
      node(7, 'f_handle_', '', [8], 90),
      node(8, 'wasm-function[1]', 'wasm://wasm/1', []),
      node(9, '(garbage collector)', '', [], -1),
    ],
    samples: [2, 4, 6, 7, 8, 9],
    timeDeltas: [0, 100, 1, 2, 4, 8, 16],
  }
  const {byRoom, busyUs} = spent(profile)
  assert.equal(busyUs, 31)
  assert.deepEqual(
    [...byRoom].filter(([, us]) => us > 0),
    [
      ['HTTP', 1],
      ['glue', 4],
      ['guest', 8],
      ['restore', 2],
      ['collector', 16],
    ],
  )
})
