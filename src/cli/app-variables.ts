// cli/app-variables.ts: the application's variables: from --variable, then SPIN_VARIABLE_ in the environment, then the default.
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import type {App} from '../manifest/app.ts'
import {placeOf} from '../manifest/places.ts'

/** @throws SERVE_VARIABLE_UNSET for every required variable that has no value */
export function appVariables(
  app: App,
  given: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null)
  const errors: MayflyError[] = []
  for (const [name, variable] of Object.entries(app.variables)) {
    const environmentName = `SPIN_VARIABLE_${name.toUpperCase()}`
    const value = Object.hasOwn(given, name) ? given[name] : (env[environmentName] ?? defaultOf(variable))
    if (value === undefined)
      errors.push(
        new MayflyError(
          'SERVE_VARIABLE_UNSET',
          {name, environmentName},
          {at: placeOf(app, ['variables', name])},
        ),
      )
    else values[name] = value
  }
  if (errors.length > 0) throw new MayflyErrors(errors)
  return values
}

const defaultOf = (variable: App['variables'][string]): string | undefined =>
  variable.required ? undefined : variable.default
