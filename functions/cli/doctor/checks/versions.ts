import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { type Check, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';
import { findUp, readJson } from '../project-files.ts';

/** The first Firebase CLI with function kits. Older ones were never tested. */
const MIN_CLI = [15, 32] as const;
/** From this version on, `require` loads ES modules. */
const MIN_NODE = 22;

const DEADLINE_MS = 15_000;
const versioned = z.object({ version: z.string() });

export const cliVersion: Check = {
  name: 'Firebase CLI',
  reads: 'files',
  async run({ files: { root } }) {
    const version = await findCliVersion(root);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > MIN_CLI[0] || (major === MIN_CLI[0] && minor >= MIN_CLI[1])) return [];
    const wanted = `${MIN_CLI.join('.')} or newer`;
    return [
      finding(
        'cli-outdated',
        `the Firebase CLI is ${version}, Gatehouse needs ${wanted}`,
        'npm install -g firebase-tools@latest',
      ),
    ];
  },
};

/** Of the project's own CLI, otherwise of the one on the PATH. */
async function findCliVersion(root: string): Promise<string> {
  const file = 'node_modules/firebase-tools/package.json';
  const folder = findUp(root, file);
  if (folder !== undefined) return readJson(join(folder, file), versioned).version;
  try {
    const { stdout } = await promisify(execFile)('firebase', ['--version'], {
      timeout: DEADLINE_MS,
      shell: process.platform === 'win32',
    });
    return stdout.trim();
  } catch (cause) {
    throw new NotApplicable('there is no Firebase CLI in node_modules or on the PATH', { cause });
  }
}

export const nodeVersion: Check = {
  name: 'Node.js of the functions',
  reads: 'files',
  run({ installation: { runtime, engine, source } }) {
    const named = runtime ?? engine;
    if (named === undefined)
      throw new NotApplicable(`neither firebase.json nor ${source}/package.json names one`);
    const version = Number(/\d+/.exec(named)?.[0]);
    if (version >= MIN_NODE) return [];
    const where = runtime === undefined ? `engines in ${source}/package.json` : 'runtime in firebase.json';
    return [
      finding(
        'runtime-outdated',
        `${where} is ${named}, Gatehouse needs Node.js ${MIN_NODE} or newer`,
        'Set it to 24.',
      ),
    ];
  },
};
