import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { seed } from '../../helpers/notes.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';
import { barrier, notesIn, rename } from './notes.ts';

describe('notes: concurrent changes', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  async function read(id: string): Promise<{ id: string; etag: string }> {
    const { headers, body } = await api.as('member').get(`/v1/notes/${id}`);
    assert.equal(headers.etag, `"${body.version}"`);
    return { id, etag: String(headers.etag) };
  }

  it('answers a new note and a change with the version for the next change', async () => {
    const written = await api.as('member').post('/v1/notes').send({ title: 'Milk', body: 'Two.' });
    const { id } = written.body;
    const first = await rename(api, 'member', { id, etag: String(written.headers.etag) }, 'Eggs');
    const second = await rename(api, 'member', { id, etag: String(first.headers.etag) }, 'Bread');
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.deepEqual(
      [written, first, second].map(({ body }) => body.version),
      [1, 2, 3],
    );
    assert.deepEqual([second.body.title, second.body.body], ['Bread', 'Two.'], 'the rest stays');
    assert.equal(second.body.createdAt, written.body.createdAt);
    assert.ok(second.body.updatedAt >= written.body.updatedAt);
  });

  it('accepts the version from a list', async () => {
    const id = await seed(api.firestore, 'member');
    const { body } = await api.as('member').get('/v1/notes');
    const { version } = body.notes.find((note: { id: string }) => note.id === id);
    assert.equal((await rename(api, 'member', { id, etag: `"${version}"` }, 'Eggs')).status, 200);
  });

  it('refuses the second of two changes of one version with 412', async () => {
    const known = await read(await seed(api.firestore, 'member'));
    await rename(api, 'member', known, 'First');
    assertProblem(await rename(api, 'member', known, 'Second'), 412, 'precondition_failed');
    assert.equal((await api.firestore.db.doc(`notes/${known.id}`).get()).get('title'), 'First');
  });

  it('notices a change that a client wrote to Firestore directly', async () => {
    const known = await read(await seed(api.firestore, 'member'));
    const { db, FieldValue } = api.firestore;
    await db
      .doc(`notes/${known.id}`)
      .update({ body: 'Three.', version: 2, updated: FieldValue.serverTimestamp() });
    assertProblem(await rename(api, 'member', known, 'Late'), 412, 'precondition_failed');
  });

  for (const [what, etag, field] of [
    ['any', '*', 'headers.if-match'],
    ['one without quotes', '1', 'headers.if-match'],
    ['one with zeros before it', '"0001"', 'headers.if-match'],
    ['a fraction', '"1.0"', 'headers.if-match'],
    ['several', '"1", "2"', 'headers.if-match'],
    ['text', '"x"', 'headers.if-match'],
  ] as const) {
    it(`refuses a change with the version: ${what}`, async () => {
      const id = await seed(api.firestore, 'member');
      const request = api.as('member').patch(`/v1/notes/${id}`);
      const answer = await request.set('If-Match', etag).send({ title: 'x' });
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), [field]);
    });
  }

  it('asks for the version of a change without one, with 428', async () => {
    const id = await seed(api.firestore, 'member');
    const answer = await api.as('member').patch(`/v1/notes/${id}`).send({ title: 'x' });
    assert.deepEqual(fieldsOf(assertProblem(answer, 428, 'precondition_required')), ['body.version']);
    assert.equal((await api.firestore.db.doc(`notes/${id}`).get()).get('title'), 'Milk');
  });

  it('accepts the version in the body', async () => {
    const { id, etag } = await read(await seed(api.firestore, 'member'));
    const change = { title: 'Eggs', version: Number(etag.slice(1, -1)) };
    const answer = await api.as('member').patch(`/v1/notes/${id}`).send(change);
    assert.deepEqual([answer.status, answer.body.title], [200, 'Eggs']);
    assertProblem(await api.as('member').patch(`/v1/notes/${id}`).send(change), 409, 'version_mismatch');
  });

  it('counts from 0 for a note that was stored before notes had versions', async () => {
    const { db, FieldValue } = api.firestore;
    const now = FieldValue.serverTimestamp();
    const old = { owner: 'member', title: 'Old', body: '', created: now, updated: now };
    const { id } = await db.collection('notes').add(old);
    const known = await read(id);
    assert.equal(known.etag, '"0"');
    const { body: page } = await api.as('member').get('/v1/notes');
    assert.equal(page.notes.find((note: { id: string }) => note.id === id).version, 0);
    const changed = await rename(api, 'member', known, 'New');
    assert.deepEqual([changed.status, changed.body.version], [200, 1]);
    assertProblem(await rename(api, 'member', known, 'Late'), 412, 'precondition_failed');
  });

  it('lets exactly one of eight concurrent changes win', async () => {
    const allHaveRead = barrier(8);
    const server = await startTestFirestore({
      beforeCall: (method) => (holding && method === 'Commit' ? allHaveRead() : undefined),
    });
    let holding = false;
    const firestore = connect(server);
    const racing = await openApi({ rewire: notesIn(firestore) });
    try {
      const id = await seed(firestore, 'member');
      const { headers } = await racing.as('member').get(`/v1/notes/${id}`);
      const etag = String(headers.etag);
      holding = true;
      const titles = Array.from({ length: 8 }, (_, index) => `Writer ${index}`);
      const answers = await Promise.all(titles.map((title) => rename(racing, 'member', { id, etag }, title)));
      const winners = titles.filter((_, index) => answers[index]?.status === 200);
      assert.equal(winners.length, 1, answers.map(({ status }) => status).join());
      assert.ok(answers.every(({ status }) => status === 200 || status === 412));
      assert.equal((await firestore.db.doc(`notes/${id}`).get()).get('title'), winners[0]);
    } finally {
      await racing.close();
      await firestore.close();
      await server.stop();
    }
  });
});
