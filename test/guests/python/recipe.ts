import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {missing, recipe} from '../recipe.ts'
import {program, run} from '../toolchain.ts'
import {WORLD} from '../wit.ts'

export const python = recipe<{componentize: string}>({
  name: 'python',
  language: 'Python (componentize-py)',
  slow: true,

  async find(env) {
    const componentize = await program(env, 'componentize-py')
    return componentize === undefined
      ? missing('componentize-py', 'pip install componentize-py==0.25.1')
      : {componentize}
  },

  async build({dir, env}, {componentize}) {
    const world = ['-d', 'handler.wit', '-w', WORLD]
    await run(componentize, [...world, 'componentize', 'app', '-o', 'out.wasm'], {cwd: dir, env})
    return readFile(join(dir, 'out.wasm'))
  },
})
