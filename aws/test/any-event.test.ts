import assert from 'node:assert/strict';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import fc from 'fast-check';
import { authorizerOf } from '../../../src/gateways/authorizer.ts';
import { protect } from '../../../src/gateways/with-auth.ts';
import { type GateWorld, openGateWorld } from '../../helpers/gate.ts';

const ARN = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/notes';

/** Events that have the fields which are looked at, with anything in them. */
const headers = fc.oneof(
  fc.anything(),
  fc.dictionary(fc.constantFrom('Authorization', 'authorization', '__proto__', 'x'), fc.anything()),
);
const event = fc.oneof(
  fc.anything(),
  fc.record(
    {
      version: fc.constantFrom('1.0', '2.0', 2, null),
      type: fc.constantFrom('TOKEN', 'REQUEST', 'token', undefined),
      methodArn: fc.oneof(fc.constant(ARN), fc.string(), fc.anything()),
      authorizationToken: fc.oneof(fc.constant('Bearer a.b.c'), fc.string(), fc.anything()),
      routeKey: fc.oneof(fc.constant('GET /notes'), fc.anything()),
      headers,
      multiValueHeaders: headers,
    },
    { requiredKeys: [] },
  ),
);

describe('whatever event comes without a good token', () => {
  let world: GateWorld;

  before(async () => {
    world = await openGateWorld();
  });

  after(() => world.close());

  it('the authorizer answers nothing: it throws', async () => {
    const routes = [{ method: 'GET', path: '/notes', access: 'notes:read' }] as const;
    const authorizers = [authorizerOf(world.gate, {}), authorizerOf(world.gate, { routes })];
    await fc.assert(
      fc.asyncProperty(event, async (one) => {
        // Anything may come in; that is what is tried here.
        for (const authorizer of authorizers) await assert.rejects(authorizer(one as never));
      }),
      { numRuns: 1_000 },
    );
  });

  it('the middleware answers a refusal, and its handler is not called', async () => {
    let called = 0;
    const handler = protect<APIGatewayProxyEvent, never>(world.gate, 'signed-in', () => {
      called += 1;
      throw new Error('called');
    });
    await fc.assert(
      fc.asyncProperty(event, async (one) => {
        const { statusCode, body } = await handler(one as APIGatewayProxyEvent, {} as Context);
        assert.ok([400, 401, 500].includes(statusCode), body);
        assert.equal(JSON.parse(body).status, statusCode);
      }),
      { numRuns: 1_000 },
    );
    assert.equal(called, 0);
    assert.deepEqual(world.keys.requests, []);
  });
});
