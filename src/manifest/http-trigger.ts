// manifest/http-trigger.ts: [[trigger.http]].
import type {HttpTrigger, StaticResponse} from './app.ts'
import {
  badValue,
  type Check,
  choice,
  conflict,
  either,
  emptyRecord,
  flag,
  integer,
  named,
  text,
  textWhere,
  then,
} from './check.ts'
import {compact} from './compact.ts'
import {type ComponentSpec, componentSpec} from './component-spec.ts'
import {triggerDependencies} from './dependency.ts'
import {route} from './route.ts'
import {optional, type Read, required, ruled, table} from './table.ts'

type Route = HttpTrigger['route']
const PRIVATE = '{ private = true }'

export const httpRoute: Check<Route> = either<Route>(`a route or ${PRIVATE}`, {
  string: then(route, path => ({path})),
  table: then(table({private: required(flag, 'private = true')}), (read, value, path, reader) =>
    read.private === false
      ? badValue(value, path, reader, `a route or ${PRIVATE}`, 'a public trigger has a route')
      : {private: true},
  ),
})

type Executor = HttpTrigger['executor']
// biome-ignore lint/suspicious/noTemplateCurlyInString: the host fills these in for each request
const WAGI_ARGV = '${SCRIPT_NAME} ${ARGS}'
const entrypoint = textWhere('"_start"', name =>
  name === '_start' ? undefined : 'remove it: no other one can be called',
)
const executorFields = {type: required(choice('http', 'spin', 'wagi'), 'type = "http"')}
const wagiFields = {...executorFields, argv: optional(text, WAGI_ARGV), entrypoint: optional(entrypoint)}

export const executor: Check<Executor> = {
  expects: 'a table',
  read(value, path, reader) {
    const type = value.kind === 'table' ? value.entries.get('type')?.value : undefined
    if (type?.kind !== 'string' || type.value !== 'wagi')
      return table(executorFields).read(value, path, reader) && {type: 'http'}
    const wagi = table(wagiFields).read(value, path, reader)
    return wagi && {type: 'wagi', argv: wagi.argv}
  },
}

const headerName = textWhere('the name of a header', name =>
  /^[!#$%&'*+.^`|~\w-]+$/.test(name) ? undefined : true,
)
const headerValue = textWhere('the value of a header, one line of text', value =>
  /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value) ? undefined : true,
)

const staticResponse: Check<StaticResponse> = then(
  table({
    status_code: optional(integer({least: 200, most: 599}), 200),
    headers: optional(named(headerValue, headerName), emptyRecord<never>()),
    body: optional(text),
  }),
  ({status_code, headers, body}) => compact({status: status_code, headers, body}),
)

const fields = {
  id: optional(text, ''),
  route: required(httpRoute, 'route = "/..."'),
  component: optional(componentSpec),
  static_response: optional(staticResponse),
  executor: optional(executor),
  dependencies: optional(triggerDependencies, emptyRecord<never>()),
}
const elsewhere = {components: 'a trigger of type http has one component'}

export type HttpTriggerDraft = Read<typeof fields>

const TWO_WAYS = 'a trigger is answered by a component or by a static_response'
export const httpTrigger: Check<HttpTriggerDraft> = ruled(
  table(fields, {elsewhere}),
  ({entries, at}, path, reader) => {
    const [byComponent, byResponse] = [entries.get('component'), entries.get('static_response')]
    if (byComponent !== undefined && byResponse !== undefined)
      conflict(byResponse.keyAt, path, reader, {
        reason: `${TWO_WAYS}, not by both`,
        remedy: 'remove one of the two',
      })
    if (byComponent === undefined && byResponse === undefined && reader.whole)
      conflict(at, path, reader, {
        reason: `${TWO_WAYS}; this one has neither`,
        remedy: 'add component = "..."',
      })
  },
)

/** `[application.trigger.http]`: nothing can be set. */
export const settingsFields = {
  base: optional(textWhere('"/"', base => (base === '/' ? undefined : 'write the base into every route'))),
}
export const httpSettings = table(settingsFields)

/** The trigger with the ids that its parts have got. */
export function finishHttpTrigger(
  draft: HttpTriggerDraft,
  id: string,
  idOf: (spec: ComponentSpec) => string,
): HttpTrigger {
  const {route: path, component: spec, static_response: response, executor: runs, dependencies} = draft
  return {
    id,
    route: path,
    handler: spec === undefined ? {staticResponse: response!} : {component: idOf(spec)},
    executor: runs ?? {type: 'http'},
    dependencies,
  }
}
