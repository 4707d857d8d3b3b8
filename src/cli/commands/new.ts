// cli/commands/new.ts: mayfly new.
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {basename, dirname, join, relative, resolve} from 'node:path'
import {MayflyError} from '../../base/errors.ts'
import {nearest} from '../../manifest/nearest.ts'
import {defineCommand, type Terminal} from '../command.ts'
import {checkName, listTemplates, renderTemplate, suggestName, type Template} from '../templates.ts'

export const command = defineCommand({
  name: 'new',
  usage: 'NAME [OPTIONS]',
  summary: 'make a new app from a template',
  details: 'example:\n  mayfly new shop && mayfly up shop --watch',
  flags: {
    template: {type: 'text', short: 't', value: 'TEMPLATE', help: 'which template; default http-ts'},
    list: {type: 'switch', help: 'list the templates'},
    output: {type: 'text', short: 'o', value: 'DIR', help: 'where the app goes; default NAME'},
    'allow-overwrite': {type: 'switch', help: 'write into a directory that is not empty'},
    'accept-defaults': {type: 'switch', short: 'a', help: 'ask nothing (nothing is ever asked)'},
    tag: {type: 'list', help: '', unsupported: true},
    init: {type: 'switch', help: '', unsupported: true},
    value: {type: 'list', short: 'v', help: '', unsupported: true},
    'values-file': {type: 'text', help: '', unsupported: true},
    'no-vcs': {type: 'switch', help: 'make no repository (none is ever made)'},
  },
  maxPositionals: 1,
  async run({values, positionals, terminal}) {
    const templates = listTemplates()
    if (values.list) {
      const width = Math.max(...templates.map(({id}) => id.length))
      for (const {id, description, isDefault} of templates) {
        terminal.out(`${id.padEnd(width)}  ${description}${isDefault ? ' (default)' : ''}\n`)
      }
      return 0
    }
    const template = pickTemplate(templates, values.template)
    const directory = resolve(terminal.cwd, values.output ?? positionals[0] ?? missingName())
    const name = positionals[0] ?? basename(directory)
    const reason = checkName(name)
    if (reason !== undefined)
      throw new MayflyError('NEW_BAD_NAME', {name, reason, suggestion: suggestName(name)})
    if (!values['allow-overwrite'] && !isFree(directory)) {
      throw new MayflyError('NEW_EXISTS', {path: relative(terminal.cwd, directory) || directory})
    }
    for (const {path, text} of renderTemplate(template, name)) {
      const target = join(directory, path)
      mkdirSync(dirname(target), {recursive: true})
      writeFileSync(target, text)
    }
    printNextSteps(terminal, directory, name)
    return 0
  },
})

function missingName(): never {
  throw new MayflyError('CLI_MISSING_ARGUMENT', {argument: 'NAME', command: 'new'})
}

function pickTemplate(templates: readonly Template[], id: string | undefined): Template {
  const found = templates.find(template => (id === undefined ? template.isDefault : template.id === id))
  if (found !== undefined) return found
  const ids = templates.map(template => template.id)
  const known = nearest(id ?? '', ids)
  const suggestion = known === undefined ? `templates: ${ids.join(', ')}` : `did you mean "${known}"?`
  throw new MayflyError('NEW_UNKNOWN_TEMPLATE', {name: id ?? '', suggestion})
}

/** Absent, or an empty directory. */
function isFree(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    if (code === 'ENOTDIR') return false
    throw error
  }
}

function printNextSteps(terminal: Terminal, directory: string, name: string): void {
  const shown = relative(terminal.cwd, directory) || '.'
  const needsInstall = readdirSync(directory).includes('package.json')
  terminal.out(`made ${name} in ${shown}\n\nnext:\n`)
  if (needsInstall) terminal.out(`  (cd ${shown} && npm install)   its npm packages\n`)
  terminal.out(`  mayfly up ${shown} --watch\n`)
}
