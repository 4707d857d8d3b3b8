// test/reference/type.ts: component value types for the reference, and their text.

export type Prim =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string'

export type Type =
  | Readonly<{kind: Prim}>
  | Readonly<{kind: 'list'; of: Type; length: number | undefined}>
  | Readonly<{kind: 'record'; fields: readonly (readonly [label: string, type: Type])[]}>
  | Readonly<{kind: 'tuple'; of: readonly Type[]}>
  | Readonly<{kind: 'variant'; cases: readonly (readonly [label: string, type: Type | undefined])[]}>
  | Readonly<{kind: 'enum' | 'flags'; labels: readonly string[]}>
  | Readonly<{kind: 'option'; of: Type}>
  | Readonly<{kind: 'result'; ok: Type | undefined; err: Type | undefined}>
  | Readonly<{kind: 'map'; key: Type; value: Type}>
  /** Of the one resource type, which the host implements. */
  | Readonly<{kind: 'own' | 'borrow'}>

/** The types inside. */
export function partsOf(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'list':
    case 'option':
      return [type.of]
    case 'record':
      return type.fields.map(([, each]) => each)
    case 'tuple':
      return type.of
    case 'variant':
      return type.cases.flatMap(([, each]) => each ?? [])
    case 'result':
      return [type.ok ?? [], type.err ?? []].flat()
    case 'map':
      return [type.key, type.value]
    default:
      return []
  }
}

export const contains = (type: Type, kind: Type['kind']): boolean =>
  type.kind === kind || partsOf(type).some(part => contains(part, kind))

/**
 * Writes types of one scope. Records, variants, enums and flags that an import or export mentions must have names there,
 * so they are imported, as equal to what they are.
 */
export class TypeText {
  readonly #names = new Map<Type, string>()
  readonly definitions: string[] = []
  readonly #prefix: string

  /** @param prefix of the names, so that several may write for one scope */
  constructor(prefix = 't') {
    this.#prefix = prefix
  }

  of(type: Type): string {
    switch (type.kind) {
      case 'list':
        return `(list ${this.of(type.of)}${type.length === undefined ? '' : ` ${type.length}`})`
      case 'tuple':
        return `(tuple ${type.of.map(each => this.of(each)).join(' ')})`
      case 'option':
        return `(option ${this.of(type.of)})`
      case 'result': {
        const ok = type.ok === undefined ? '' : ` ${this.of(type.ok)}`
        return `(result${ok}${type.err === undefined ? '' : ` (error ${this.of(type.err)})`})`
      }
      case 'map':
        return `(map ${this.of(type.key)} ${this.of(type.value)})`
      case 'own':
      case 'borrow':
        return `(${type.kind} $r)`
      case 'record':
        return this.#named(
          type,
          type.fields.map(([label, each]) => `(field "${label}" ${this.of(each)})`),
        )
      case 'variant':
        return this.#named(
          type,
          type.cases.map(
            ([label, each]) => `(case "${label}"${each === undefined ? '' : ` ${this.of(each)}`})`,
          ),
        )
      case 'enum':
      case 'flags':
        return this.#named(
          type,
          type.labels.map(label => `"${label}"`),
        )
      default:
        return type.kind
    }
  }

  #named(type: Type, parts: readonly string[]): string {
    const known = this.#names.get(type)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size}`
    this.#names.set(type, `$${name}`)
    this.definitions.push(
      `(type $d-${name} (${type.kind} ${parts.join(' ')})) (import "${name}" (type $${name} (eq $d-${name})))`,
    )
    return `$${name}`
  }

  /** Arguments that give a nested scope with the same types its imports. */
  get args(): string[] {
    return [...this.#names.values()].map(name => `(with "${name.slice(1)}" (type ${name}))`)
  }
}
