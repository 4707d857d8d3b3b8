// A program that runs a plug-in, which calls functions of the program.
//
//     node --conditions=mayfly-source examples/embedding-host-functions/main.ts
//
// (Only inside Mayfly's own repository does it take the flag, which has the library's sources run.)
import {readFile} from 'node:fs/promises'
import {parse} from '@bytecodealliance/jco'
import {Engine} from 'mayfly'
import type {World} from './plugin.d.ts'

await using engine = new Engine()

// Plug-ins come as .wasm files, from any language. This one is text, which must be assembled first.
const bytes = await parse(await readFile(new URL('plugin.wat', import.meta.url), 'utf8'))

const greeter = await engine.load<World>(bytes, {
  name: 'greeter',
  imports: {
    'example:greeter/logging@1.0.0': {
      log: (level, message) => console.log(`[${level}] ${message}`),
    },
  },
})

for (const name of ['Ada', 'Grace', '']) console.log(await greeter.exports.greet(name))
