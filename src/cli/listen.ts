// cli/listen.ts: the address of --listen.
import {MayflyError} from '../base/errors.ts'

export type Address = Readonly<{host: string; port: number}>

export const DEFAULT_ADDRESS: Address = {host: '127.0.0.1', port: 3000}

/**
 * Reads 'HOST:PORT', '[IPv6]:PORT', ':PORT' and 'PORT'; the host defaults to 127.0.0.1.
 * @throws CLI_BAD_VALUE
 */
export function parseListen(text: string): Address {
  const match = /^(?:(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:[\]/\s]*)):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    const reason = match === null ? 'it is no HOST:PORT' : 'ports end at 65535'
    throw new MayflyError('CLI_BAD_VALUE', {
      option: '--listen',
      value: text,
      reason,
      remedy: 'as in --listen 127.0.0.1:3000',
    })
  }
  return {host: match[1] || match[2] || DEFAULT_ADDRESS.host, port}
}

/** 'http://127.0.0.1:3000', with brackets around an IPv6 address. */
export function baseUrl(scheme: 'http' | 'https', {host, port}: Address): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
