import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST, type Ports } from './ports.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/**
 * firebase.json for one run: with its ports, and with a page that may talk to its Auth emulator, and to no other port.
 * What is deployed has no loopback address in its policy. It lies beside the original because the CLI takes its folder
 * for the project.
 */
export function writeConfig(ports: Ports): string {
  const text = readFileSync(join(ROOT, 'firebase.json'), 'utf8');
  const original = JSON.parse(
    text.replace("connect-src 'self'", `connect-src 'self' http://${HOST}:${ports.auth}`),
  );
  const emulators = Object.entries(ports).map(([name, port]) => [name, { host: HOST, port }]);
  const file = join(ROOT, `firebase.tmp-${process.pid}-${ports.hub}.json`);
  writeFileSync(
    file,
    JSON.stringify({ ...original, emulators: { ...original.emulators, ...Object.fromEntries(emulators) } }),
  );
  return file;
}

/**
 * An environment in which the CLI asks nothing of the network, and neither anybody's real credentials nor another run's
 * Firestore reach the functions.
 */
export function quietEnv(scratch: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { GOOGLE_APPLICATION_CREDENTIALS, FIREBASE_TOKEN, FIRESTORE_EMULATOR_HOST, ...inherited } =
    process.env;
  return {
    ...inherited,
    CI: 'true', // no message of the day
    NO_UPDATE_NOTIFIER: 'true',
    METADATA_SERVER_DETECTION: 'none', // no look-up of a Google Cloud machine's credentials
    npm_config_offline: 'true', // it asks npm whether firebase-functions is the newest
    FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH: 'true', // by a file: over HTTP it waits 4 s for a kept-alive connection
    FIREBASE_DEBUG_PATH: scratch,
    // Its login, its notes to itself and its "is another one running?" file: each run has its own.
    XDG_CONFIG_HOME: scratch,
    TMPDIR: scratch,
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node-compile'),
    ...extra,
  };
}
