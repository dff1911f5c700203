// npm run deploy -- --project <id> [...]: `firebase deploy`, but never to the emulators' project.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ROOT } from './lib/emulator-setup.ts';
import { fail, run } from './lib/run.ts';

const args = process.argv.slice(2);
const { values } = parseArgs({ args, options: { project: { type: 'string', short: 'P' } }, strict: false });
const { projects } = JSON.parse(readFileSync(`${ROOT}/.firebaserc`, 'utf8'));
const name = String(values.project ?? 'default');
const projectId: string = Object.hasOwn(projects, name) ? projects[name] : name;

if (projectId.startsWith('demo-')) {
  fail(`"${projectId}" lives in the emulators only; name your own project: npm run deploy -- --project <id>`);
}
// Not the rules, unless asked: deploying them replaces the project's own.
const only = args.some((arg) => /^--(only|except)\b/.test(arg))
  ? []
  : ['--only', 'functions,hosting,firestore:indexes'];
process.exitCode = await run('firebase', ['deploy', ...only, ...args], { cwd: ROOT, stdio: 'inherit' });
