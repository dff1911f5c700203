import assert from 'node:assert/strict';
import type { APIGatewayAuthorizerWithContextResult } from 'aws-lambda';
import type { CallerContext } from '../src/caller-context.ts';
import { createHandler } from '../src/handler.ts';
import { createRouteTable, type RouteAccess } from '../src/route-table.ts';
import { mayInvoke } from './helpers/api-gateway.ts';
import { type AuthorizerEnvironment, openAuthorizerEnvironment } from './helpers/authorizer-environment.ts';
import { API, connectEvent, requestEvent } from './helpers/events.ts';

const CONNECT: RouteAccess = { method: 'ANY', path: '$connect', access: { permission: 'notes:read' } };
const ANYTHING: RouteAccess = { method: 'ANY', path: '/{proxy+}', access: 'signed-in' };

describe('the authorizer handler with an event of a WebSocket API', () => {
  let environment: AuthorizerEnvironment;

  beforeEach(async () => {
    environment = await openAuthorizerEnvironment();
  });

  afterEach(() => environment.close());

  async function ask(event: object, routes: RouteAccess[] | null = [CONNECT]) {
    const handler = createHandler(environment.authorizer, routes && createRouteTable(routes));
    const { policyDocument, context } = (await handler(
      event as never,
    )) as APIGatewayAuthorizerWithContextResult<CallerContext>;
    const may = mayInvoke(policyDocument, `${API}/$connect`);
    return { may, reason: environment.lines.at(-1)?.reason, subject: context.subject };
  }
  const token = (group: string) => environment.token([group]);

  it('allows a caller with the permission of $connect, and names it to the back end', async () => {
    const event = connectEvent({ Authorization: `Bearer ${await token('readers')}` });
    assert.deepEqual(await ask(event), { may: true, reason: 'granted', subject: 'ada' });
  });

  it('refuses a caller without the permission', async () => {
    const event = connectEvent({ Authorization: `Bearer ${await token('none')}` });
    const { may, reason } = await ask(event);
    assert.deepEqual([may, reason], [false, 'missing-permission']);
  });

  it('refuses every caller where $connect is not listed, even with a route for all paths', async () => {
    const event = connectEvent({ Authorization: `Bearer ${await token('readers')}` });
    const { may, reason } = await ask(event, [ANYTHING]);
    assert.deepEqual([may, reason], [false, 'not-in-routes']);
  });

  it('allows every signed-in caller without routes', async () => {
    const event = connectEvent({ Authorization: `Bearer ${await token('none')}` });
    assert.equal((await ask(event, null)).may, true);
  });

  it('takes the token of a browser from the subprotocols', async () => {
    for (const name of ['Sec-WebSocket-Protocol', 'sec-websocket-protocol']) {
      const event = connectEvent({ [name]: `bearer, ${await token('readers')}` });
      assert.equal((await ask(event)).may, true);
    }
  });

  it('throws without a token, and for one in the query, another protocol or twice', async () => {
    const good = await token('readers');
    const query = { queryStringParameters: { access_token: good, Authorization: `Bearer ${good}` } };
    for (const event of [
      connectEvent({}),
      { ...connectEvent({}), headers: null, multiValueHeaders: null },
      { ...connectEvent({}), ...query },
      connectEvent({ Authorization: `Bearer ${good}x` }),
      connectEvent({ 'Sec-WebSocket-Protocol': good }),
      connectEvent({ 'Sec-WebSocket-Protocol': `chat, ${good}` }),
      connectEvent({ 'Sec-WebSocket-Protocol': `bearer, ${good}, ${good}` }),
      connectEvent({ 'Sec-WebSocket-Protocol': `bearer, ${good}`, Authorization: `Bearer ${good}` }),
    ]) {
      await assert.rejects(ask(event), { message: 'Unauthorized' });
    }
  });

  it('does not take a path of another API for $connect', async () => {
    const lines = [`Bearer ${await token('readers')}`];
    for (const path of ['/$connect', '/x/$connect', '/$connect/']) {
      const { may, reason } = await ask(requestEvent(lines, { path, resource: '/{proxy+}' }), [
        CONNECT,
        ANYTHING,
      ]);
      assert.deepEqual([may, reason], [false, 'arn-not-exact']);
    }
    const event = requestEvent([], { path: '/notes' });
    const protocol = { 'Sec-WebSocket-Protocol': `bearer, ${await token('readers')}` };
    await assert.rejects(ask({ ...event, headers: protocol, multiValueHeaders: null }), {
      message: 'Unauthorized',
    });
  });

  it('throws for other ARNs that end in $connect', async () => {
    const event = connectEvent({ Authorization: `Bearer ${await token('readers')}` });
    for (const methodArn of [`${API}/$disconnect`, `${API}/a/$connect`, `${API}/$connect/x`, 'x/$connect']) {
      await assert.rejects(ask({ ...event, methodArn }), /names no method/);
    }
    await assert.rejects(ask({ ...event, type: 'TOKEN' }), /names no method/);
  });
});
