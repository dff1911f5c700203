import assert from 'node:assert/strict';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { authenticate } from '../../src/authn/authenticate.ts';
import type { Principal } from '../../src/authz/principal.ts';
import type { Log } from '../../src/platform/logging/log.ts';
import { type Api, openApi } from '../helpers/api.ts';
import { KEYS } from '../helpers/google.ts';
import { entryOf } from '../helpers/test-directory.ts';
import { type Attacker, type Issuers, openAttacker, openIssuers } from './issuer-servers.ts';
import { recordOutgoingRequests } from './outgoing-requests.ts';
import { type TokenKind, TRUSTED_ISSUERS } from './token-kinds.ts';

/** The HTTP API as in production, its trusted issuers, an attacker's server, and a record of all outgoing requests. */

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

interface ApiRequest {
  readonly method?: string;
  readonly path?: string;
  /** Names and values alternate; a name can occur twice. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface Environment {
  readonly api: Api;
  readonly issuers: Issuers;
  readonly attacker: Attacker;
  /** The API's clock, in seconds since the epoch. It advances only by `advanceClock`. */
  now(): number;
  advanceClock(seconds: number): void;
  request(request: ApiRequest): Promise<ApiResponse>;
  /** `GET /v1/me` with the token. */
  getMe(token: string): Promise<ApiResponse>;
  /** Authenticates without HTTP, for tokens that no header can carry. */
  authenticate(token: string): Promise<Principal>;
  /** Returns and clears the recorded requests of this process, without those to the API and to Firestore. */
  takeOutgoingRequests(): string[];
  close(): Promise<void>;
}

/** The API's clock is half an hour ahead: a check that reads the system's clock instead makes tests fail. */
const CLOCK_OFFSET_MS = 30 * 60_000;

/** @param log replaces the log that records its lines */
export async function openEnvironment(trustedIssuers = TRUSTED_ISSUERS, log?: Log): Promise<Environment> {
  const [issuers, attacker] = await Promise.all([openIssuers(), openAttacker()]);
  let time = Date.now() + CLOCK_OFFSET_MS;
  const clock = () => time;
  const now = () => Math.floor(time / 1000);
  const api = await openApi({
    product: { trustedIssuers },
    clock,
    fetch: issuers.fetch,
    ...(log && { log }),
  });
  // The profile that the Firebase tokens show, so that the first sight of one asks for no account.
  const profile = { email: undefined, emails: [], emailVerified: false };
  const entry = entryOf('member', { roles: ['member'], ...profile });
  await api.deps.directory.change({ uid: 'member' }, () => ({ entry }));
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const outgoing = recordOutgoingRequests(agent);

  const request: Environment['request'] = ({ method = 'GET', path = '/v1/me', headers = [], body }) =>
    new Promise((resolve, reject) => {
      const all = ['Host', `127.0.0.1:${api.port}`, 'X-Forwarded-Proto', 'https', ...headers];
      const url = `http://127.0.0.1:${api.port}${path}`;
      const req = httpRequest(url, { agent, method, headers: all }, (res) => {
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
    api,
    issuers,
    attacker,
    now,
    request,
    advanceClock(seconds) {
      time += seconds * 1000;
    },
    getMe: (token) => request({ headers: ['Authorization', `Bearer ${token}`] }),
    authenticate: async (token) => {
      const credential = { authenticator: api.deps.bearer, value: token };
      return (await authenticate(api.deps, credential, { fresh: false })).principal;
    },
    takeOutgoingRequests: () => outgoing.urls.splice(0),
    async close() {
      outgoing.stop();
      agent.destroy();
      await api.close();
      await Promise.all([issuers.close(), attacker.close()]);
    },
  };
}

/** Whether a request for this URL is one that a valid token may cause: it fetches keys of a trusted issuer. */
export function isKeyRequest({ api, issuers }: Environment, url: string): boolean {
  return url.startsWith(`${issuers.url}/`) || url === `${api.google.url}${KEYS}`;
}

export async function assertAccepted(
  environment: Environment,
  kind: TokenKind,
  token: string,
): Promise<void> {
  const { status, body } = await environment.getMe(token);
  const logged = inspect(environment.api.lines.at(-1));
  assert.equal(status, 200, `${kind.name}: the valid token was refused: ${logged}`);
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  assert.equal(Object(body.identity).subject, sub);
}

const REFUSAL = {
  type: 'https://gatehouse-test.web.app/api/v1/errors/invalid_token',
  title: 'The credential was not accepted',
  status: 401,
  detail: 'The credential was not accepted.',
  code: 'invalid_token',
};
const CHALLENGE =
  'Bearer realm="gatehouse", error="invalid_token", error_description="The credential was not accepted"';

/**
 * Sends an invalid token. It must get the same response as every invalid token, one line in the log that contains no part
 * of it, and cause no outgoing request.
 */
export async function assertRefused(environment: Environment, token: string): Promise<void> {
  const { api, attacker } = environment;
  const shown = inspect(token.length > 400 ? `${token.slice(0, 400)}…` : token);
  environment.takeOutgoingRequests();
  api.lines.length = 0;
  if (fitsInHeader(token)) {
    const { status, headers, body } = await environment.getMe(token);
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
      assert.ok(
        part.length < 8 || !text.includes(part),
        `the response or the log contains the token: ${text}`,
      );
    }
  } else {
    const outcome = await environment.authenticate(token).catch((error) => error);
    assert.equal(outcome?.code, 'invalid_token', `${inspect(outcome)} for ${shown}`);
  }
  assert.deepEqual(environment.takeOutgoingRequests(), [], `outgoing requests because of ${shown}`);
  assert.deepEqual(attacker.requestedPaths, []);
}

/** Whether a header can carry the token unchanged. Node limits headers to 16 KiB and trims values (RFC 9110 §5.5). */
export function fitsInHeader(token: string): boolean {
  return token.length < 14_000 && /^[\t\x20-\x7e\x80-\xff]*$/.test(token) && !/^\s|\s$/.test(token);
}
