// Starts `npm start` as a separate process, and calls its emulators.
import assert from 'node:assert/strict';
import { Firestore } from '@google-cloud/firestore';
import { ROOT } from '../lib/emulator-setup.ts';
import { launch, type Started, until } from './processes.ts';

export const SCRIPT = `${ROOT}/tools/start.ts`;
// The Firestore that this run of `npm test` uses.
export const { GATEHOUSE_FIRESTORE = 'embedded' } = process.env;

/** Starts Gatehouse on free ports and reads its addresses from the table it prints. */
export async function startGatehouse(args: string[] = [], env: NodeJS.ProcessEnv = {}, script = SCRIPT) {
  const flags = ['--free-ports', `--firestore=${GATEHOUSE_FIRESTORE}`, ...args];
  const started = launch(process.execPath, [script, ...flags], { env: { ...process.env, ...env } });
  await until(() => started.output().includes('Try, in') || started.child.exitCode !== null, 90_000);
  const read = (name: string) => RegExp(`^ +${name} +(\\S+)`, 'm').exec(started.output())?.[1] ?? '';
  const addresses = {
    api: read('API'),
    functions: read('Functions'),
    auth: `http://${read('Auth emulator')}`,
    firestore: `http://${read('Firestore')}`,
  };
  assert.ok(addresses.api, started.output());
  const ports = Object.values(addresses).map((address) => Number(new URL(address).port));
  return { ...started, addresses, ports };
}

/** Sends JSON to an emulator as administrator. @returns the JSON of the response */
export async function send<T>(method: string, url: string, body?: object): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer owner' };
  const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}

/** Uses the documents of the demo project. @param address URL of a Firestore emulator */
export async function withFirestore<T>(
  address: string,
  act: (firestore: Firestore) => Promise<T>,
): Promise<T> {
  // The client reads the emulator's address only from this variable, and only when it is created.
  process.env.FIRESTORE_EMULATOR_HOST = new URL(address).host;
  const firestore = new Firestore({ projectId: 'demo-gatehouse' });
  delete process.env.FIRESTORE_EMULATOR_HOST;
  return act(firestore).finally(() => firestore.terminate());
}

export const identityToolkit = (auth: string) => `${auth}/identitytoolkit.googleapis.com/v1`;

/** Signs in with an e-mail address. @returns the claims of the ID token */
export async function signIn(
  auth: string,
  email: string,
  password: string,
): Promise<Record<string, unknown>> {
  const url = `${identityToolkit(auth)}/accounts:signInWithPassword?key=demo`;
  const { idToken } = await send<{ idToken: string }>('POST', url, {
    email,
    password,
    returnSecureToken: true,
  });
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
}

/** Sends a signal to the whole process group, as a terminal does. */
export function killGroup({ child }: Started, signal: NodeJS.Signals) {
  if (child.pid) process.kill(-child.pid, signal);
}
