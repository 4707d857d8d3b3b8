// cli/commands/doctor.ts: mayfly doctor.
import {defineCommand} from '../command.ts'
import {renderFindings} from '../doctor/finding.ts'

export const command = defineCommand({
  name: 'doctor',
  usage: '[OPTIONS]',
  summary: 'show what this machine offers, and what to do about the rest',
  flags: {
    format: {
      type: 'text',
      value: 'plain|json',
      choices: ['plain', 'json'],
      help: 'for people or for programs',
    },
  },
  maxPositionals: 0,
  async run({values, terminal}) {
    const [{detectRestoreTier}, {machineFindings}, {toolchainFindings}] = await Promise.all([
      import('../compose.ts'),
      import('../doctor/machine.ts'),
      import('../doctor/toolchains.ts'),
    ])
    const findings = [
      ...machineFindings({tier: await detectRestoreTier(), env: terminal.env}),
      ...(await toolchainFindings()),
    ]
    const text =
      values.format === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : renderFindings(findings)
    terminal.out(text)
    return findings.some(({state}) => state === 'error') ? 1 : 0
  },
})
