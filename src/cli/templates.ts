// cli/templates.ts: the templates of `mayfly new`: directories of files with {{name}} where the app's name goes.
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

export const TEMPLATES_DIR = fileURLToPath(new URL('../../templates', import.meta.url))

/** Describes a template; not part of the app. */
const DESCRIPTION_FILE = 'template.json'

export type Template = Readonly<{id: string; description: string; isDefault: boolean; dir: string}>
export type TemplateFile = Readonly<{path: string; text: string}>

export function listTemplates(directory: string = TEMPLATES_DIR): readonly Template[] {
  return readdirSync(directory)
    .sort()
    .map(id => {
      const dir = join(directory, id)
      const {description, default: isDefault = false} = JSON.parse(
        readFileSync(join(dir, DESCRIPTION_FILE), 'utf8'),
      )
      return {id, description, isDefault, dir}
    })
}

/** The app's files with the name filled in. npm leaves .gitignore files out of packages, so templates hold _gitignore. */
export function renderTemplate(template: Template, name: string): readonly TemplateFile[] {
  return readdirSync(template.dir, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && entry.name !== DESCRIPTION_FILE)
    .map(entry => {
      const source = join(entry.parentPath, entry.name)
      const path = source
        .slice(template.dir.length + 1)
        .replaceAll('\\', '/')
        .replace(/(^|\/)_gitignore$/, '$1.gitignore')
      return {path, text: readFileSync(source, 'utf8').replaceAll('{{name}}', name)}
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Why `name` cannot be the id of a component, or undefined when it can. */
export function checkName(name: string): string | undefined {
  if (name.length > 64) return 'it is longer than 64 characters'
  if (!/^[a-z]/.test(name)) return 'it does not start with a lower-case letter'
  if (/[^a-z0-9-]/.test(name)) return 'only lower-case letters, digits and hyphens are allowed'
  if (/--|-$/.test(name)) return 'a hyphen stands alone, and not at the end'
  if (/-[0-9]/.test(name)) return 'each word starts with a letter'
  return undefined
}

/** The nearest name that is allowed: 'My Shop 2' gives 'my-shop2'. */
export function suggestName(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
  const joined = words.reduce(
    (all, word) => (all === '' || /^[0-9]/.test(word) ? all + word : `${all}-${word}`),
    '',
  )
  const fixed = joined
    .replace(/^[0-9]+-?/, '')
    .slice(0, 64)
    .replace(/-$/, '')
  return fixed === '' ? 'my-app' : fixed
}
