import assert from 'node:assert/strict';
import { encodePageToken } from '../../../src/core/pagination.ts';
import { type Api, openApi, type Person } from '../../helpers/api.ts';
import { seed } from '../../helpers/notes.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';
import { rename } from './notes.ts';

interface Header {
  readonly id: string;
  readonly owner: string;
  readonly version: number;
}

describe('notes: pages of a list', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  async function page(who: Person, query: object): Promise<{ notes: Header[]; nextPageToken?: string }> {
    const { status, body, text } = await api.as(who).get('/v1/notes').query(query);
    assert.equal(status, 200, text);
    return body;
  }

  /** All pages, with something done after each. */
  async function walk(
    who: Person,
    pageSize: number,
    meanwhile = async (_: Header[]) => {},
  ): Promise<Header[][]> {
    const pages: Header[][] = [];
    let pageToken: string | undefined;
    do {
      const { notes, nextPageToken } = await page(who, { pageSize, ...(pageToken && { pageToken }) });
      pages.push(notes);
      pageToken = nextPageToken;
      await meanwhile(notes);
    } while (pageToken !== undefined);
    return pages;
  }

  const idsOf = (notes: Header[]) => notes.map(({ id }) => id);

  it('has every note once, the last changed first, then by id', async () => {
    const { db, Timestamp } = api.firestore;
    const batch = db.batch();
    const written = Array.from({ length: 23 }, (_, index) => {
      // Microseconds apart, and each time shared by four.
      const updated = new Timestamp(1_790_000_000, Math.floor(index / 4) * 1000);
      const ref = db.collection('notes').doc();
      batch.create(ref, { owner: 'member', title: `${index}`, body: '', created: updated, updated });
      return { id: ref.id, at: updated.nanoseconds };
    });
    await batch.commit();
    const expected = written.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
    for (const pageSize of [1, 5, 23, 100]) {
      const pages = await walk('member', pageSize);
      assert.deepEqual(idsOf(pages.flat()), expected);
      assert.equal(pages.length, Math.ceil(23 / pageSize), 'no empty page at the end');
    }
  });

  it('leaves out the text', async () => {
    const { notes } = await page('member', { pageSize: 1 });
    const fields = ['id', 'owner', 'title', 'createdAt', 'updatedAt', 'version'];
    assert.deepEqual(Object.keys(notes[0] ?? {}).sort(), fields.sort());
  });

  it('repeats no note and skips no unchanged one while others are written and deleted', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push(await seed(api.firestore, 'admin', `${i}`));
    const gone = String(ids[1]);
    const pages = await walk('admin', 3, async ([first]) => {
      await seed(api.firestore, 'admin', 'new');
      await api.as('admin').delete(`/v1/notes/${gone}`);
      if (first !== undefined)
        await rename(api, 'admin', { id: first.id, etag: `"${first.version}"` }, 'again');
    });
    const seen = idsOf(pages.flat());
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(seen.toSorted(), ids.filter((id) => id !== gone).toSorted());
  });

  it('has an empty page for a user without notes', async () => {
    assert.deepEqual(await page('owner', {}), { notes: [] });
  });

  it('lists only the own notes with the page token of another user', async () => {
    for (let i = 0; i < 3; i++) await seed(api.firestore, 'support');
    const { nextPageToken } = await page('support', { pageSize: 1 });
    assert.ok(nextPageToken);
    const { notes } = await page('member', { pageToken: nextPageToken });
    assert.ok(notes.length > 0 && notes.every(({ owner }) => owner === 'member'));
  });

  const broken: [what: string, token: string][] = [
    ['no base64', '***'],
    ['no JSON', Buffer.from('[1,').toString('base64url')],
    ['another list’s', encodePageToken(['ann@example.com', 'ann'])],
    ['one with a value too few', encodePageToken([1, 2])],
    ['one beyond all time', encodePageToken([1e15, 0, 'a'])],
    ['one with two billion nanoseconds', encodePageToken([1, 2e9, 'a'])],
    ['one with no id', encodePageToken([1, 2, ''])],
    ['one with a path for an id', encodePageToken([1, 2, 'a/b/c'])],
  ];
  for (const [what, token] of broken) {
    it(`refuses as a page token ${what}`, async () => {
      const answer = await api.as('member').get('/v1/notes').query({ pageToken: token });
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['query.pageToken']);
    });
  }
});
