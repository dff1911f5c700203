import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { seed } from '../../helpers/notes.ts';
import { barrier, notesIn } from './notes.ts';

const SECRET = 'what-the-note-said';

describe('notes: deletion by a moderator', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  /** Others record that the directory imported the caller. */
  const events = async () =>
    (await api.firestore.db.collection('auditEvents').where('action', '==', 'notes.delete').get()).docs;
  const exists = async (id: string) => (await api.firestore.db.doc(`notes/${id}`).get()).exists;

  it('is in the audit log with actor, owner and note, without the text', async () => {
    const id = await seed(api.firestore, 'member', SECRET);
    const answer = await api.as('support').delete(`/v1/notes/${id}`);
    assert.deepEqual([answer.status, answer.text, await exists(id)], [204, '', false]);
    const [event, ...others] = (await events()).map((document) => document.data());
    assert.deepEqual(others, []);
    const { at, expireAt, before, ...rest } = event ?? {};
    assert.deepEqual(rest, {
      actor: 'support',
      issuer: 'https://securetoken.google.com/gatehouse-test',
      action: 'notes.delete',
      target: 'member',
      outcome: 'done',
      requestId: answer.headers['x-request-id'],
    });
    assert.deepEqual(Object.keys(before).sort(), ['createdAt', 'id', 'updatedAt']);
    assert.equal(before.id, id);
    const days = (expireAt.toMillis() - at.toMillis()) / (24 * 3600 * 1000);
    assert.equal(Math.round(days), api.deps.config.auditRetention);
    assert.ok(!JSON.stringify([event, api.lines]).includes(SECRET));
  });

  it('can be read by an auditor', async () => {
    const id = await seed(api.firestore, 'member', SECRET);
    await api.as('admin').delete(`/v1/notes/${id}`);
    const { status, text, body } = await api.as('auditor').get('/v1/audit?action=notes.delete&target=member');
    assert.equal(status, 200, text);
    assert.deepEqual([body.events.length, body.events[0].actor, body.events[0].before.id], [1, 'admin', id]);
    assert.ok(!text.includes(SECRET));
  });

  it('is not recorded for the own notes', async () => {
    for (const who of ['member', 'support'] as const) {
      const id = await seed(api.firestore, who);
      await api.as(who).delete(`/v1/notes/${id}`);
      assert.equal(await exists(id), false);
    }
    assert.equal((await events()).length, 0);
  });

  it('is one commit with its event, and happens once for two concurrent moderators', async () => {
    const bothHaveRead = barrier(2);
    const commits: number[] = [];
    let holding = false;
    const server = await startTestFirestore({
      beforeCall: (method, request) => {
        if (!holding || method !== 'Commit') return undefined;
        commits.push((request as { writes: unknown[] }).writes.length);
        return bothHaveRead();
      },
    });
    const firestore = connect(server);
    const racing = await openApi({ rewire: notesIn(firestore) });
    try {
      const id = await seed(firestore, 'member');
      holding = true;
      const answers = await Promise.all(
        (['support', 'admin'] as const).map((who) => racing.as(who).delete(`/v1/notes/${id}`)),
      );
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 404]);
      assert.ok(commits.length >= 2 && commits.every((writes) => writes === 2), commits.join());
      assert.equal((await firestore.db.collection('auditEvents').get()).size, 1);
    } finally {
      await racing.close();
      await firestore.close();
      await server.stop();
    }
  });
});
