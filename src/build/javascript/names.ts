// build/javascript/names.ts: names under which code appears in stacks and source maps.

/** The handler's bundle, as the engine knows it and as the stacks of its exceptions name it. */
export const BUNDLE_NAME = 'app.js'

/** Our own modules in the bundle are `mayfly:NAME`; so they never show where Mayfly is installed. */
export const GUEST_NAMESPACE = 'mayfly'
