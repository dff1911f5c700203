import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

export const HOST = '127.0.0.1';

/** The default ports: those of firebase.json, and the Firebase CLI's own for the Emulator UI and its view of Firestore. */
export const FIXED_PORTS = {
  hosting: 5002,
  functions: 5001,
  auth: 9099,
  firestore: 8080,
  hub: 4400,
  logging: 4500,
  ui: 4000,
  websocket: 9150,
};

export type Ports = typeof FIXED_PORTS;

/** Ports of the local issuers of `npm start -- --with-issuers`. 9229 is the default of cognito-local. */
export const ISSUER_PORTS = { cognito: 9229, auth0: 9230, oidc: 9231 };

export type IssuerPorts = typeof ISSUER_PORTS;

/** Tries to listen on a loopback port (0: any free one). @returns its number, or undefined if it is taken */
async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? address?.port : undefined;
}

/** The first of these ports on which another process listens. */
export async function findTakenPort(
  ports: Readonly<Record<string, number>>,
): Promise<{ service: string; port: number } | undefined> {
  for (const [service, port] of Object.entries(ports)) {
    if ((await tryPort(port)) === undefined) return { service, port };
  }
  return undefined;
}

/**
 * Finds different free loopback ports below the range for outgoing connections. In that range, a client that polls a
 * port until a server listens can, once in some ten thousand tries, be assigned the port as its own. A port that was found
 * may be used later: neither this process nor one that it starts afterwards finds it again.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const free = new Set<number>();
  for (let tries = 0; free.size < count; tries++) {
    if (tries >= MAX_TRIES) throw new Error(`no free port on ${HOST}`);
    const first = Number(process.env.GATEHOUSE_PORTS ?? FIRST_PORT);
    const last = process.env.GATEHOUSE_PORTS ? first + PORTS_OF_A_RANGE : LAST_PORT;
    const port = randomInt(first, last);
    const found = process.env[FOUND_PORTS]?.split(',') ?? [];
    if (found.includes(String(port))) continue;
    process.env[FOUND_PORTS] = [...found, port].join();
    if ((await tryPort(port)) !== undefined) free.add(port);
  }
  return [...free];
}

/** Processes inherit it. */
const FOUND_PORTS = 'GATEHOUSE_FOUND_PORTS';
const MAX_TRIES = 1_000;
const FIRST_PORT = 15_000;
const LAST_PORT = 30_000;
const PORTS_OF_A_RANGE = 5_000;

/**
 * Environment variables for processes that use free ports of their own range (0 to 2). Processes of other ranges cannot take
 * a port after it was found and before it is used.
 */
export const portRange = (n: number) => ({ GATEHOUSE_PORTS: String(FIRST_PORT + n * PORTS_OF_A_RANGE) });

/** Finds one free loopback port, like {@link findFreePorts}. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  if (port === undefined) throw new Error(`no free port on ${HOST}`);
  return port;
}
