import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST, type Ports } from './ports.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface ConfigOptions {
  /** Whether the functions are loaded again when a file of theirs changes. Default: true. */
  watch?: boolean | undefined;
  /** Whether the Emulator UI starts, where there is one. Default: false. */
  ui?: boolean | undefined;
}

/**
 * Writes a firebase.json for one run, with its ports. The file is beside the original: the CLI takes its folder as the
 * project folder.
 */
export function writeConfig(ports: Ports, { watch = true, ui = false }: ConfigOptions = {}): string {
  const original = JSON.parse(readFileSync(join(ROOT, 'firebase.json'), 'utf8'));
  if (!watch) original.functions[0].ignore = ['**']; // the emulator reads it for its watch alone
  const { websocket, ...services } = ports;
  const emulators: [string, object][] = Object.entries(services).map(([name, port]) => [
    name,
    { host: HOST, port },
  ]);
  emulators.push(['firestore', { host: HOST, port: ports.firestore, websocketPort: websocket }]);
  emulators.push(['ui', { host: HOST, port: ports.ui, enabled: ui }]);
  const file = join(ROOT, `firebase.tmp-${process.pid}-${ports.hub}.json`);
  writeFileSync(
    file,
    JSON.stringify({ ...original, emulators: { ...original.emulators, ...Object.fromEntries(emulators) } }),
  );
  return file;
}

/** The CLI calls its emulators through a proxy that is set, whatever NO_PROXY says (firebase-tools, lib/apiv2.js). */
const PROXY = /^(https?|all|grpc)_proxy$/i;

/**
 * An environment in which the CLI makes no network requests, and the functions get neither real credentials nor the
 * Firestore of another run.
 */
export function quietEnv(scratch: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { GOOGLE_APPLICATION_CREDENTIALS, FIREBASE_TOKEN, FIRESTORE_EMULATOR_HOST, ...inherited } =
    process.env;
  const direct = Object.entries(inherited).filter(([name]) => !PROXY.test(name));
  return {
    ...Object.fromEntries(direct),
    CI: 'true', // no message of the day
    NO_UPDATE_NOTIFIER: 'true',
    METADATA_SERVER_DETECTION: 'none', // no look-up of a Google Cloud machine's credentials
    npm_config_offline: 'true', // it looks up the newest firebase-functions on npm
    FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH: 'true', // through a file: over HTTP it waits 4 s for a kept-alive connection
    FIREBASE_DEBUG_PATH: scratch,
    // The login, the state and the lock file of the CLI: each run has its own.
    XDG_CONFIG_HOME: scratch,
    TMPDIR: scratch,
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node-compile'),
    ...extra,
  };
}
