// engine/own-turns.ts: turns of the event loop in which guests run inside somebody else's program.
import {turns} from './turns.ts'

let port: MessagePort | undefined

/**
 * A guest that is stopped takes down the turn it runs in. Immediates share one with all others of the program, which node
 * would lose; a message of a port of our own has one to itself.
 */
export function takeOwnTurns(): void {
  if (port !== undefined) return
  const {port1, port2} = new MessageChannel()
  port = port1
  let due: () => void = () => {}
  // As Node's events: `onmessage` makes an event of each message, for which Node loads all of its fetch, some 30 ms.
  ;(port2 as unknown as NodeJS.EventEmitter).on('message', () => {
    port2.unref()
    due()
  })
  port2.unref()
  turns.schedule = run => {
    due = run
    port2.ref()
    port1.postMessage(undefined)
  }
}
