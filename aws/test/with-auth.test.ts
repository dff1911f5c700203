import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { secureResponse } from '../../functions/src/platform/security-headers.ts';
import { createWithAuth, type WithAuthOptions } from '../src/with-auth.ts';
import { type AuthorizerEnvironment, openAuthorizerEnvironment } from './helpers/authorizer-environment.ts';
import { proxyEvent, proxyEvent2 } from './helpers/events.ts';

const APP = 'https://app.example.com';

describe('withAuth: refusals that web pages of other origins can read', () => {
  let environment: AuthorizerEnvironment;

  before(async () => {
    environment = await openAuthorizerEnvironment();
  });

  after(() => environment.close());

  type Options = WithAuthOptions<APIGatewayProxyEvent>;

  /** The CORS headers of the answer to a page of this origin. */
  async function corsOf(
    allowedOrigins: Options['allowedOrigins'] | undefined,
    origin: string | undefined,
    { lines = [] as string[], shape = proxyEvent as (lines: string[]) => object } = {},
  ) {
    const options = allowedOrigins === undefined ? {} : { allowedOrigins };
    const handler = createWithAuth(environment.authorizer)<
      APIGatewayProxyEvent,
      { statusCode: 200; headers: object }
    >({ permission: 'notes:read' }, () => ({ statusCode: 200, headers: {} }), options);
    const event = shape(lines) as APIGatewayProxyEvent;
    const headers = { ...event.headers, ...(origin !== undefined && { origin }) };
    const { statusCode, headers: answered } = await handler({ ...event, headers }, {} as Context);
    const cors = Object.entries(answered).filter(([name]) => /^(access-control-|vary)/i.test(name));
    return { statusCode, ...Object.fromEntries(cors) };
  }
  const readable = (origin: string) => ({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After, WWW-Authenticate, X-Request-Id',
  });

  for (const [name, shape] of Object.entries({ 'payload 1.0': proxyEvent, 'payload 2.0': proxyEvent2 })) {
    it(`names an allowed origin in a 401, with ${name}`, async () => {
      assert.deepEqual(await corsOf([APP, 'capacitor://localhost'], APP, { shape }), {
        statusCode: 401,
        Vary: 'Origin',
        ...readable(APP),
      });
    });
  }

  it('names it in a 403 and a 400 as well', async () => {
    const line = `Bearer ${await environment.token(['none'])}`;
    for (const [lines, statusCode] of [
      [[line], 403],
      [[line, line], 400],
    ] as const) {
      const shape = () => proxyEvent2([...lines]);
      assert.deepEqual(await corsOf([APP], APP, { shape }), { statusCode, Vary: 'Origin', ...readable(APP) });
    }
  });

  it('names no other origin, but tells caches that the answer depends on it', async () => {
    for (const origin of [
      undefined,
      'null',
      `${APP}.evil.example`,
      'http://app.example.com',
      `${APP}, ${APP}`,
    ]) {
      assert.deepEqual(await corsOf([APP], origin), { statusCode: 401, Vary: 'Origin' }, origin);
    }
  });

  it('allows every origin where the option is *', async () => {
    assert.deepEqual(await corsOf('*', 'https://x.example'), { statusCode: 401, ...readable('*') });
  });

  it('has no such headers without the option', async () => {
    assert.deepEqual(await corsOf(undefined, APP), { statusCode: 401 });
    assert.deepEqual(await corsOf([], APP), { statusCode: 401 });
  });

  it('has the security headers of the API, which bind no other host of the domain', async () => {
    const ofApi = new Map<string, unknown>();
    const response = { setHeader: (name: string, value: unknown) => ofApi.set(name, value) };
    // It calls nothing else.
    secureResponse(response as unknown as ServerResponse);
    // That of CORS.
    ofApi.delete('Vary');
    const handler = createWithAuth(environment.authorizer)<APIGatewayProxyEvent, { headers: object }>(
      'signed-in',
      () => assert.fail(),
    );
    const event = proxyEvent([]) as object as APIGatewayProxyEvent;
    const { headers } = await handler(event, {} as Context);
    const own = new Map<string, unknown>(Object.entries(headers));
    assert.deepEqual(new Map([...ofApi.keys()].map((name) => [name, own.get(name)])), ofApi);
    assert.equal(own.get('Strict-Transport-Security'), 'max-age=31536000');
  });

  it('leaves the response of the handler to the handler', async () => {
    const lines = [`Bearer ${await environment.token(['readers'])}`];
    assert.deepEqual(await corsOf([APP], APP, { shape: () => proxyEvent2(lines) }), { statusCode: 200 });
  });

  it('refuses at start what no browser sends as its origin', () => {
    for (const origin of ['app.example.com', `${APP}/`, `${APP}/path`, 'https://*.example.com', '*', '']) {
      assert.throws(
        () => createWithAuth(environment.authorizer)('signed-in', () => null, { allowedOrigins: [origin] }),
        { message: /allowedOrigins: .* is not like https:\/\/app\.example\.com/ },
      );
    }
  });
});
