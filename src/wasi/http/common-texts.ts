// wasi/http/common-texts.ts: names and values of fields that nearly every message has some of.
import {knowTexts} from '../../base/short-text.ts'

const NAMES = [
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-ranges',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expires',
  'if-modified-since',
  'if-none-match',
  'last-modified',
  'link',
  'location',
  'origin',
  'range',
  'referer',
  'retry-after',
  'server',
  'set-cookie',
  'traceparent',
  'user-agent',
  'vary',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-request-id',
]

const VALUES = [
  'application/json',
  'no-cache',
  'no-store',
  'text/html',
  'text/html; charset=utf-8',
  'text/html;charset=utf-8',
  'text/plain',
  'text/plain; charset=utf-8',
  'text/plain;charset=UTF-8',
  'text/plain;charset=utf-8',
]

/** As many libraries write them: Content-Type. */
const titleCase = (name: string): string => name.replace(/(^|-)[a-z]/g, start => start.toUpperCase())

const lowerCases = new Map(NAMES.map(name => [titleCase(name), name]))

/** The name of a field in lower case. */
export const lowerCase = (name: string): string => lowerCases.get(name) ?? name.toLowerCase()

knowTexts([...NAMES, ...lowerCases.keys(), ...VALUES])
