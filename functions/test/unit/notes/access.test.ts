import assert from 'node:assert/strict';
import { meets, type Need } from '../../expectations/access.ts';
import { type Api, openApi, PEOPLE, type Person } from '../../helpers/api.ts';
import { seed } from '../../helpers/notes.ts';
import { assertProblem } from '../../helpers/responses.ts';
import { MISSING } from './notes.ts';

type Who = Person | 'anonymous';
type Operation = 'list' | 'get' | 'change' | 'remove';
type Relation = 'own' | 'other' | 'missing';

/** Written by hand, not derived from the code. For a member, the note of another user looks like a missing one. */
const MATRIX: [operation: Operation, relation: Relation, member: number, moderators: number][] = [
  ['list', 'own', 200, 200],
  ['list', 'other', 404, 200],
  ['list', 'missing', 404, 200],
  ['get', 'own', 200, 200],
  ['get', 'other', 404, 200],
  ['get', 'missing', 404, 404],
  ['change', 'own', 200, 200],
  ['change', 'other', 404, 404],
  ['change', 'missing', 404, 404],
  ['remove', 'own', 204, 204],
  ['remove', 'other', 404, 204],
  ['remove', 'missing', 404, 404],
];

const PERMISSIONS = {
  ...{ list: 'notes:read', get: 'notes:read' },
  ...{ change: 'notes:write', remove: 'notes:write' },
} as const satisfies Record<Operation, Need>;

/** By what the caller's role holds: the permission at all, and `notes:moderate`. */
function expectedStatus(
  who: Who,
  need: Need,
  { member, moderators }: Record<'member' | 'moderators', number>,
) {
  if (who === 'anonymous') return 401;
  if (!meets(who, need)) return 403;
  return meets(who, 'notes:moderate') ? moderators : member;
}

describe('notes: access', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  const client = (who: Who) => (who === 'anonymous' ? api.as() : api.as(who));

  /** Does it to a note that is there for this alone; `bystander` owns those of others. */
  async function attempt(operation: Operation, relation: Relation, who: Who) {
    const owner = { own: who, other: 'bystander', missing: 'ghost' }[relation];
    if (operation === 'list') return client(who).get('/v1/notes').query({ owner });
    const id = relation === 'missing' ? MISSING : await seed(api.firestore, owner);
    const url = `/v1/notes/${id}`;
    if (operation === 'get') return client(who).get(url);
    if (operation === 'remove') return client(who).delete(url);
    return client(who).patch(url).set('If-Match', '"1"').send({ title: 'Changed' });
  }

  for (const [operation, relation, member, moderators] of MATRIX) {
    for (const who of ['anonymous', ...PEOPLE] as const) {
      const expected = expectedStatus(who, PERMISSIONS[operation], { member, moderators });
      it(`answers ${expected} to ${who}: ${operation}, ${relation} note`, async () => {
        const answer = await attempt(operation, relation, who);
        assert.equal(answer.status, expected, answer.text);
        if (expected === 404) assertProblem(answer, 404, 'not_found');
      });
    }
  }

  for (const who of ['anonymous', ...PEOPLE] as const) {
    const status = expectedStatus(who, 'notes:write', { member: 201, moderators: 201 });
    it(`answers ${status} to ${who}: create a note`, async () => {
      const answer = await client(who).post('/v1/notes').send({ title: 'Eggs' });
      assert.equal(answer.status, status, answer.text);
      if (status === 201) assert.equal(answer.body.owner, who);
    });
  }

  it('changes and deletes nothing that it refuses', async () => {
    const id = await seed(api.firestore, 'bystander');
    const before = (await api.firestore.db.doc(`notes/${id}`).get()).data();
    for (const who of ['anonymous', 'norole', 'auditor', 'member'] as const) {
      await client(who).patch(`/v1/notes/${id}`).set('If-Match', '"1"').send({ title: 'Mine now' });
      await client(who).delete(`/v1/notes/${id}`);
    }
    assert.deepEqual((await api.firestore.db.doc(`notes/${id}`).get()).data(), before);
  });

  it('answers the same for the note of another user and a missing one, and logs the reason', async () => {
    const id = await seed(api.firestore, 'bystander');
    const tell = async (method: 'get' | 'delete', of: string) => {
      const { status, body } = await api.as('member')[method](`/v1/notes/${of}`);
      return { status, ...body, requestId: '' };
    };
    for (const method of ['get', 'delete'] as const) {
      assert.deepEqual(await tell(method, id), await tell(method, MISSING));
    }
    const last = api.lines.filter(({ kind }) => kind === 'decision').at(-1);
    assert.deepEqual([last?.subject, last?.granted, last?.reason], ['member', false, 'not-own']);
  });

  it('lists the notes of the requested owner for moderators, else their own', async () => {
    const id = await seed(api.firestore, 'quiet');
    const owners = async (query: object) => {
      const { body } = await api.as('support').get('/v1/notes').query(query);
      return (body.notes as { id: string; owner: string }[]).map((note) => [note.id, note.owner]);
    };
    assert.deepEqual(await owners({ owner: 'quiet' }), [[id, 'quiet']]);
    const own = await owners({});
    assert.ok(own.length > 0 && own.every(([, owner]) => owner === 'support'));
  });
});
