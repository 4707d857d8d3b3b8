import assert from 'node:assert/strict'
import {writeFileSync} from 'node:fs'
import {test} from 'node:test'
import {folder} from './harness/app.ts'
import {ask} from './harness/client.ts'
import {up} from './harness/mayfly.ts'
import {until} from './harness/until.ts'

const saying = (word: string): string => `export default {fetch: (): Response => new Response('${word}')}\n`

test('a saved edit answers soon and no request is dropped; a mistake keeps the version before', async t => {
  const dir = folder(t, {'app.ts': saying('one')})
  const served = await up(t, [`${dir}/app.ts`, '--watch'])
  assert.equal((await ask(served.url)).body, 'one')

  const refusals = (): number => served.err().match(/the version before goes on serving/g)?.length ?? 0
  const seen: string[] = []
  const pending: Promise<unknown>[] = []
  const load = setInterval(() => {
    pending.push(
      ask(served.url).then(
        ({status, body}) => seen.push(`${status} ${body}`),
        error => seen.push(String(error)),
      ),
    )
  }, 20)
  try {
    await until(() => seen.length > 5)
    const times: number[] = []
    for (const word of ['two', 'three', 'four']) {
      const saved = performance.now()
      writeFileSync(`${dir}/app.ts`, saying(word))
      await until(() => seen.includes(`200 ${word}`), {what: () => `${word}: ${served.err().slice(-1000)}`})
      times.push(Math.round(performance.now() - saved))
    }
    t.diagnostic(`ms from saving to the first answer: ${times.join(', ')}`)

    writeFileSync(`${dir}/app.ts`, 'export default {\n  fetch( {\n')
    await until(() => refusals() === 1, {what: () => served.err().slice(-1000)})
    assert.match(served.err(), /app\.ts:\d+:\d+/)
    const count = seen.length
    await until(() => seen.length > count + 5)
    assert.equal(seen.at(-1), '200 four')

    writeFileSync(`${dir}/app.ts`, `${saying('six')}export const count: number = 'six'\n`)
    await until(() => refusals() === 2, {what: () => served.err().slice(-1000)})
    assert.match(served.err(), /app\.ts:2:\d+/)
    assert.match(served.err(), /error\[BUILD_TYPE\]: Type 'string' is not assignable to type 'number'/)

    writeFileSync(`${dir}/app.ts`, saying('five'))
    await until(() => seen.includes('200 five'), {what: () => served.err().slice(-1000)})
  } finally {
    clearInterval(load)
    await Promise.all(pending)
  }
  assert.deepEqual(
    seen.filter(answer => !/^200 (one|two|three|four|five)$/.test(answer)),
    [],
  )
})
