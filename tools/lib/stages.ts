import { basename } from 'node:path';
import { findBrowser } from './browser.ts';
import { ROOT } from './emulator-setup.ts';
import { startEmulators } from './emulators.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { check, mochaFolder, mochaWithCoverage, type Outcome, skip } from './outcome.ts';
import { FUNCTIONS, functionsBin } from './run.ts';

const tsc = functionsBin('tsc');
const colors = process.stdout.isTTY ? 'force' : 'off'; // left alone, Biome colours each letter in a log file

/** What `npm test` runs, in this order; each is told which Firestore was asked for. */
export const stages: Record<string, (firestore: FirestoreKind) => Promise<Outcome>> = {
  lint: () => check(['biome', 'ci', `--colors=${colors}`, '.']),
  build: () =>
    check(['npm', '--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'], ['node', 'tools/web.ts']),
  types: () => check([tsc, '-p', 'functions/tsconfig.json'], [tsc, '-p', 'tools/tsconfig.json']),
  firestore: embeddedFirestore,
  unit: mochaWithCoverage,
  deploy: () => mochaFolder('functions/test/deploy'),
  emulator: (firestore) => withEmulators({ folder: 'functions/test/emulator', firestore }),
  'emulator-idp': (firestore) =>
    withEmulators({ projectId: 'demo-gatehouse-idp', folder: 'functions/test/emulator-idp', firestore }),
  rules: () => mochaFolder('functions/test/rules'),
  'rules-official': rulesOnGoogles,
  browser: withBrowser,
  tools: (firestore) => mochaFolder('tools/test', { GATEHOUSE_FIRESTORE: firestore }),
};

/** An outcome with a word before the names of what was skipped: why. */
const noted = (note: string, outcome: Outcome): Outcome => ({ ...outcome, notes: [note, ...outcome.notes] });

interface EmulatorTests {
  projectId?: string;
  folder: string;
  firestore: FirestoreKind;
  /** Emulators to start beside Firestore. */
  only?: string[];
  /** More for the tests' environment, given what leads to the emulators. */
  env?: (emulators: Record<string, string>) => NodeJS.ProcessEnv;
}

/** Runs a folder's tests against emulators of their own, on free ports: `npm start` may go on meanwhile. */
async function withEmulators({
  projectId = 'demo-gatehouse',
  folder,
  firestore,
  only = ['auth', 'functions', 'hosting'],
  env,
}: EmulatorTests): Promise<Outcome> {
  const logFile = `${ROOT}/.gatehouse/test-${basename(folder)}.log`;
  const emulators = await startEmulators({ projectId, only, firestore, ports: 'free', logFile });
  try {
    return await mochaFolder(folder, { ...emulators.env, ...env?.(emulators.env) });
  } finally {
    await emulators.stop();
  }
}

/** The embedded Firestore's own tests have nothing to say of Google's. */
async function embeddedFirestore(firestore: FirestoreKind): Promise<Outcome> {
  if (firestore === 'embedded') return mochaFolder('tools/firestore/test');
  return skip('skipped: the tests of the embedded Firestore: need a run without --firestore=official');
}

/** firestore.rules as Google's emulator reads them. There are many of these tests: one line says that they were skipped. */
async function rulesOnGoogles(firestore: FirestoreKind): Promise<Outcome> {
  const folder = 'functions/test/rules-official';
  if (firestore === 'embedded') {
    const outcome = await mochaFolder(folder, { FIRESTORE_RULES_EMULATOR_HOST: undefined });
    const note = `skipped: ${outcome.skipped} tests of firestore.rules on Google’s emulator: need --firestore=official`;
    return outcome.passed + outcome.failed > 0 ? noted(note, outcome) : { ...outcome, notes: [note] };
  }
  const env = ({ FIRESTORE_EMULATOR_HOST }: Record<string, string>) => ({
    FIRESTORE_RULES_EMULATOR_HOST: FIRESTORE_EMULATOR_HOST,
  });
  return withEmulators({ folder, firestore, only: [], env });
}

/** The page in a real browser; without one each of its tests is skipped by name. */
async function withBrowser(firestore: FirestoreKind): Promise<Outcome> {
  const folder = 'tools/browser';
  const browser = await findBrowser();
  if (browser) return withEmulators({ folder, firestore, env: () => ({ CHROME_PATH: browser }) });
  const note = 'no Chrome or Chromium found: install one, or set CHROME_PATH';
  return noted(note, await mochaFolder(folder, { CHROME_PATH: '' }));
}
