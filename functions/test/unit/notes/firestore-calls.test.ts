import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { connect, startTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { seed } from '../../helpers/notes.ts';
import { assertProblem } from '../../helpers/responses.ts';
import { MISSING, notesIn, rename } from './notes.ts';

/** The SDK reads one document with BatchGetDocuments. */
const READ = 'BatchGetDocuments';
const WRITE = 'Commit';

describe('notes: calls of Firestore', () => {
  const calls: string[] = [];
  let server: Awaited<ReturnType<typeof startTestFirestore>>;
  let firestore: TestFirestore;
  let api: Api;
  before(async () => {
    server = await startTestFirestore({
      beforeCall: (method) => {
        calls.push(method);
      },
    });
    firestore = connect(server);
    api = await openApi({ rewire: notesIn(firestore) });
  });
  after(async () => {
    await api.close();
    await firestore.close();
    await server.stop();
  });

  /** A note, and the entity tag with which its owner changes it. */
  async function noteOf(owner: string): Promise<{ id: string; etag: string }> {
    const id = await seed(firestore, owner);
    calls.length = 0;
    return { id, etag: '"1"' };
  }

  for (const who of ['member', 'support'] as const) {
    it(`reads a note once for GET by its owner with the role ${who}`, async () => {
      const { id, etag } = await noteOf(who);
      const answer = await api.as(who).get(`/v1/notes/${id}`);
      assert.deepEqual([answer.status, answer.headers.etag, calls], [200, etag, [READ]]);
    });

    it(`reads and writes once for PATCH with the role ${who}`, async () => {
      const note = await noteOf(who);
      assert.equal((await rename(api, who, note, 'Eggs')).status, 200);
      assert.deepEqual(calls, [READ, WRITE]);
    });

    it(`reads and writes once for DELETE with the role ${who}`, async () => {
      const { id } = await noteOf(who);
      assert.equal((await api.as(who).delete(`/v1/notes/${id}`)).status, 204);
      assert.deepEqual(calls, [READ, WRITE]);
    });
  }

  it('reads and writes once when a moderator deletes the note of another user', async () => {
    const { id } = await noteOf('member');
    assert.equal((await api.as('support').delete(`/v1/notes/${id}`)).status, 204);
    assert.deepEqual(calls, [READ, WRITE]);
    assert.equal((await firestore.db.collection('auditEvents').get()).size, 1);
  });

  it('only writes for POST', async () => {
    calls.length = 0;
    const { status } = await api.as('member').post('/v1/notes').send({ title: 'Milk' });
    assert.deepEqual([status, calls], [201, [WRITE]]);
  });

  it('writes nothing for another version than the one it has read', async () => {
    const { id } = await noteOf('member');
    assertProblem(await rename(api, 'member', { id, etag: '"7"' }, 'Eggs'), 412, 'precondition_failed');
    assert.deepEqual(calls, [READ]);
  });

  it('writes nothing for a note that does not exist', async () => {
    for (const request of [
      api.as('member').get(`/v1/notes/${MISSING}`),
      api.as('support').delete(`/v1/notes/${MISSING}`),
    ]) {
      calls.length = 0;
      assertProblem(await request, 404, 'not_found');
      assert.deepEqual(calls, [READ]);
    }
  });

  it('answers what Firestore has, without reading it again', async () => {
    const written = await api.as('member').post('/v1/notes').send({ title: 'Milk', body: 'Two.' });
    const read = await api.as('member').get(`/v1/notes/${written.body.id}`);
    assert.deepEqual([read.body, read.headers.etag], [written.body, written.headers.etag]);
    const changed = await rename(
      api,
      'member',
      { id: written.body.id, etag: String(written.headers.etag) },
      'Eggs',
    );
    const again = await api.as('member').get(`/v1/notes/${written.body.id}`);
    assert.deepEqual([again.body, again.headers.etag], [changed.body, changed.headers.etag]);
    assert.equal(again.body.createdAt, written.body.createdAt);
    const document = await firestore.db.doc(`notes/${written.body.id}`).get();
    assert.equal(again.body.updatedAt, document.updateTime?.toDate().toISOString());
  });
});
