import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { modules } from '../../../src/modules.ts';
import { type Api, openApi, type Person } from '../../helpers/api.ts';
import { captureOutput } from '../../helpers/capture.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';
import { createCallables } from '../../helpers/operations.ts';
import { assertHeaders, HTTPS, type RawResponse, sendRaw } from '../../helpers/responses.ts';

type Options = Omit<NonNullable<Parameters<typeof openApi>[0]>, 'serve'>;

/** The callables, each under the functions framework's own server, as in production; selected by the path. */
export function openCallables(options: Options = {}): Promise<Api> {
  return openApi({ ...options, serve });
}

function serve(deps: TestInstance) {
  const servers = new Map(
    [...createCallables(() => deps)].map(([name, fn]) => [`/${name}`, frameworkServer(fn)]),
  );
  return createServer((req, res) => {
    const server = servers.get(req.url?.split('?', 1)[0] ?? '') ?? assert.fail(`no callable at ${req.url}`);
    server.emit('request', req, res);
  });
}

type Line = readonly [name: string, value: string];

export interface CallOptions {
  readonly as?: Person;
  readonly headers?: readonly Line[];
  readonly https?: boolean;
  readonly method?: string;
  readonly type?: string;
  readonly query?: string;
  /** The whole body instead of `{"data": …}`. */
  readonly body?: string | Buffer;
}

/** The answer to a call, and everything the process wrote during the call: the SDK logs by itself. */
export interface Called extends RawResponse {
  /** The name of the callable. */
  readonly name: string;
  readonly output: string;
}

/** Calls a callable as the Firebase client SDKs do. */
export async function call(
  api: Api,
  name: string,
  data: unknown = null,
  options: CallOptions = {},
): Promise<Called> {
  const { as, headers = [], https = true, method = 'POST', type = 'application/json' } = options;
  const query = options.query === undefined ? '' : `?${options.query}`;
  const body = options.body ?? JSON.stringify({ data });
  const lines: Line[] = [
    ...(https ? [HTTPS] : []),
    ...(as === undefined ? [] : [['Authorization', `Bearer ${api.token(as)}`] as const]),
    ...(type === '' ? [] : [['Content-Type', type] as const]),
    ['Content-Length', String(Buffer.byteLength(body))],
    ...headers,
  ];
  const replies: RawResponse[] = [];
  const output = await captureOutput(async () =>
    replies.push(await sendRaw(api.port, { method, path: `/${name}${query}`, headers: lines, body })),
  );
  return { ...(replies[0] ?? assert.fail()), name, output };
}

/** The result of a call that worked: the object that the operation describes, as over HTTP. */
export function assertResult({ status, headers, text, name }: Called): Record<string, unknown> {
  assert.equal(status, 200, text);
  assertHeaders(headers);
  const answer = JSON.parse(text);
  assert.deepEqual(Object.keys(answer), ['result']);
  const { output } = modules.operations.find((operation) => operation.name === name) ?? assert.fail(name);
  const { error } = output?.safeParse(answer.result) ?? {};
  assert.equal(error, undefined, text);
  return answer.result;
}

/** Asserts that the answer is this refusal, in the callable protocol and with our details. */
export function assertRefused(
  { status, headers, text }: RawResponse,
  [httpStatus, canonical, code]: readonly [httpStatus: number, canonical: string, code: string],
): { readonly message: string; readonly fields: string[] } {
  assert.equal(status, httpStatus, text);
  assertHeaders(headers);
  assert.match(String(headers['content-type']), /^application\/json/);
  const { error, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, {});
  assert.equal(error.status, canonical);
  assert.equal(error.details?.code, code, text);
  assert.deepEqual(Object.keys(error.details).sort(), [
    'code',
    ...(code === 'invalid_argument' || code === 'precondition_required' ? ['errors'] : []),
    'requestId',
    ...(code === 'unavailable' ? ['retryAfter'] : []),
  ]);
  assert.equal(error.details.requestId, headers['x-request-id']);
  const errors: { field: string }[] = error.details.errors ?? [];
  return { message: error.message, fields: errors.map(({ field }) => field) };
}
