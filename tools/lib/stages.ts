import { basename } from 'node:path';
import { findBrowser } from './browser.ts';
import { ROOT } from './emulator-setup.ts';
import { startEmulators } from './emulators.ts';
import { check, mochaFolder, mochaWithCoverage, type Outcome } from './outcome.ts';
import { FUNCTIONS, functionsBin } from './run.ts';

const tsc = functionsBin('tsc');
const colors = process.stdout.isTTY ? 'force' : 'off'; // left alone, Biome colours each letter in a log file

/** What `npm test` runs, in this order. */
export const stages: Record<string, () => Promise<Outcome>> = {
  lint: () => check(['biome', 'ci', `--colors=${colors}`, '.']),
  build: () =>
    check(['npm', '--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'], ['node', 'tools/web.ts']),
  types: () => check([tsc, '-p', 'functions/tsconfig.json'], [tsc, '-p', 'tools/tsconfig.json']),
  unit: mochaWithCoverage,
  deploy: () => mochaFolder('functions/test/deploy'),
  emulator: () => withEmulators('demo-gatehouse', 'functions/test/emulator'),
  'emulator-idp': () => withEmulators('demo-gatehouse-idp', 'functions/test/emulator-idp'),
  rules: () => mochaFolder('functions/test/rules'),
  browser: withBrowser,
  tools: () => mochaFolder('tools/test'),
};

/** Runs a folder's tests against emulators of their own, on free ports: `npm start` may go on meanwhile. */
async function withEmulators(
  projectId: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const emulators = await startEmulators({
    projectId,
    only: ['auth', 'functions', 'hosting'],
    ports: 'free',
    logFile: `${ROOT}/.gatehouse/test-${basename(folder)}.log`,
  });
  try {
    return await mochaFolder(folder, { ...emulators.env, ...env });
  } finally {
    await emulators.stop();
  }
}

/** The page in a real browser; without one each of its tests is skipped by name. */
async function withBrowser(): Promise<Outcome> {
  const browser = await findBrowser();
  if (browser) return withEmulators('demo-gatehouse', 'tools/browser', { CHROME_PATH: browser });
  const outcome = await mochaFolder('tools/browser', { CHROME_PATH: '' });
  return {
    ...outcome,
    notes: ['no Chrome or Chromium found: install one, or set CHROME_PATH', ...outcome.notes],
  };
}
