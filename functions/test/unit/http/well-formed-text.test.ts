import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { describeWithNotes } from '../../helpers/notes.ts';
import { assertProblem, fieldsOf, jsonHeaders, sendRaw } from '../../helpers/responses.ts';
import { assertRefused, call, openCallables } from '../callable/call.ts';

/** Halves of surrogate pairs, as JSON writes them: UTF-8 has no form of them, and Firestore refuses them. */
const HALVES = ['\\ud800', 'a\\udc00b', '\\udc00\\ud800'];
const REASON = 'Send well-formed Unicode.';
const pageToken = (json: string) => Buffer.from(json).toString('base64url');

describeWithNotes('http: text that is not well-formed Unicode', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());
  beforeEach(() => {
    api.lines.length = 0;
  });

  const send = (method: string, path: string, body = '') =>
    sendRaw(api.port, { method, path, headers: jsonHeaders(api.token('owner'), body), body });

  /** Asserts a 400 of this field, and no ERROR line. */
  function assertRefusedField(answer: Awaited<ReturnType<typeof send>>, field: string, message = REASON) {
    const problem = assertProblem(answer, 400, 'invalid_argument');
    assert.deepEqual(problem.errors, [{ field, message }]);
    assert.deepEqual(
      api.lines.filter(({ kind }) => kind === 'failure'),
      [],
    );
  }

  const ROLES = '/v1/users/member/roles';
  const bodies: [method: string, path: string, body: (text: string) => string, field: string][] = [
    ['PUT', ROLES, (text) => `{"grants":[],"version":1,"auditReason":"${text}"}`, 'body.auditReason'],
    [
      'PUT',
      ROLES,
      (text) => `{"grants":[{"role":"member","reason":"${text}"}],"version":1}`,
      'body.grants.0.reason',
    ],
    ['POST', '/v1/notes', (text) => `{"title":"${text}"}`, 'body.title'],
    ['POST', '/v1/notes', (text) => `{"title":"x","body":"${text}"}`, 'body.body'],
  ];
  for (const [method, path, body, field] of bodies) {
    for (const half of HALVES) {
      it(`refuses ${half} in ${field} of ${method} ${path}`, async () => {
        assertRefusedField(await send(method, path, body(half)), field);
      });
    }
  }

  it('accepts whole surrogate pairs', async () => {
    const answer = await send('POST', '/v1/notes', '{"title":"\\ud83d\\ude00"}');
    assert.ok(answer.status < 300, answer.text);
    assert.equal(JSON.parse(answer.text).title, '😀');
  });

  it('answers an unknown field with such a name in well-formed JSON', async () => {
    const problem = assertProblem(
      await send('POST', '/v1/notes', '{"title":"x","\\ud800":1}'),
      400,
      'invalid_argument',
    );
    assert.deepEqual(fieldsOf(problem), ['body.\ufffd']);
  });

  it('does not cut a surrogate pair of a long field name', async () => {
    const name = `${'x'.repeat(94)}😀`;
    const problem = assertProblem(
      await send('POST', '/v1/notes', JSON.stringify({ title: 'x', [name]: 1 })),
      400,
      'invalid_argument',
    );
    assert.ok(fieldsOf(problem).every((field) => field.isWellFormed()));
  });

  for (const half of HALVES) {
    it(`refuses ${half} in a page token`, async () => {
      const token = pageToken(`["${half}","ada"]`);
      const answer = await send('GET', `/v1/users?email=a&pageToken=${token}`);
      assertRefusedField(
        answer,
        'query.pageToken',
        'Send the nextPageToken of the page before, e.g. WyJrM0pmOXNRMnhZaFQxYlY3bU40cExyOHdaYzUyIl0.',
      );
    });
  }

  for (const [what, path] of [
    ['a path', '/v1/users/%ED%A0%80'],
    ['a query', '/v1/users?email=%ED%A0%80'],
    ['the name of a parameter', '/v1/users?%ff=1'],
    ['a cut sequence in a query', '/v1/users?email=%E2%82'],
    ['a percent sign alone', '/v1/users?email=100%'],
  ] as const) {
    it(`refuses ${what} that is not UTF-8`, async () => {
      assertProblem(await send('GET', path), 400, 'invalid_request');
    });
  }

  for (const claims of [{ name: 'a\ud800' }, { email: '\udc00@example.com' }, { tags: { x: ['\ud800'] } }]) {
    it(`refuses a token with the claim ${JSON.stringify(claims)}`, async () => {
      const token = await mintIdToken({ sub: 'member', ...claims });
      const answer = await api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
      assertProblem(answer, 401, 'invalid_token');
      const line = api.lines.find(({ kind }) => kind === 'decision');
      assert.deepEqual(
        [line?.reason, line?.detail],
        ['malformed-token', 'payload is not well-formed Unicode'],
      );
    });
  }
});

describe('callables: text that is not well-formed Unicode', () => {
  let api: Api;
  before(async () => {
    api = await openCallables();
  });
  after(() => api.close());

  const inputs: [name: string, data: object, field: string][] = [
    ['listUsers', { email: 'a\ud800' }, 'data.email'],
    ['listUsers', { pageToken: pageToken('["\\ud800"]') }, 'data.pageToken'],
    ['setUserRoles', { uid: 'member', grants: [], version: 1, auditReason: '\udc00' }, 'data.auditReason'],
    ['revokeSessions', { uid: '\ud800' }, 'data.uid'],
  ];
  for (const [name, data, field] of inputs) {
    it(`refuses it in ${field} of ${name}`, async () => {
      const reply = await call(api, name, data, { as: 'owner' });
      const { fields } = assertRefused(reply, [400, 'INVALID_ARGUMENT', 'invalid_argument']);
      assert.deepEqual(fields, [field]);
      assert.ok(!reply.output.includes('"ERROR"'), reply.output);
    });
  }
});
