import assert from 'node:assert/strict';
import { HttpsError } from 'firebase-functions/https';
import * as z from 'zod';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { assertRefused, type CallOptions, call } from './call.ts';

describe('callables of an adopter', () => {
  let api: Api;
  before(async () => {
    api = await openApi({
      serve(deps) {
        const { callable } = createProtection(() => deps);
        const rename = callable({
          access: 'sessions:revoke',
          input: z.strictObject({ title: z.string().max(200_000), fail: z.string().optional() }),
          output: z.object({ title: z.string(), by: z.string().optional() }),
          async run({ title, fail }, { principal }) {
            if (fail === 'sdk') throw new OtherSdksError();
            if (fail === 'bug') throw new Error('SECRET');
            const answer = { title, by: principal.uid, hidden: 'SECRET' };
            // A mistake that types would find.
            return fail === 'answer' ? JSON.parse('{"title":7}') : answer;
          },
          memory: '512MiB',
        });
        assert.equal(rename.__endpoint.availableMemoryMb, 512);
        return frameworkServer(rename);
      },
    });
  });
  after(() => api.close());
  beforeEach(() => api.lines.splice(0));

  const rename = (data: unknown, options: CallOptions = { as: 'support' }) =>
    call(api, 'rename', data, options);

  it('runs for a caller with the permission, on the parsed input', async () => {
    const { status, text } = await rename({ title: 'Milk' });
    assert.deepEqual([status, JSON.parse(text)], [200, { result: { title: 'Milk', by: 'support' } }]);
    assert.deepEqual(
      api.lines.map(({ permission, granted, status }) => [permission, granted, status]),
      [['sessions:revoke', true, 200]],
    );
  });

  it('takes a body that the HTTP API would refuse as too large', async () => {
    assert.equal((await rename({ title: 'x'.repeat(150_000) })).status, 200);
  });

  it('refuses callers without a token, without the permission, and pages of other origins', async () => {
    assertRefused(await rename({ title: 'Milk' }, {}), [401, 'UNAUTHENTICATED', 'unauthenticated']);
    assertRefused(await rename({ title: 'Milk' }, { as: 'auditor' }), [
      ...([403, 'PERMISSION_DENIED', 'permission_denied'] as const),
    ]);
    const headers = [['Origin', 'https://evil.example']] as const;
    assertRefused(await rename({ title: 'Milk' }, { as: 'support', headers }), [
      ...([403, 'PERMISSION_DENIED', 'origin_denied'] as const),
    ]);
  });

  it('names the wrong fields of the input', async () => {
    const answer = await rename({ title: 7, extra: 1 });
    const { fields } = assertRefused(answer, [400, 'INVALID_ARGUMENT', 'invalid_argument']);
    assert.deepEqual(fields, ['data.title', 'data']);
    const prototype = await rename(null, { as: 'support', body: '{"data":{"__proto__":{"title":"Milk"}}}' });
    assertRefused(prototype, [400, 'INVALID_ARGUMENT', 'invalid_request']);
    const illFormed = await rename(null, { as: 'support', body: '{"data":{"title":"\\ud800"}}' });
    assert.deepEqual(assertRefused(illFormed, [400, 'INVALID_ARGUMENT', 'invalid_argument']).fields, [
      'data.title',
    ]);
  });

  it('passes on an HttpsError, also of another copy of the SDK', async () => {
    const { status, text } = await rename({ title: 'Milk', fail: 'sdk' });
    assert.deepEqual(
      [status, JSON.parse(text)],
      [
        409,
        {
          error: { message: 'Taken.', status: 'ALREADY_EXISTS', details: { title: 'Milk' } },
        },
      ],
    );
    assert.equal(api.lines[0]?.status, 409);
  });

  for (const fail of ['bug', 'answer']) {
    it(`answers INTERNAL without details for an error of the code: ${fail}`, async () => {
      const answer = await rename({ title: 'Milk', fail });
      assertRefused(answer, [500, 'INTERNAL', 'internal']);
      assert.doesNotMatch(answer.text, /SECRET/);
      assert.ok(api.lines.some(({ kind }) => kind === 'failure'));
    });
  }
});

/** Not an instance of this SDK's class. */
class OtherSdksError extends Error {
  readonly code = 'already-exists';
  readonly details = { title: 'Milk' };
  readonly httpErrorCode = new HttpsError('already-exists', '').httpErrorCode;
  constructor() {
    super('Taken.');
  }
}
