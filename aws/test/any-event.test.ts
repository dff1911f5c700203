import assert from 'node:assert/strict';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import fc from 'fast-check';
import { createHandler } from '../src/handler.ts';
import { createRouteTable } from '../src/route-table.ts';
import { createWithAuth } from '../src/with-auth.ts';
import { type AuthorizerEnvironment, openAuthorizerEnvironment } from './helpers/authorizer-environment.ts';

const API = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test';
const ARNS = [`${API}/GET/notes`, `${API}/$connect`];

/** Events with the fields that the code reads, with any values. */
const headers = fc.oneof(
  fc.anything(),
  fc.dictionary(
    fc.constantFrom('Authorization', 'authorization', 'Sec-WebSocket-Protocol', '__proto__', 'x'),
    fc.anything(),
  ),
);
const event = fc.oneof(
  fc.anything(),
  fc.record(
    {
      version: fc.constantFrom('1.0', '2.0', 2, null),
      type: fc.constantFrom('TOKEN', 'REQUEST', 'token', undefined),
      methodArn: fc.oneof(fc.constantFrom(...ARNS), fc.string(), fc.anything()),
      authorizationToken: fc.oneof(fc.constant('Bearer a.b.c'), fc.string(), fc.anything()),
      routeKey: fc.oneof(fc.constant('GET /notes'), fc.anything()),
      resource: fc.oneof(fc.constant('/notes'), fc.anything()),
      identitySource: fc.oneof(fc.array(fc.constant('GET /notes')), fc.string(), fc.anything()),
      headers,
      multiValueHeaders: headers,
    },
    { requiredKeys: [] },
  ),
);

describe('any event without a valid token', () => {
  let environment: AuthorizerEnvironment;

  before(async () => {
    environment = await openAuthorizerEnvironment();
  });

  after(() => environment.close());

  it('makes the authorizer throw', async () => {
    const routes = createRouteTable([
      { method: 'GET', path: '/notes', access: { permission: 'notes:read' } },
      { method: 'ANY', path: '$connect', access: 'signed-in' },
    ]);
    const authorizers = [
      createHandler(environment.authorizer, null),
      createHandler(environment.authorizer, routes),
    ];
    await fc.assert(
      fc.asyncProperty(event, async (anyEvent) => {
        // The values may have any type.
        for (const authorizer of authorizers) await assert.rejects(authorizer(anyEvent as never));
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes the middleware answer an error without calling the handler', async () => {
    let called = 0;
    const handler = createWithAuth(environment.authorizer)<APIGatewayProxyEvent, never>('signed-in', () => {
      called += 1;
      throw new Error('called');
    });
    await fc.assert(
      fc.asyncProperty(event, async (anyEvent) => {
        const { statusCode, body } = await handler(anyEvent as APIGatewayProxyEvent, {} as Context);
        assert.ok([400, 401, 500].includes(statusCode), body);
        assert.equal(JSON.parse(body).status, statusCode);
      }),
      { numRuns: 1_000 },
    );
    assert.equal(called, 0);
    assert.deepEqual(environment.keys.requests, []);
  });
});
