// npm run deploy -- --project <id> [...]: shows what a deployment would change in the project, asks, then runs `firebase
// deploy`: rules and indexes first, then functions and the rest.
import { parseArgs } from 'node:util';
import { ROOT } from './lib/emulator-setup.ts';
import { type Item, type Part, partsOf } from './lib/preflight/items.ts';
import { preflight } from './lib/preflight/preflight.ts';
import { projectIdOf } from './lib/preflight/wanted.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';

const text = { type: 'string' } as const;
const { values, tokens } = parseArgs({
  options: {
    project: { type: 'string', short: 'P' },
    ...{ only: text, except: text, account: text },
    accept: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean' },
    force: { type: 'boolean', short: 'f' },
    'non-interactive': { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  },
  strict: false,
  tokens: true,
});
/** Options that are not passed on as they are. */
const OWN = new Set(['project', 'only', 'except', 'accept', 'dry-run', 'non-interactive']);
const passed = tokens.flatMap((token) => {
  if (token.kind !== 'option') return token.kind === 'positional' ? [token.value] : [];
  if (OWN.has(token.name)) return [];
  return token.value === undefined
    ? [token.rawName]
    : token.inlineValue
      ? [`${token.rawName}=${token.value}`]
      : [token.rawName, token.value];
});
const option = (name: 'project' | 'only' | 'except' | 'account') => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

const projectId = projectIdOf(option('project'));
if (projectId.startsWith('demo-')) {
  fail(
    `"${projectId}" exists only in the emulators; name your own project: npm run deploy -- --project <id>`,
  );
}
if (values.force) fail('--force answers yes to each question: name what may be replaced, --accept <key>');
if (values.config !== undefined) fail('--config: only the firebase.json of this repository is checked');
const isInteractive = process.stdin.isTTY && values['non-interactive'] !== true;
const only = option('only');
const selected = (only ?? '').split(',').filter((target) => target.startsWith('functions:'));
const accepted = new Set([values.accept ?? []].flat().flatMap((keys) => String(keys).split(/[\s,]+/)));

/** Runs the CLI for some parts. Its hooks check them again. */
async function deploy(
  targets: readonly string[],
  of: readonly Part[],
  keys: ReadonlySet<string>,
  flags: string[] = [],
) {
  if (targets.length === 0) return 0;
  const args = ['deploy', '--project', projectId, '--only', targets.join(), ...passed, ...flags];
  if (!isInteractive) args.push('--non-interactive');
  const env = {
    ...process.env,
    ...{ GATEHOUSE_PARTS: of.join(), GATEHOUSE_ACCEPT: [...keys].join() },
    GATEHOUSE_ACCOUNT: option('account'),
  };
  return run('firebase', args, { cwd: ROOT, stdio: 'inherit', env });
}

/** Is anything of this part not left as it is? */
const isTouched = (items: readonly Item[], part: Part) =>
  items.some((item) => item.part === part && item.action !== 'leave');

async function main(): Promise<number> {
  const parts = partsOf({ only, except: option('except') });
  const built = await run('npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build']);
  if (built !== 0) return built;
  const isPartial = selected.some((target) => target.split(':').length > 2);
  const checked = await preflight({
    ...{
      projectId,
      parts,
      accepted,
      explicit: only === undefined ? [] : parts,
      isPartial,
      isInteractive,
      isQuiet: false,
      isDryRun: values['dry-run'] === true,
    },
    account: option('account'),
    hint: (keys) => `To accept what follows, add: --accept ${keys}`,
  });
  const { items, wanted, accepted: keys } = checked;
  const other = selected.find((target) => target.split(':')[1] !== wanted.codebase);
  if (other !== undefined) fail(`--only ${other}: the codebase here is ${wanted.codebase}`);
  if (values['dry-run']) return 0;
  const has = (part: Part, isWanted = true) => (parts.includes(part) && isWanted ? [part] : []);
  const first = [...has('rules', isTouched(items, 'rules')), ...has('indexes')];
  const code = await deploy(
    first.map((part) => `firestore:${part}`),
    first,
    keys,
  );
  if (code !== 0) return code;

  const then = [
    ...has('functions'),
    ...has('hosting', wanted.site !== undefined),
    ...has('auth', isTouched(items, 'auth')),
  ];
  const targets: Partial<Record<Part, string>> = {
    functions: selected.join() || `functions:${wanted.codebase}`,
    hosting: `hosting:${wanted.target}`,
    auth: 'auth',
  };
  // Without a terminal the CLI stops at its questions about functions of ours: retries, minimum instances, deleted functions.
  // Of some functions, the deleted ones were not planned.
  return deploy(
    then.flatMap((part) => targets[part] ?? []),
    then,
    keys,
    isInteractive || isPartial ? [] : ['--force'],
  );
}

try {
  process.exit(await main()); // a timer of the CLI's login would keep this process for 15 s
} catch (error) {
  fail(error);
}
