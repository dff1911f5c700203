import { findBrowser } from './browser.ts';
import { startDocuments } from './documents.ts';
import { ROOT } from './emulator-setup.ts';
import { install } from './install.ts';
import { findOfficialProgram } from './official-program.ts';
import { check, failure, type Outcome, skip, withNote } from './outcome.ts';
import { findFreePort, HOST } from './ports.ts';
import { FUNCTIONS, functionsBin } from './run.ts';
import { bench } from './short-bench.ts';
import { type Job, type RunTests, type Stage, tests } from './stage.ts';

const tsc = functionsBin('tsc');
const colors = process.stdout.isTTY ? 'force' : 'off'; // by default Biome colours each letter in a log file

/** The project of most tests with emulators. */
const DEMO = 'demo-gatehouse';

/** Runs tests against Google's Firestore emulator alone, without the other emulators. */
async function withOfficial(name: string, test: (host: string) => Promise<Outcome>): Promise<Outcome> {
  const port = await findFreePort();
  const options = { port, projectId: DEMO, logFile: `${ROOT}/.gatehouse/test-${name}.log` };
  const { stop } = await startDocuments('official', options);
  return test(`${HOST}:${port}`).finally(stop);
}

/** Uses Google's emulator with `--firestore=official`. Tests that delay, count or break calls always use the embedded one. */
function unitFirestore({ firestore }: Job, run: RunTests): Promise<Outcome> {
  if (firestore === 'embedded') return run();
  return withOfficial('unit', (host) => run({ GATEHOUSE_FIRESTORE_HOST: host }));
}

/** The embedded Firestore's own tests do not apply to Google's emulator. */
async function embeddedFirestore({ firestore }: Job, run: RunTests): Promise<Outcome> {
  if (firestore === 'embedded') return run();
  return skip('skipped: the tests of the embedded Firestore: need a run without --firestore=official');
}

/**
 * Tests firestore.rules with Google's emulator, if it is installed. If not, one note gives the number of skipped tests.
 */
async function officialRules(_job: unknown, run: RunTests): Promise<Outcome> {
  const runAt = (host?: string) => run({ FIRESTORE_RULES_EMULATOR_HOST: host });
  if (findOfficialProgram()) return withOfficial('rules-official', runAt);
  const outcome = await runAt();
  if (outcome.skipped === 0) return outcome;
  const note = `skipped: ${outcome.skipped} tests of firestore.rules on Google’s emulator: need it, as with --firestore=official`;
  return outcome.passed + outcome.failed > 0 ? withNote(note, outcome) : { ...outcome, notes: [note] };
}

/** Compares the embedded Firestore with Google's emulator, if it is installed. */
async function besideOfficial(_job: unknown, run: RunTests): Promise<Outcome> {
  if (!findOfficialProgram()) {
    return skip(
      'skipped: the comparison with Google’s Firestore emulator: needs it, as with --firestore=official',
    );
  }
  return withOfficial('fuzz-official', (host) => run({ FIRESTORE_OFFICIAL_HOST: host }));
}

/** Tests the page in a real browser. Without a browser, each of its tests is skipped by name. */
async function withBrowser(_job: unknown, run: RunTests): Promise<Outcome> {
  const browser = await findBrowser();
  if (browser) return run({ CHROME_PATH: browser });
  const note = 'no Chrome or Chromium found: install one, or set CHROME_PATH';
  return withNote(note, await run({ CHROME_PATH: '' }));
}

const OPENAPI_CHECK = 'packages/openapi-check';
const WORKFLOW_CHECK = 'packages/workflow-check';

/** Installs a package of tests with dependencies that nothing else needs, such as generators and linters. */
const withPackage =
  (folder: string) =>
  async ({ print }: Job, run: RunTests): Promise<Outcome> => {
    const isInstalled = await install(`${ROOT}/${folder}`, print);
    return isInstalled ? run() : failure(`npm ci failed in ${folder}`);
  };

/** The stages of `npm test`, in their order in each lane: long stages first, so that both lanes end together. */
export const stages: Record<string, Stage> = {
  lint: { lane: 'before', run: ({ print }) => check(print, ['biome', 'ci', `--colors=${colors}`, '.']) },
  build: {
    lane: 'before',
    run: ({ print }) =>
      check(
        print,
        ['npm', '--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'],
        ['node', 'tools/web.ts'],
      ),
  },
  types: {
    lane: 'before',
    run: ({ print }) =>
      check(
        print,
        [tsc, '-p', 'functions/tsconfig.json'],
        [tsc, '-p', 'tools/tsconfig.json'],
        [tsc, '-p', 'packages/firestore-emulator/tsconfig.json'],
        [tsc, '-p', 'packages/client/tsconfig.json'],
        [tsc, '-p', `${OPENAPI_CHECK}/tsconfig.json`],
        [tsc, '-p', 'aws/tsconfig.json'],
      ),
  },

  // Before `emulator`: its users would fill the page's list.
  browser: tests('tools/browser', { lane: 'wait', emulators: DEMO, around: withBrowser }),
  emulator: tests('functions/test/emulator', { lane: 'wait', emulators: DEMO }),
  'emulator-idp': tests('functions/test/emulator-idp', { lane: 'wait', emulators: `${DEMO}-idp` }),
  tools: tests('tools/test', {
    lane: 'wait',
    env: ({ firestore }) => ({ GATEHOUSE_FIRESTORE: firestore }),
  }),
  deployments: tests('tools/deployments', { lane: 'wait' }),

  consistency: tests('functions/test/consistency'),
  unit: tests('functions/test/unit', { processes: 2, coverage: true, around: unitFirestore }),
  attacks: tests('functions/test/attacks'),
  deploy: tests('functions/test/deploy'),
  aws: tests('aws/test'),
  client: tests('packages/client/test'),
  kit: tests('functions/test/kit', { lane: 'wait' }),
  library: tests('functions/test/library', { lane: 'wait' }),
  issuers: tests('functions/test/issuers'),
  openapi: tests(`${OPENAPI_CHECK}/test`, { around: withPackage(OPENAPI_CHECK) }),
  workflows: tests(`${WORKFLOW_CHECK}/test`, { around: withPackage(WORKFLOW_CHECK) }),
  rules: tests('functions/test/rules'),
  'rules-official': tests('functions/test/rules-official', { around: officialRules }),
  firestore: tests('packages/firestore-emulator/test', {
    whenChanged: 'packages/firestore-emulator',
    around: embeddedFirestore,
  }),
  'fuzz-official': tests('packages/firestore-emulator/test-official', {
    whenChanged: 'packages/firestore-emulator',
    around: besideOfficial,
  }),

  bench: { lane: 'after', onlyByName: true, run: bench },
};
