// build/javascript/names.ts: names under which code appears in stacks and source maps.

/** The handler's bundle, as the engine knows it and as the stacks of its exceptions name it. */
export const BUNDLE_NAME = 'app.js'

/** Our own modules in the bundle are `mayfly:NAME`; so they never show where Mayfly is installed. */
export const GUEST_NAMESPACE = 'mayfly'

/** What every bundle exports: a function for the build to call, by the engine, once the module is loaded. */
export const FINISH = 'finish'

/** Where the engine exports what calls it: the splicer takes its own names away where the world exports no function. */
export const CALL_EXPORTS = {call: 'mayfly:call', post_call: 'mayfly:post-call'} as const
