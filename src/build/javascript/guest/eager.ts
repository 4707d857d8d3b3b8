// build/javascript/guest/eager.ts: entry of a component whose handler is loaded once, when it is built.
import paths from 'mayfly:warm-up-paths'
import {disarm} from './guard.ts'
import {type Answer, addEngineListener, answerOf} from './handler.ts'
import {recordOf, reportInit} from './report.ts'
import {warmUp, warmUpEngine} from './warm-up.ts'

/** More turns of the queue of jobs than what was begun and forgotten should need. */
const SETTLING = 2_000

let answer: Answer | undefined
addEngineListener('fetch', event => answer!(event))

await reporting(async () => {
  const loaded = answerOf(await import('mayfly:app'))
  if ('answer' in loaded) answer = loaded.answer
  else reportInit({kind: 'no-handler', found: loaded.found})
})

/**
 * Called when the module is loaded and the engine has collected garbage: it forgets then how objects are laid out of which
 * none is left, and much more, so that what is to be warm for events must come after.
 */
export async function finish(): Promise<void> {
  const loaded = answer
  if (loaded === undefined) return
  await reporting(async () => {
    void warmUpEngine()
    for (const path of paths) {
      reportInit({kind: 'warming-up', path})
      await warmUp(loaded, path)
    }
    // What nobody awaits goes on meanwhile, and must not find the guard gone.
    for (let turn = 0; turn < SETTLING; turn++) await null
    disarm()
    reportInit({kind: 'ready'})
  })
}

async function reporting(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    reportInit({kind: 'threw', error: recordOf(error)})
  }
}
