import assert from 'node:assert/strict';
import type { OnStepUp } from '../src/step-up.ts';
import { type ClientModule, loadClient, scriptedFetch } from './load-client.ts';

const REQUIRED = { assurance: 'aal2', maxAge: 600, factors: ['totp', 'recovery-code'] };

describe('the step-up of the client', () => {
  let module: ClientModule;
  before(async () => {
    module = await loadClient();
  });

  /** An API that requires a step-up, with `123456` as the code of the moment. */
  function open(onStepUp: OnStepUp | undefined) {
    let isProved = false;
    const { fetch, requests } = scriptedFetch(({ url, body }) => {
      const { totp } = (body ?? {}) as { totp?: string };
      if (totp === undefined)
        return isProved ? { done: true } : { code: 'step_up_required', stepUp: REQUIRED };
      isProved = totp === '123456';
      assert.ok(url.endsWith('/me/step-up'));
      return isProved ? { assurance: { level: 'aal2', methods: [] } } : { code: 'invalid_factor' };
    });
    const auth = { currentUser: { getIdToken: async () => 'token' } };
    const options = { baseUrl: 'https://app.example.com/api/v1', auth, fetch };
    return { requests, client: module.createClient({ ...options, ...(onStepUp && { onStepUp }) }) };
  }

  it('asks with what would satisfy the API, and sends the request again', async () => {
    const asked: unknown[] = [];
    const { client, requests } = open(async (required) => {
      asked.push(required);
      return { totp: '123456' };
    });
    const body = { roles: ['support'] };
    assert.deepEqual(await client.request('PUT', '/users/u1/roles', { body }), { done: true });
    assert.deepEqual(asked, [REQUIRED]);
    assert.deepEqual(
      requests.map((request) => request.body),
      [body, { totp: '123456' }, body],
    );
  });

  it('asks again after a wrong code, and tells why', async () => {
    const codes = ['000000', '123456'];
    const errors: unknown[] = [];
    const { client } = open(async ({ error }) => {
      errors.push((error as { code?: string } | undefined)?.code);
      return { totp: codes.shift() ?? assert.fail() };
    });
    assert.ok((await client.fetch('/users/u1')).ok);
    assert.deepEqual(errors, [undefined, 'invalid_factor']);
  });

  it('asks once for requests that need it at the same time', async () => {
    let asked = 0;
    const { client } = open(async () => {
      asked++;
      return { totp: '123456' };
    });
    await Promise.all(['/a', '/b', '/c'].map((path) => client.request('DELETE', path)));
    assert.equal(asked, 1);
  });

  it('leaves the refusal to the caller when the user gives up, or without a handler', async () => {
    for (const onStepUp of [async () => undefined, undefined]) {
      const { client, requests } = open(onStepUp);
      await assert.rejects(client.factors.delete('f1'), { code: 'step_up_required', stepUp: REQUIRED });
      assert.equal(requests.length, 1);
    }
  });

  it('ends with a program that sends the same wrong code for ever', async () => {
    let asked = 0;
    const { client } = open(async () => {
      asked++;
      return { totp: '999999' };
    });
    await assert.rejects(client.factors.delete('f1'), { code: 'step_up_required' });
    assert.equal(asked, 5);
  });

  it('sends the request again, once, after a new sign-in', async () => {
    const { client, requests } = open(async () => 'signed-in');
    await assert.rejects(client.factors.delete('f1'), { code: 'step_up_required' });
    assert.equal(requests.length, 2);
  });
});
