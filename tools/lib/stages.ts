import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Verdict } from '../../bench/lib/report.ts';
import { findBrowser } from './browser.ts';
import { startDocuments } from './documents.ts';
import { ROOT } from './emulator-setup.ts';
import { startEmulators } from './emulators.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { findOfficialProgram } from './official-program.ts';
import { check, failure, mochaFolder, mochaWithCoverage, type Outcome, skip } from './outcome.ts';
import { findFreePort, HOST } from './ports.ts';
import { FUNCTIONS, functionsBin, run } from './run.ts';

const tsc = functionsBin('tsc');
const logOf = (name: string) => `${ROOT}/.gatehouse/test-${basename(name)}.log`;
const colors = process.stdout.isTTY ? 'force' : 'off'; // left alone, Biome colours each letter in a log file

/** What `npm test` runs, in this order; each is told which Firestore was asked for. */
export const stages: Record<string, (firestore: FirestoreKind) => Promise<Outcome>> = {
  lint: () => check(['biome', 'ci', `--colors=${colors}`, '.']),
  build: () =>
    check(['npm', '--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'], ['node', 'tools/web.ts']),
  types: () =>
    check(
      [tsc, '-p', 'functions/tsconfig.json'],
      [tsc, '-p', 'tools/tsconfig.json'],
      [tsc, '-p', 'packages/firestore-emulator/tsconfig.json'],
    ),
  firestore: embeddedFirestore,
  unit,
  consistency: () => mochaFolder('functions/test/consistency'),
  issuers: () => mochaFolder('functions/test/issuers'),
  attacks: () => mochaFolder('functions/test/attacks'),
  deploy: () => mochaFolder('functions/test/deploy'),
  lambda: () => mochaFolder('functions/test/lambda'),
  emulator: (firestore) => withEmulators({ folder: 'functions/test/emulator', firestore }),
  'emulator-idp': (firestore) =>
    withEmulators({ projectId: 'demo-gatehouse-idp', folder: 'functions/test/emulator-idp', firestore }),
  rules: () => mochaFolder('functions/test/rules'),
  'rules-official': rulesOnGoogles,
  browser: withBrowser,
  tools: (firestore) => mochaFolder('tools/test', { GATEHOUSE_FIRESTORE: firestore }),
  bench,
};

/** An outcome with a word before the names of what was skipped: why. */
const noted = (note: string, outcome: Outcome): Outcome => ({ ...outcome, notes: [note, ...outcome.notes] });

interface EmulatorTests {
  projectId?: string;
  folder: string;
  firestore: FirestoreKind;
  env?: NodeJS.ProcessEnv;
}

/** Runs a folder's tests against emulators of their own, on free ports: `npm start` may go on meanwhile. */
async function withEmulators(tests: EmulatorTests): Promise<Outcome> {
  const { projectId = 'demo-gatehouse', folder, firestore, env } = tests;
  const emulators = await startEmulators({ projectId, firestore, ports: 'free', logFile: logOf(folder) });
  try {
    return await mochaFolder(folder, { ...emulators.env, ...env });
  } finally {
    await emulators.stop();
  }
}

/** Runs tests against a Firestore of Google's alone; they are told where it is. */
async function withGoogles(name: string, test: (host: string) => Promise<Outcome>): Promise<Outcome> {
  const port = await findFreePort();
  const options = { port, projectId: 'demo-gatehouse', logFile: logOf(name) };
  const { stop } = await startDocuments('official', options);
  return test(`${HOST}:${port}`).finally(stop);
}

/** The embedded Firestore's own tests have nothing to say of Google's. */
async function embeddedFirestore(firestore: FirestoreKind): Promise<Outcome> {
  if (firestore === 'embedded') return mochaFolder('packages/firestore-emulator/test');
  return skip('skipped: the tests of the embedded Firestore: need a run without --firestore=official');
}

/** Unit tests that hold, count or break Firestore's calls have the embedded one all the same. */
async function unit(firestore: FirestoreKind): Promise<Outcome> {
  if (firestore === 'embedded') return mochaWithCoverage();
  return withGoogles('unit', (host) => mochaWithCoverage({ GATEHOUSE_FIRESTORE_HOST: host }));
}

/**
 * firestore.rules as Google's emulator reads them, wherever that is. There are many of these tests: one line says that
 * they were skipped.
 */
async function rulesOnGoogles(): Promise<Outcome> {
  const folder = 'functions/test/rules-official';
  const run = (host?: string) => mochaFolder(folder, { FIRESTORE_RULES_EMULATOR_HOST: host });
  if (findOfficialProgram()) return withGoogles(basename(folder), run);
  const outcome = await run();
  const note = `skipped: ${outcome.skipped} tests of firestore.rules on Google’s emulator: need it, as with --firestore=official`;
  return outcome.passed + outcome.failed > 0 ? noted(note, outcome) : { ...outcome, notes: [note] };
}

/** The page in a real browser; without one each of its tests is skipped by name. */
async function withBrowser(firestore: FirestoreKind): Promise<Outcome> {
  const folder = 'tools/browser';
  const browser = await findBrowser();
  if (browser) return withEmulators({ folder, firestore, env: { CHROME_PATH: browser } });
  const note = 'no Chrome or Chromium found: install one, or set CHROME_PATH';
  return noted(note, await mochaFolder(folder, { CHROME_PATH: '' }));
}

/** The short benchmark: each ratio is a test, with twice its budget, so that a regression is seen and noise is not. */
async function bench(): Promise<Outcome> {
  const out = `${ROOT}/.gatehouse/bench.json`;
  rmSync(out, { force: true });
  await run('node', ['tools/bench.ts', '--short', `--out=${out}`], { cwd: ROOT, timeout: BENCH_TIMEOUT_MS });
  if (!existsSync(out)) return failure('the benchmark did not come to its end');
  const types = await check([tsc, '-p', 'bench/tsconfig.json']);
  const { verdicts, failed } = JSON.parse(readFileSync(out, 'utf8')) as {
    verdicts: Verdict[];
    failed: string[];
  };
  const looked = verdicts.filter(({ limit }) => limit !== undefined);
  const missed = looked.filter(({ kept }) => !kept);
  return {
    passed: types.passed + looked.length - missed.length,
    failed: types.failed + missed.length + failed.length,
    skipped: 0,
    notes: [
      ...types.notes,
      ...missed.map(({ what, text }) => `${what}: ${text[0]}, allowed is ${text[1]}`),
      ...failed.map((name) => `the measurement ${name} did not come to its end`),
    ],
  };
}

const BENCH_TIMEOUT_MS = 5 * 60_000;
