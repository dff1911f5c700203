import manifest from '../package.json' with { type: 'json' };
import type { Command } from './command.ts';
import { loadLibraryProject } from './library-project.ts';

/** Each is loaded when it is run. */
const COMMANDS = new Map<string, () => Promise<{ default: Command }>>([
  ['claim-owner', () => import('./claim-owner.ts')],
  ['grant', () => import('./grant.ts')],
  ['doctor', () => import('./doctor.ts')],
  ['migrate', () => import('./migrate.ts')],
  ['resync', () => import('./resync.ts')],
  ['keys', () => import('./keys.ts')],
  ['import-users', () => import('./import-users.ts')],
]);

async function usage(): Promise<string> {
  const commands = [...COMMANDS].map(
    async ([name, load]) => `  ${name.padEnd(14)}${(await load()).default.summary}\n`,
  );
  return `Usage: gatehouse <command> [options]

${(await Promise.all(commands)).join('')}
\`gatehouse <command> --help\` lists the options, \`gatehouse --version\` prints the version.`;
}

const MIN_NODE = 22;

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
    console.error(`gatehouse: Node.js ${MIN_NODE} or newer is needed, this is ${process.version}.`);
    return 2;
  }
  const load = COMMANDS.get(name);
  if (load) {
    const needsRoles = name !== 'doctor' && !args.includes('--help') && !args.includes('-h');
    if (needsRoles) await loadLibraryProject();
    return (await load()).default.run(args);
  }
  const isHelp = name === '--help' || name === '-h';
  if (name === '--version') console.log(manifest.version);
  else if (isHelp) console.log(await usage());
  else console.error(`gatehouse: there is no command "${name}".\n\n${await usage()}`);
  return isHelp || name === '--version' ? 0 : 2;
}

process.exitCode = await main(process.argv.slice(2));
