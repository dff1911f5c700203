import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { quietEnv, ROOT } from '../../lib/emulator-setup.ts';
import { run } from '../../lib/run.ts';
import type { StandIn } from './google.ts';

const PARTS = [
  '.firebaserc',
  'firebase.json',
  'firestore.indexes.json',
  'firestore.rules',
  'functions',
  'package.json',
  'package-lock.json',
  'tools',
  'web',
];
const STAMP = '.gatehouse-install';
const MODULES = ['node_modules', 'functions/node_modules'];

/** A copy of what is deployed, for a test to change and deploy. */
export interface Clone {
  folder: string;
  /** Changes a JSON file. */
  edit(file: string, change: (json: never) => void): void;
  /** Gives the page a Hosting site, as `firebase target:apply hosting gatehouse <site>` does. */
  applySite(site: string): void;
  /** Environment variables of the programs that it runs. */
  env: Record<string, string>;
  /** Runs a program with the stand-in as Google. @returns its exit code and output */
  run(google: StandIn, command: string, ...args: string[]): Promise<{ code: number; output: string }>;
  remove(): void;
}

/**
 * Links each package, so that an `npm ci` in the clone could not remove those of the repository, and marks them as installed for
 * tools/bootstrap.mjs.
 */
function linkModules(from: string, to: string) {
  mkdirSync(to);
  for (const name of readdirSync(from).filter((entry) => entry !== STAMP))
    symlinkSync(join(from, name), join(to, name));
  const lock = readFileSync(join(to, '..', 'package-lock.json'));
  const digest = createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`);
  writeFileSync(join(to, STAMP), digest.digest('hex'));
}

/** With the parameters of .env.example for a project. */
export function makeClone(projectId: string): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-clone-'));
  const isWanted = (path: string) => !MODULES.includes(relative(ROOT, path));
  for (const part of PARTS)
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: isWanted });
  for (const modules of MODULES) linkModules(join(ROOT, modules), join(folder, modules));
  cpSync(join(ROOT, 'functions/.env.example'), join(folder, `functions/.env.${projectId}`));
  const edit: Clone['edit'] = (file, change) => {
    const path = join(folder, file);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    change(json as never); // each test knows the part that it changes
    writeFileSync(path, JSON.stringify(json));
  };
  // Types are checked by a stage of their own.
  edit('functions/package.json', (json: { scripts: { build: string } }) => {
    json.scripts.build = 'node scripts/build.ts';
  });
  const bin = join(ROOT, 'node_modules', '.bin');
  const more: Record<string, string> = {};
  return {
    ...{ folder, edit, env: more },
    applySite: (site) =>
      edit('.firebaserc', (rc: { targets: object }) => {
        rc.targets = { [projectId]: { hosting: { gatehouse: [site] } } };
      }),
    async run(google, command, ...args) {
      let output = '';
      const env = {
        ...quietEnv(folder, { ...google.env, ...more }),
        PATH: [bin, process.env.PATH].join(delimiter),
        HOME: folder,
      };
      const print = (chunk: Uint8Array | string) => (output += chunk);
      const code = await run(command, args, { cwd: folder, env, print });
      return { code, output };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
