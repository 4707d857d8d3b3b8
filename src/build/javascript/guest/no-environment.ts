// build/javascript/guest/no-environment.ts: `env` in a world without environment variables.
export const environment: Record<string, string> = {}
