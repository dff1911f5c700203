import assert from 'node:assert/strict';
import { connect } from 'node:net';

/** Raw HTTP requests, and assertions on what every response has. */

export interface RawResponse {
  readonly status: number;
  /** Lower-case names. The values of a repeated header are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** Exactly these lines, after `Host` and `Connection`. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
}

/** The header lines of a request with a token, and with this JSON text as its body if there is one. */
export const jsonHeaders = (token: string, body: string): (readonly [string, string])[] => [
  HTTPS,
  ['Authorization', `Bearer ${token}`],
  ...(body === ''
    ? []
    : ([
        ['Content-Type', 'application/json'],
        ['Content-Length', String(Buffer.byteLength(body))],
      ] as const)),
];

/** Sends exactly these bytes, including requests that no HTTP client would send. */
export function sendRaw(
  port: number,
  { method = 'GET', path, headers = [], body = '' }: RawRequest,
): Promise<RawResponse> {
  const head = [['Host', '127.0.0.1'], ['Connection', 'close'], ...headers].map((line) => line.join(': '));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${method} ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
      socket.write(body);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // The server may close the connection before it has read a body that it refuses.
    socket.on('error', (error) => chunks.length === 0 && reject(error));
    socket.on('close', () => resolve(parseResponse(Buffer.concat(chunks).toString())));
  });
}

function parseResponse(text: string): RawResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status: Number(status.split(' ')[1]), headers, text: rest.join('\r\n\r\n') };
}

/** The header line that Google's front end adds. */
export const HTTPS = ['X-Forwarded-Proto', 'https'] as const;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that every response carries, whatever its status (DESIGN §6). */
export function assertHeaders(headers: Headers): void {
  assert.equal(headers['cache-control'], 'private, no-store');
  const maxAge = /max-age=(\d+)/.exec(String(headers['strict-transport-security']))?.[1];
  assert.ok(Number(maxAge) >= 31_536_000, `HSTS: ${headers['strict-transport-security']}`);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  const policy = String(headers['content-security-policy']).split(';');
  for (const directive of [
    "default-src 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ]) {
    assert.ok(policy.includes(directive), `CSP lacks ${directive}`);
  }
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.match(String(headers['x-request-id']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.match(String(headers.vary), /(^|, )Origin($|,)/);
  for (const name of ['x-powered-by', 'server', 'etag']) {
    assert.equal(headers[name], undefined, name);
  }
  const origin = headers['access-control-allow-origin'];
  assert.notEqual(origin, '*');
  if (origin === undefined) assert.equal(headers['access-control-allow-credentials'], undefined);
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Problem {
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** The errors that name fields. */
const WITH_FIELDS = ['invalid_argument', 'precondition_required', 'already_exists'];

/** Asserts that the response is this error: RFC 9457 problem+json with our fields and no others. */
export function assertProblem(
  { status, headers, text }: Answer,
  expectedStatus: number,
  code: string,
): Problem {
  assert.equal(status, expectedStatus, text);
  assertHeaders(headers);
  assert.match(String(headers['content-type']), /^application\/problem\+json(; charset=utf-8)?$/);
  const problem = JSON.parse(text);
  assert.equal(problem.code, code);
  const fields = ['type', 'title', 'status', 'detail', 'code', 'requestId'];
  if (WITH_FIELDS.includes(code)) fields.push('errors');
  if (code === 'step_up_required') fields.push('stepUp');
  assert.deepEqual(Object.keys(problem), fields);
  assert.match(problem.type, new RegExp(`^https?://[\\w.:-]+/api/v1/errors/${code}$`));
  assert.equal(problem.status, expectedStatus);
  assert.equal(problem.requestId, headers['x-request-id']);
  assert.ok(problem.title.length > 0 && problem.detail.length > 0);
  assert.doesNotMatch(text, /node_modules|\.ts:|\bat \w+ \(/, 'contains a stack trace');
  return problem;
}

/** The names of the invalid fields. */
export function fieldsOf({ errors = [] }: Problem): string[] {
  return errors.map(({ field }) => field);
}
