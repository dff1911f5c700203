import assert from 'node:assert/strict';
import supertest from 'supertest';
import { openProject } from './own-project.ts';

describe('DATABASE_ID', () => {
  it('stores everything in the named database, nothing in the default one', async () => {
    const databaseId = 'gatehouse-eu';
    const project = openProject();
    const { http } = project.instance({ databaseId });
    const [owner, member] = [await project.add(['owner']), await project.add(['member'])];
    const asOwner = async (request: supertest.Test) =>
      request.set('Authorization', `Bearer ${await project.token(owner)}`);

    const grants = { grants: [{ role: 'support' }], version: 1 };
    const changed = await asOwner(supertest(http).put(`/v1/users/${member}/roles`).send(grants));
    assert.deepEqual([changed.status, changed.body.roles], [200, ['support']]);

    assert.deepEqual((await project.documents('directory', databaseId)).get(member)?.roles, ['support']);
    for (const collection of ['directory', 'system', 'accessChanges', 'auditEvents']) {
      assert.ok((await project.documents(collection, databaseId)).size > 0, collection);
      assert.equal((await project.documents(collection)).size, 0, collection);
    }
  });
});
