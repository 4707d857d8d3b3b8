// bench/parts/profile.ts: what a server spends its time on, from a processor profile of it under load.

/** As the inspector's Profiler.stop gives it. */
export type Profile = Readonly<{
  nodes: readonly ProfileNode[]
  samples: readonly number[]
  /** Microseconds since the sample before. */
  timeDeltas: readonly number[]
}>

type ProfileNode = Readonly<{
  id: number
  callFrame: Readonly<{functionName: string; url: string; lineNumber: number}>
  children?: readonly number[]
}>

export const ROOMS = ['HTTP', 'glue', 'host functions', 'guest', 'restore', 'logs', 'collector'] as const
export type Room = (typeof ROOMS)[number]

export type Spent = Readonly<{
  /** Microseconds. */
  byRoom: ReadonlyMap<Room, number>
  busyUs: number
  /** Self time by function, most first. */
  functions: readonly Readonly<{name: string; room: Room; us: number}>[]
}>

/** By the folder in src that a function is from. */
const FOLDERS: readonly (readonly [RegExp, Room])[] = [
  [/\/engine\/(snapshot|pool)\//, 'restore'],
  [/\/engine\//, 'glue'],
  [/\/wasi\/|\/capabilities\//, 'host functions'],
  [/\/observe\//, 'logs'],
  [/\/triggers\//, 'HTTP'],
]

const ROOT_ROOMS: Readonly<Record<string, Room | 'idle'>> = {
  '(idle)': 'idle',
  '(garbage collector)': 'collector',
  // The event loop: polling, reading, parsing.
  '(program)': 'HTTP',
}

/**
 * The room of a function by where it is from; undefined for what works for whoever calls it: node's own, native ones.
 * Emitted glue has lines but no file.
 */
function ownRoom({functionName, url, lineNumber}: ProfileNode['callFrame']): Room | undefined {
  if (/^(?:wasm-to-js|js-to-wasm)/.test(functionName)) return 'glue'
  if (url.startsWith('wasm:')) return 'guest'
  for (const [pattern, room] of FOLDERS) if (pattern.test(url)) return room
  return url === '' && lineNumber >= 0 && functionName !== '(root)' ? 'glue' : undefined
}

export function spent(profile: Profile): Spent {
  const selfUs = new Map<number, number>()
  profile.samples.forEach((id, i) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + (profile.timeDeltas[i + 1] ?? 0))
  })
  const byId = new Map(profile.nodes.map(node => [node.id, node]))
  const byRoom = new Map<Room, number>(ROOMS.map(room => [room, 0]))
  const byFunction = new Map<string, {name: string; room: Room; us: number}>()
  let busyUs = 0

  const visit = (node: ProfileNode, caller: Room): void => {
    const {functionName, url, lineNumber} = node.callFrame
    const room = ROOT_ROOMS[functionName] ?? ownRoom(node.callFrame) ?? caller
    const us = selfUs.get(node.id) ?? 0
    if (room !== 'idle' && us > 0) {
      busyUs += us
      byRoom.set(room, byRoom.get(room)! + us)
      const file = url.replace(/^.*\/(?=src\/)/, '').replace(/^wasm:.*$/, 'wasm')
      const name = `${functionName || '(anonymous)'}  ${file}${file === '' || file === 'wasm' ? '' : `:${lineNumber + 1}`}`
      const key = `${room} ${name}`
      const entry = byFunction.get(key) ?? {name: name.trim(), room, us: 0}
      entry.us += us
      byFunction.set(key, entry)
    }
    for (const child of node.children ?? []) visit(byId.get(child)!, room === 'idle' ? caller : room)
  }
  visit(profile.nodes[0]!, 'HTTP')
  return {byRoom, busyUs, functions: [...byFunction.values()].sort((a, b) => b.us - a.us)}
}
