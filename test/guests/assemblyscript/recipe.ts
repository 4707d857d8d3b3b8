import {readFile, rename} from 'node:fs/promises'
import {join} from 'node:path'
import {parse} from '@bytecodealliance/jco'
import {missing, recipe} from '../recipe.ts'
import {npmPackage, program, run} from '../toolchain.ts'
import {wrapCore} from '../wit.ts'

const VERSION = '0.28.20'

export const assemblyscript = recipe<{asc: string}>({
  name: 'assemblyscript',
  language: 'AssemblyScript',
  slow: false,

  async find(env) {
    const local = npmPackage('assemblyscript')
    const asc = local === undefined ? await program(env, 'asc') : join(local, 'bin', 'asc.js')
    return asc === undefined ? missing('asc', `npm install --save-dev assemblyscript@${VERSION}`) : {asc}
  },

  async build({dir, env}, {asc}) {
    await rename(join(dir, 'app.as'), join(dir, 'app.ts'))
    const options = [
      '-O3s',
      '--runtime',
      'stub',
      '--use',
      'abort=',
      '--use',
      'seed=app/seed',
      '-t',
      'app.wat',
    ]
    await run(process.execPath, [asc, 'app.ts', ...options], {cwd: dir, env})
    // An identifier cannot spell the export's name.
    const text = await readFile(join(dir, 'app.wat'), 'utf8')
    const named = text.replace('(export "handle"', '(export "wasi:http/incoming-handler@0.2.12#handle"')
    return wrapCore(await parse(named), {embed: true, adapter: false})
  },
})
