// engine/link/glue/type-table.ts: which types are equal, whatever component defines them.
import {casesOf, type Type} from '../../abi/types.ts'

/** Types of the same structure get the same object: that of the first. Types share parts, so each is looked at once. */
export class TypeTable {
  readonly #known = new Map<Type, Type>()
  readonly #byKey = new Map<string, Type>()
  readonly #ids = new Map<Type, number>()

  canonical(type: Type): Type {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const key = this.#key(type)
    const found = this.#byKey.get(key)
    const canonical = found ?? this.#first(type)
    if (found === undefined) {
      this.#byKey.set(key, canonical)
      this.#ids.set(canonical, this.#ids.size)
    }
    this.#known.set(type, canonical)
    return canonical
  }

  #first(type: Type): Type {
    if (type.kind !== 'stream' && type.kind !== 'future') return type
    return {kind: type.kind, element: type.element && this.canonical(type.element)}
  }

  #id(type: Type | undefined): number {
    return type === undefined ? -1 : this.#ids.get(this.canonical(type))!
  }

  #key(type: Type): string {
    switch (type.kind) {
      case 'list':
        return `list ${this.#id(type.element)} ${type.length}`
      case 'record':
        return `record ${type.fields.map(field => `${field.label} ${this.#id(field.type)}`).join()}`
      case 'tuple':
        return `tuple ${type.elements.map(each => this.#id(each)).join()}`
      case 'variant':
      case 'enum':
      case 'option':
      case 'result':
        return `${type.kind} ${casesOf(type)!
          .map(each => `${each.label} ${this.#id(each.type)}`)
          .join()}`
      case 'flags':
        return `flags ${type.labels.join()}`
      case 'map':
        return `map ${this.#id(type.entry)}`
      case 'own':
      case 'borrow':
        return `${type.kind} ${type.resource.index}`
      case 'stream':
      case 'future':
        return `${type.kind} ${this.#id(type.element)}`
      default:
        return type.kind
    }
  }
}
