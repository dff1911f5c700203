import assert from 'node:assert/strict';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { inspect } from 'node:util';
import { authenticate } from '../../src/authn/authenticate.ts';
import type { Principal } from '../../src/authz/principal.ts';
import type { Log } from '../../src/platform/logging/log.ts';
import { type Api, openApi } from '../helpers/api.ts';
import { KEYS } from '../helpers/google.ts';
import { type Kind, TRUSTED_ISSUERS } from './issuer-kinds.ts';
import { watchOutside } from './outside.ts';
import { type Attacker, type Issuers, openAttacker, openIssuers } from './servers.ts';

/** The HTTP API as in production, the issuers it trusts, an attacker, and somebody who watches what is asked of whom. */

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** Name and value in turn: a name may come twice. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface World {
  readonly api: Api;
  readonly issuers: Issuers;
  readonly attacker: Attacker;
  /** Seconds since the epoch, as the API sees it. It stands still. */
  now(): number;
  pass(seconds: number): void;
  ask(ask: Ask): Promise<Answer>;
  /** `GET /v1/me` with the token. */
  present(token: string): Promise<Answer>;
  /** The same without HTTP, for what no header can carry. */
  authenticate(token: string): Promise<Principal>;
  /** What was asked of anybody since the last time, this API and Firestore excepted. */
  asked(): string[];
  close(): Promise<void>;
}

/**
 * firebase-admin has a clock of its own. Ours is half an hour ahead of it, so that what expires for us at this second or
 * the next is not decided by how long a test takes.
 */
const AHEAD_MS = 30 * 60_000;

/** @param log in place of one that remembers its lines */
export async function openWorld(trustedIssuers = TRUSTED_ISSUERS, log?: Log): Promise<World> {
  const [issuers, attacker] = await Promise.all([openIssuers(), openAttacker()]);
  let time = Date.now() + AHEAD_MS;
  const clock = () => time;
  const now = () => Math.floor(time / 1000);
  const api = await openApi({
    product: { trustedIssuers },
    clock,
    fetch: issuers.fetch,
    ...(log && { log }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const outside = watchOutside(agent);

  const ask: World['ask'] = ({ method = 'GET', path = '/v1/me', headers = [], body }) =>
    new Promise((resolve, reject) => {
      const all = ['Host', `127.0.0.1:${api.port}`, 'X-Forwarded-Proto', 'https', ...headers];
      const req = request(`http://127.0.0.1:${api.port}${path}`, { agent, method, headers: all }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => {
          const { statusCode: status = 0, headers } = res;
          resolve({ status, headers, body: text.startsWith('{') ? JSON.parse(text) : { text } });
        });
      });
      req.on('error', reject).end(body);
    });

  return {
    ...{ api, issuers, attacker, now, ask },
    pass(seconds) {
      time += seconds * 1000;
    },
    present: (token) => ask({ headers: ['Authorization', `Bearer ${token}`] }),
    authenticate: (token) =>
      authenticate(api.deps, { authenticator: api.deps.bearer, value: token }, { fresh: false }),
    asked: () => outside.seen.splice(0),
    async close() {
      outside.stop();
      agent.destroy();
      await api.close();
      await Promise.all([issuers.close(), attacker.close()]);
    },
  };
}

/** Of what was asked for: what a valid token of any of our issuers may cause. */
export function isKeyFetch({ api, issuers }: World, url: string): boolean {
  return url.startsWith(`${issuers.url}/`) || url === `${api.google.url}${KEYS}`;
}

export async function assertPasses(world: World, kind: Kind, token: string): Promise<void> {
  const { status, body } = await world.present(token);
  assert.equal(status, 200, `${kind.name}: the valid token was refused: ${inspect(world.api.lines.at(-1))}`);
  assert.equal(body.subject, JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub);
}

const REFUSAL = {
  type: 'urn:gatehouse:error:invalid_token',
  title: 'The credential was not accepted',
  status: 401,
  detail: 'The credential was not accepted.',
  code: 'invalid_token',
};
const CHALLENGE =
  'Bearer realm="gatehouse", error="invalid_token", error_description="The credential was not accepted"';

/**
 * Presents a bad token. It is refused as every other bad token is, with one line in the log that holds nothing of it; nothing
 * is asked of anybody.
 */
export async function assertRefused(world: World, token: string): Promise<void> {
  const { api, attacker } = world;
  const shown = inspect(token.length > 400 ? `${token.slice(0, 400)}…` : token);
  world.asked();
  api.lines.length = 0;
  if (canTravel(token)) {
    const { status, headers, body } = await world.present(token);
    assert.equal(status, 401, `${status} for ${shown}: ${inspect(body)} ${inspect(api.lines)}`);
    const { requestId, ...rest } = body;
    assert.deepEqual(rest, REFUSAL);
    assert.equal(headers['www-authenticate'], CHALLENGE);
    assert.equal(api.lines.length, 1, inspect(api.lines));
    const [line] = api.lines;
    assert.deepEqual(
      { kind: line?.kind, granted: line?.granted, code: line?.code, requestId: line?.requestId },
      { kind: 'decision', granted: false, code: 'invalid_token', requestId },
    );
    const text = inspect([body, headers, api.lines], { depth: 10, maxStringLength: null });
    for (const part of token.split('.', 8)) {
      assert.ok(part.length < 8 || !text.includes(part), `the token is in the answer or the log: ${text}`);
    }
  } else {
    const outcome = await world.authenticate(token).catch((error) => error);
    assert.equal(outcome?.code, 'invalid_token', `${inspect(outcome)} for ${shown}`);
  }
  assert.deepEqual(world.asked(), [], `asked for something because of ${shown}`);
  assert.deepEqual(attacker.asked, []);
}

/** Does a header carry it unchanged? Node refuses 16 KiB of headers and trims their values (RFC 9110 §5.5). */
export function canTravel(token: string): boolean {
  return token.length < 14_000 && /^[\t\x20-\x7e\x80-\xff]*$/.test(token) && !/^\s|\s$/.test(token);
}
