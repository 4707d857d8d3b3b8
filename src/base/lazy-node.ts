// base/lazy-node.ts: node's large modules, loaded when they are first used.
//
// An `import` of them costs the start of every process: node:http2, node:https and node:tls 20 ms together, and
// node:http as much again, since an import reads all exports, and one of them loads node's WebSocket client.

export const lazyNode = {
  get http(): typeof import('node:http') {
    return process.getBuiltinModule('node:http')
  },
  get https(): typeof import('node:https') {
    return process.getBuiltinModule('node:https')
  },
  get http2(): typeof import('node:http2') {
    return process.getBuiltinModule('node:http2')
  },
  get cluster(): typeof import('node:cluster') {
    return process.getBuiltinModule('node:cluster')
  },
  get dns(): typeof import('node:dns') {
    return process.getBuiltinModule('node:dns')
  },
  get dgram(): typeof import('node:dgram') {
    return process.getBuiltinModule('node:dgram')
  },
}
