// npm run deploy -- --project <id> [...]: runs `firebase deploy`, but refuses `demo-` projects.
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
  fail(
    `"${projectId}" exists only in the emulators; name your own project: npm run deploy -- --project <id>`,
  );
}
// Firestore rules are deployed only on request: they replace the rules of the project.
const only = args.some((arg) => /^--(only|except)\b/.test(arg))
  ? []
  : ['--only', 'functions,hosting,firestore:indexes'];
process.exitCode = await run('firebase', ['deploy', ...only, ...args], { cwd: ROOT, stdio: 'inherit' });
