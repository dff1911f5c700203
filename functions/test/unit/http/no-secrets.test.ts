import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createApp } from '../../../src/http/app.ts';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { GRANT_TYPE, JWT } from '../../../src/token-exchange/schema.ts';
import { type Api, accountOf, claimsOf, openApi, PEOPLE, type Person, SECRETS } from '../../helpers/api.ts';
import { captureOutput, parseLines } from '../../helpers/capture.ts';
import { forgeIdToken } from '../../helpers/forge.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { describeWithNotes, seed } from '../../helpers/notes.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';
import { createCallables, routes } from '../../helpers/operations.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

/** The HTTP API and the callables at one port. */
function serveBoth(deps: TestInstance) {
  const app = createApp(deps);
  const callables = new Map(
    [...createCallables(() => deps)].map(([name, fn]) => [`/${name}`, frameworkServer(fn)]),
  );
  return createServer((req, res) => {
    const callable = callables.get(req.url ?? '');
    if (callable === undefined) app(req, res);
    else callable.emit('request', req, res);
  });
}

/** A valid body for each route. The target user has no role at first. */
const BODIES: Readonly<Record<string, object>> = {
  'put /users/:uid/roles': {
    grants: [{ role: 'member', reason: 'on call' }],
    version: 1,
    auditReason: 'joined',
  },
  'patch /users/:uid': { disabled: true },
  'post /notes': { title: 'a title', body: 'a text' },
  'post /users': { issuer: 'https://stranger.example', subject: 'x' },
  'patch /notes/:id': { title: 'another' },
};
const CALLS: Readonly<Record<string, object>> = {
  getMyAccess: {},
  listUsers: {},
  setUserRoles: { uid: 'norole', grants: [{ role: 'auditor' }], version: 2 },
  revokeSessions: { uid: 'norole' },
};

describeWithNotes('http: stored documents and log lines', () => {
  let api: Api;
  let noteId: string;
  before(async () => {
    // With a clock that stands still, the end of sessions does not depend on the speed of the test.
    api = await openApi({ serve: serveBoth, log: structuredLog, clock: createMovableClock() });
    noteId = await seed(api.firestore, 'member');
  });
  after(() => api.close());

  const tokens: string[] = [];
  async function tokenOf(person: Person, claims: object = {}) {
    // By the clock of the API: a slow test has no token of its future.
    const now = Math.floor(api.deps.clock() / 1000);
    const times = { auth_time: now - 60, iat: now - 10, exp: now + 3590 };
    const token = await mintIdToken({ ...claimsOf(person), ...times, ...claims });
    tokens.push(token);
    return token;
  }
  const statuses = new Set<number>();
  async function send(
    method: string,
    path: string,
    token: string,
    body?: object,
    extra: [string, string][] = [],
  ) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const answer = await sendRaw(api.port, {
      ...{ method: method.toUpperCase(), path, body: text },
      headers: [
        HTTPS,
        ['Authorization', `Bearer ${token}`],
        ...(body === undefined ? [] : ([['Content-Type', 'application/json']] as const)),
        ['Content-Length', String(Buffer.byteLength(text))],
        ...extra,
      ],
    });
    statuses.add(answer.status);
    return answer;
  }
  async function sendAll(token: string) {
    for (const { method, path } of routes) {
      // These come last, because the others need what they remove.
      if (path === '/me/revoke' || method === 'delete') continue;
      const at = `/v1${path.replace(':uid', 'norole').replace(':id', noteId)}`;
      const ifMatch: [string, string][] = path.startsWith('/notes') ? [['If-Match', '"1"']] : [];
      const exchanged = { subject_token: token, grant_type: GRANT_TYPE, subject_token_type: JWT };
      const body = path === '/token/exchange' ? exchanged : BODIES[`${method} ${path}`];
      await send(method, at, token, body, method === 'patch' ? ifMatch : []);
    }
    for (const [name, data] of Object.entries(CALLS)) await send('post', `/${name}`, token, { data });
  }
  async function storedDocuments(): Promise<string> {
    const collections = await api.firestore.db.listCollections();
    const documents = await Promise.all(
      collections.map(async (collection) =>
        (await collection.get()).docs.map((found) => [found.id, found.data()]),
      ),
    );
    assert.deepEqual(collections.map(({ id }) => id).sort(), [
      'accessChanges',
      'auditEvents',
      'directory',
      'factors',
      'notes',
      'rateLimits',
      'sessions',
      'system',
      'webauthnChallenges',
    ]);
    return JSON.stringify(documents);
  }

  it('contain no token, and no account data beyond what is documented', async () => {
    const output = await captureOutput(async () => {
      for (const person of PEOPLE) await sendAll(await tokenOf(person));
      // Refused callers: by the signature, by the record, and for a missing permission.
      const forged = forgeIdToken({ header: { kid: 'x' } });
      tokens.push(forged);
      for (const token of [
        forged,
        await tokenOf('owner', { rv: 7 }),
        await tokenOf('member', { roles: ['owner'] }),
      ]) {
        await sendAll(token);
      }
      api.google.users.set('support', { ...accountOf('support'), disabled: true });
      await sendAll(await tokenOf('support', { jti: 'disabled' }));
      const owner = await tokenOf('owner', { jti: 'last' });
      for (const path of [
        '/v1/users/norole',
        '/v1/users/support',
        '/v1/users/owner',
        `/v1/notes/${noteId}`,
      ]) {
        await send('delete', path, owner);
      }
      await send('post', '/v1/me/revoke', owner);
      await sendAll(owner);
    });
    assert.deepEqual([...statuses].sort(), [200, 201, 204, 400, 401, 403, 404, 409, 412]);
    const documents = await storedDocuments();
    assert.ok(documents.includes('"actor":"owner"') && documents.includes('access.refused'));
    assert.ok(parseLines(output).length > 200, 'every request has a line');
    const parts = tokens.flatMap((token) => token.split('.')).filter((part) => part !== '');
    for (const secret of [...SECRETS, ...parts]) {
      // Claims of other code are only in Firebase Auth.
      assert.ok(!documents.includes(secret), `a document holds ${secret}`);
      assert.ok(!output.includes(secret), `a line holds ${secret}`);
    }
  }).timeout(30_000);
});
