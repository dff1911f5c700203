import assert from 'node:assert/strict';
import { guard } from '../../../src/pipeline/guard.ts';
import { requestWith } from '../../helpers/credential-request.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  sessionOf,
  withSessions,
} from '../../helpers/session-port.ts';

describe('an operation that takes only a token', () => {
  const test = useTestInstance('each');
  beforeEach(() => {
    test.google.users.set('bob', { localId: 'bob', customAttributes: '{"roles":["member"],"rv":1}' });
  });

  /** With the session of Ada in the cookie. */
  async function pass(authorization: readonly string[], credentials?: 'bearer') {
    const port = openSessionPort();
    port.put('a', readSessionOf(sessionOf(Math.floor(Date.now() / 1000))));
    const cookie = [`__session=${cookieValue('a')}`];
    const principal = guard(withSessions(test.instance, port), {
      ...{ request: requestWith({ authorization, cookie }), access: 'signed-in', credentials },
      ...{ changes: false, requestId: 'r1', decided: () => undefined, csrf: 'none' },
    });
    return { principal: await principal, reads: port.reads };
  }
  const bob = async () => [`Bearer ${await mintIdToken({ sub: 'bob', roles: ['member'], rv: 1 })}`];

  it('takes it beside a session cookie, which is not read', async () => {
    const { principal, reads } = await pass(await bob(), 'bearer');
    assert.deepEqual([principal.uid, principal.credential, reads], ['bob', 'bearer', []]);
  });

  it('refuses the cookie alone, and a header of another kind', async () => {
    await assertRefused(() => pass([], 'bearer'), 'unauthenticated');
    await assertRefused(() => pass(['Basic YTpi'], 'bearer'), 'invalid_token');
  });

  it('is the exception: others take the cookie, and refuse both', async () => {
    assert.equal((await pass([])).principal.uid, 'ada');
    await assertRefused(async () => pass(await bob()), 'invalid_request', 'several-credentials');
  });
});
