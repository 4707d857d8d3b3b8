// build/javascript/guest/eager.ts: entry of a component whose handler is loaded once, when it is built.
import paths from 'mayfly:warm-up-paths'
import {disarm} from './guard.ts'
import {type Answer, addEngineListener, answerOf} from './handler.ts'
import {recordOf, reportInit} from './report.ts'
import {warmUp, warmUpEngine} from './warm-up.ts'

/** More turns of the queue of jobs than what was begun and forgotten should need. */
const SETTLING = 2_000

let answer: Answer
addEngineListener('fetch', event => answer(event))

try {
  await warmUpEngine()
  const loaded = answerOf(await import('mayfly:app'))
  if ('answer' in loaded) {
    answer = loaded.answer
    for (const path of paths) {
      reportInit({kind: 'warming-up', path})
      await warmUp(answer, path)
    }
    // What nobody awaits goes on meanwhile, and must not find the guard gone.
    for (let turn = 0; turn < SETTLING; turn++) await null
    disarm()
    reportInit({kind: 'ready'})
  } else reportInit({kind: 'no-handler', found: loaded.found})
} catch (error) {
  reportInit({kind: 'threw', error: recordOf(error)})
}
