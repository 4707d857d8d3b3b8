// bench/parts/inspector.ts: profiles another process through its inspector.
import {setTimeout as sleep} from 'node:timers/promises'
import type {Profile} from './profile.ts'

const SAMPLE_US = 250

/** Profiles the process whose inspector listens at `url` (ws://…) for as long as `during` takes. */
export async function profile<T>(
  url: string,
  during: () => Promise<T>,
): Promise<{profile: Profile; result: T}> {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`no inspector at ${url}`))
  })
  let count = 0
  const waiting = new Map<number, (result: unknown) => void>()
  socket.onmessage = ({data}) => {
    const {id, result} = JSON.parse(String(data))
    waiting.get(id)?.(result)
    waiting.delete(id)
  }
  const post = (method: string, params = {}): Promise<any> =>
    new Promise(resolve => {
      waiting.set(++count, resolve)
      socket.send(JSON.stringify({id: count, method, params}))
    })
  await post('Profiler.enable')
  await post('Profiler.setSamplingInterval', {interval: SAMPLE_US})
  await post('Profiler.start')
  const result = await during()
  // The last answers may still be on their way.
  await sleep(50)
  const stopped = await post('Profiler.stop')
  socket.close()
  return {profile: stopped.profile, result}
}
