import assert from 'node:assert/strict';
import supertest from 'supertest';
import { createClaimCode } from '../../src/owner-claim/index.ts';
import { describeWithNotes } from '../helpers/notes.ts';
import { type Instance, openProject, type Project } from './own-project.ts';

const DATABASE = 'gatehouse';
const BASE_PATH = '/auth/v1';

describeWithNotes('DATABASE_ID', () => {
  let project: Project;
  let first: Instance;
  let second: Instance;
  let owner: string;
  let member: string;

  before(async () => {
    project = openProject();
    const config = { databaseId: DATABASE, basePath: BASE_PATH, accessChangeMaxAge: 0 };
    [first, second] = [project.instance(config), project.instance(config)];
    [owner, member] = [
      await project.add([], { emailVerified: true, email: 'o@example.com' }),
      await project.add(['member']),
    ];
  });
  // After each: nothing was written to the database of the app.
  afterEach(async () => assert.deepEqual(await project.collections(), []));

  const call = (
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    token: string,
    at = first,
  ) => supertest(at.http)[method](`${BASE_PATH}${path}`).set('Authorization', `Bearer ${token}`);

  it('is where the code for the first owner is, and the owner', async () => {
    const { firestore, audit, directory } = first.deps;
    const code = await createClaimCode({ firestore, audit, directory });
    const claimed = await call('post', '/claim-owner', await project.token(owner)).send({ code });
    assert.equal(claimed.status, 200, claimed.text);
    assert.deepEqual((await project.documents('system', DATABASE)).get('owners')?.uids, [owner]);
    assert.deepEqual((await project.documents('directory', DATABASE)).get(owner)?.roles, ['owner']);
  });

  it('is where roles are granted; the account gets the claims', async () => {
    const grants = { grants: [{ role: 'support' }, { role: 'member' }], version: 1 };
    const changed = await call('put', `/users/${member}/roles`, await project.token(owner)).send(grants);
    assert.equal(changed.status, 200, changed.text);
    const stored = (await project.documents('directory', DATABASE)).get(member);
    assert.deepEqual(stored?.roles, ['support', 'member']);
    assert.deepEqual((await project.auth.getUser(member)).customClaims, {
      roles: ['support', 'member'],
      rv: 2,
    });
  });

  it('is where other instances learn of a change and of a revocation', async () => {
    const token = await project.token(member);
    assert.equal((await call('get', '/me', token, second)).status, 200);
    const revoked = await call('post', `/users/${member}/revoke`, await project.token(owner));
    assert.equal(revoked.status, 200, revoked.text);
    assert.equal((await call('get', '/me', token, second)).body.code, 'token_stale');
    assert.ok((await project.documents('accessChanges', DATABASE)).size >= 2);
  });

  it('is where notes are', async () => {
    const ada = await project.token(await project.add(['member']));
    const created = await call('post', '/notes', ada).send({ title: 'Milk' });
    assert.equal(created.status, 201, created.text);
    assert.deepEqual([...(await project.documents('notes', DATABASE)).keys()], [created.body.id]);
    const changed = await call('patch', `/notes/${created.body.id}`, ada).send({ title: 'Eggs', version: 1 });
    assert.deepEqual([changed.status, changed.body.title], [200, 'Eggs']);
    assert.equal((await call('get', '/notes', ada, second)).body.notes.length, 1);
  });

  it('is where users are listed, deleted, and synced', async () => {
    const token = await project.token(owner);
    const gone = await project.add(['member']);
    const listed = await call('get', '/users?pageSize=50', token);
    assert.equal(listed.status, 200, listed.text);
    assert.equal((await call('delete', `/users/${gone}`, token)).status, 204);
    assert.equal((await call('post', '/directory/reconcile', token)).body.failed, 0);
    assert.equal((await project.documents('directory', DATABASE)).has(gone), false);
  });

  it('is where the audit log is', async () => {
    const { status, body } = await call('get', '/audit', await project.token(owner), second);
    const actions = new Set(body.events.map(({ action }: { action: string }) => action));
    assert.equal(status, 200);
    assert.ok(actions.has('roles.set') && actions.has('sessions.revoke'), [...actions].join());
  });

  it('holds every collection', async () => {
    const expected = ['accessChanges', 'auditEvents', 'directory', 'notes', 'rateLimits', 'system'];
    assert.deepEqual((await project.collections(DATABASE)).sort(), expected);
  });
});
