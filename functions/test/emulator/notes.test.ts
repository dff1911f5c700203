import assert from 'node:assert/strict';
import { type ApiAnswer, api, makeSignedIn, outcome } from '../helpers/emulator.ts';
import { describeWithNotes } from '../helpers/notes.ts';

const TEXT = { title: 'Groceries', body: 'Milk, and a pound of butter' };

describeWithNotes('notes, through Hosting', function () {
  this.timeout(20_000);

  async function write(idToken: string): Promise<string> {
    const answer = await api('POST /notes', { token: idToken, body: TEXT });
    assert.equal(outcome(answer), '201');
    return answer.body.id;
  }

  it('can be created, read, changed, listed and deleted by their owner', async () => {
    const { idToken: token, uid } = await makeSignedIn(['member']);
    const id = await write(token);
    const read = await api(`GET /notes/${id}`, { token });
    const { owner, title, body } = read.body;
    assert.deepEqual({ owner, title, body }, { owner: uid, ...TEXT });

    const headers = { 'If-Match': read.headers.get('ETag') ?? '' };
    const change = () => api(`PATCH /notes/${id}`, { token, headers, body: { title: 'Shopping' } });
    assert.deepEqual([outcome(await change()), outcome(await change())], ['200', '412 precondition_failed']);
    const { body: page } = await api('GET /notes', { token });
    assert.deepEqual(
      page.notes.map((note: { id: string; title: string }) => [note.id, note.title]),
      [[id, 'Shopping']],
    );

    assert.equal(outcome(await api(`DELETE /notes/${id}`, { token })), '204');
    assert.equal(outcome(await api(`GET /notes/${id}`, { token })), '404 not_found');
  });

  it('of another user give the same 404 as notes that do not exist', async () => {
    const [ada, bob] = await Promise.all([makeSignedIn(['member']), makeSignedIn(['member'])]);
    const id = await write(ada.idToken);
    const token = bob.idToken;
    const attempts = (noteId: string): Promise<ApiAnswer>[] => [
      api(`GET /notes/${noteId}`, { token }),
      api(`PATCH /notes/${noteId}`, { token, headers: { 'If-Match': '"1"' }, body: { title: 'Mine' } }),
      api(`DELETE /notes/${noteId}`, { token }),
      api(`GET /notes?owner=${noteId === id ? ada.uid : 'unknown'}`, { token }),
    ];
    const seen = async (noteId: string) =>
      (await Promise.all(attempts(noteId))).map(
        ({ status, body: { requestId: _, instance: __, ...said } }) => ({
          status,
          ...said,
        }),
      );
    const answers = await seen(id);
    assert.deepEqual(
      answers.map(({ status, code }) => `${status} ${code}`),
      Array(4).fill('404 not_found'),
    );
    assert.deepEqual(answers, await seen('A'.repeat(id.length)));
    assert.equal(outcome(await api(`GET /notes/${id}`, { token: ada.idToken })), '200');
  });

  it('deleted by a moderator are in the audit log, without their text', async () => {
    const [ada, moderator, auditor] = await Promise.all([
      makeSignedIn(['member']),
      makeSignedIn(['support']),
      makeSignedIn(['auditor']),
    ]);
    const id = await write(ada.idToken);
    const removal = await api(`DELETE /notes/${id}`, { token: moderator.idToken });
    assert.equal(outcome(removal), '204');
    assert.equal(outcome(await api(`GET /notes/${id}`, { token: ada.idToken })), '404 not_found');

    const { body } = await api(`GET /audit?target=${ada.uid}&action=notes.delete`, {
      token: auditor.idToken,
    });
    const [event, ...more] = body.events;
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.actor, event.outcome, event.before.id, event.requestId],
      [moderator.uid, 'done', id, removal.headers.get('X-Request-Id')],
    );
    assert.doesNotMatch(JSON.stringify(event), /Groceries|butter/);
  });
});
