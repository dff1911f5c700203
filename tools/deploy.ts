// npm run deploy -- --project <id> [...]: runs `firebase deploy`, but refuses `demo-` projects.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import { ROOT } from './lib/emulator-setup.ts';
import { fail, run } from './lib/run.ts';

const args = process.argv.slice(2);
const { values } = parseArgs({ args, options: { project: { type: 'string', short: 'P' } }, strict: false });
const { projects } = JSON.parse(readFileSync(`${ROOT}/.firebaserc`, 'utf8'));
const name = String(values.project ?? 'default');
const projectId: string = Object.hasOwn(projects, name) ? projects[name] : name;

/** DATABASE_ID in the parameter file of a project. */
function databaseOf(project: string): string | undefined {
  const file = `${ROOT}/functions/.env.${project}`;
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')).DATABASE_ID : undefined;
}

if (projectId.startsWith('demo-')) {
  fail(
    `"${projectId}" exists only in the emulators; name your own project: npm run deploy -- --project <id>`,
  );
}
const named = JSON.parse(readFileSync(`${ROOT}/firebase.json`, 'utf8')).firestore.database ?? '(default)';
const databaseId = databaseOf(projectId);
if (databaseId !== undefined && databaseId !== named) {
  fail(
    `DATABASE_ID in functions/.env.${projectId} is ${databaseId}, but firestore.database in firebase.json is ${named}: ` +
      'rules and indexes would go to the wrong database',
  );
}
// Firestore rules are deployed only on request: they replace the rules of the project.
const only = args.some((arg) => /^--(only|except)\b/.test(arg))
  ? []
  : ['--only', 'functions,hosting,firestore:indexes'];
process.exitCode = await run('firebase', ['deploy', ...only, ...args], { cwd: ROOT, stdio: 'inherit' });
