// manifest/names.ts: the rules that names follow, the same as Spin's.
import {textWhere} from './check.ts'

type Rule = (name: string) => string | true | undefined

/** Words of letters and digits, each begun by a letter and wholly in one case. */
function words(name: string, separator: string, wrong: string, upper: boolean): string | true | undefined {
  if (name.includes(wrong)) return `separate words with "${separator}", not "${wrong}"`
  const word = upper ? /^(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)$/ : /^[a-z][a-z0-9]*$/
  return name.split(separator).every(part => word.test(part)) ? undefined : true
}

export const isKebab: Rule = name => words(name, '-', '_', true)
const isLowerSnake: Rule = name => words(name, '_', '-', false)

const KEBAB = 'words of letters and digits joined by "-", such as "shopping-cart"'
const SNAKE = 'lower-case words of letters and digits joined by "_", such as "api_key"'
const LABEL = 'words of letters and digits joined by all "-" or all "_", such as "default"'

export const componentId = textWhere(KEBAB, isKebab)
export const variableName = textWhere(SNAKE, isLowerSnake)
/** Of a store, a database. */
export const label = textWhere(LABEL, name =>
  isKebab(name) === undefined || words(name, '_', '-', true) === undefined ? undefined : true,
)

const PACKAGE = /^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*:[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/i
export const packageName = textWhere('a package such as "wasi:http"', name =>
  PACKAGE.test(name) ? undefined : true,
)

const SEMVER = String.raw`(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\w.-]+)?(?:\+[\w.-]+)?`
export const exactVersion = textWhere('a version such as "1.2.3"', text =>
  text.length <= 256 && new RegExp(`^${SEMVER}$`).test(text) ? undefined : true,
)
const COMPARATOR = /^\s*(?:[=^~]|[<>]=?)?\s*(?:\*|\d+(?:\.(?:\d+|\*)){0,2}(?:-[\w.-]+)?(?:\+[\w.-]+)?)\s*$/
export const versionRange = textWhere('a range of versions such as ">=1.2.0"', text =>
  text.length <= 256 && text.split(',').every(part => COMPARATOR.test(part)) ? undefined : true,
)

/** A path or pattern; what it reaches is decided by who opens it. */
export const filePath = textWhere('a path', path =>
  path === '' ? true : path.includes('\u0000') ? 'a path holds no NUL character' : undefined,
)

/** Of a request, with its query. */
export const requestPath = textWhere('a path such as "/tasks?page=1"', path =>
  /^\/[!-~]*$/.test(path) && !path.includes('#') ? undefined : true,
)

export const sha256 = textWhere('"sha256:" and 64 hexadecimal digits', digest =>
  /^sha256:[0-9a-f]{64}$/i.test(digest) ? undefined : true,
)
export const webUrl = textWhere('a URL that starts with http:// or https://', url =>
  /^https?:\/\//i.test(url) && URL.canParse(url) ? undefined : true,
)
