import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { seed } from '../../helpers/notes.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';

const EMOJI = '🎪';

describe('notes: input', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  const write = (fields: object) => api.as('member').post('/v1/notes').send(fields);

  const NOT_THE_CLIENTS = ['owner', 'created', 'createdAt', 'updated', 'updatedAt', 'id', 'version', 'roles'];
  for (const field of NOT_THE_CLIENTS) {
    it(`refuses ${field} in a new note and in a change, by its name`, async () => {
      const fields = { title: 'Milk', [field]: 'admin' };
      const id = await seed(api.firestore, 'member');
      const change = () => api.as('member').patch(`/v1/notes/${id}`).set('If-Match', '"1"').send(fields);
      for (const answer of [await write(fields), await change()]) {
        assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), [`body.${field}`]);
      }
    });
  }

  const refused: [what: string, fields: object, named: string[]][] = [
    ['no title', {}, ['body.title']],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, ['body.title']],
    ['a title of 101 emoji, 202 UTF-16 units', { title: EMOJI.repeat(101) }, ['body.title']],
    ['a title of white space', { title: ' \n\t ' }, ['body.title']],
    ['a title of two lines', { title: 'a\nb' }, ['body.title']],
    ['a title with a NUL', { title: 'a\u0000b' }, ['body.title']],
    ['a title with an escape sequence', { title: 'a\u001b[2Jb' }, ['body.title']],
    ['a title with a C1 control character', { title: 'a\u0085b' }, ['body.title']],
    ['a title with half an emoji', { title: 'a\ud83c' }, ['body.title']],
    ['a body with half an emoji', { title: 'a', body: '\udfaa' }, ['body.body']],
    ['a body of 20001 characters', { title: 'a', body: 'x'.repeat(20_001) }, ['body.body']],
    ['a body of 10001 emoji', { title: 'a', body: EMOJI.repeat(10_001) }, ['body.body']],
    ['a title that is no text', { title: 7 }, ['body.title']],
    ['a body that is null', { title: 'a', body: null }, ['body.body']],
    ['two wrong fields', { title: '', body: [] }, ['body.title', 'body.body']],
  ];
  for (const [what, fields, named] of refused) {
    it(`refuses ${what}`, async () => {
      assert.deepEqual(fieldsOf(assertProblem(await write(fields), 400, 'invalid_argument')), named);
    });
  }

  const kept: [what: string, title: string, body: string][] = [
    ['a title of one character and no body', 'x', ''],
    ['a title of 200 and a body of 20000 characters', 'x'.repeat(200), 'x'.repeat(20_000)],
    ['emoji up to both limits', EMOJI.repeat(100), EMOJI.repeat(10_000)],
    ['a body of lines and tabs as it came', 'List', ' \n- milk\r\n\t- eggs\n '],
    ['markup, which is text', '<script>alert(1)</script>', '{"owner":"admin"}'],
  ];
  for (const [what, title, body] of kept) {
    it(`keeps ${what}`, async () => {
      const written = await write({ title, body });
      assert.equal(written.status, 201, written.text.slice(0, 300));
      const read = await api.as('member').get(`/v1/notes/${written.body.id}`);
      assert.deepEqual(read.body, written.body);
      assert.deepEqual([read.body.title, read.body.body], [title, body]);
    });
  }

  it('trims a title before it checks the length', async () => {
    const { body } = await write({ title: `\n ${'x'.repeat(200)}\t ` });
    assert.equal(body.title, 'x'.repeat(200));
  });

  it('refuses the longest text in JSON escapes as too large for a request', async () => {
    const escaped = `{"title":"a","body":"${'\\u5712'.repeat(20_000)}"}`;
    const answer = await api.as('member').post('/v1/notes').type('json').send(escaped);
    assertProblem(answer, 413, 'payload_too_large');
  });

  it('stores exactly the fields that firestore.rules allow', async () => {
    const { body } = await write({ title: 'Milk', body: 'Two.' });
    assert.match(body.id, /^[A-Za-z0-9]{20}$/);
    const document = await api.firestore.db.doc(`notes/${body.id}`).get();
    const { created, updated, ...rest } = document.data() ?? {};
    assert.deepEqual(rest, { owner: 'member', title: 'Milk', body: 'Two.', version: 1 });
    assert.ok(created instanceof api.firestore.Timestamp && created.isEqual(updated));
    assert.equal(body.createdAt, created.toDate().toISOString());
    assert.equal(body.updatedAt, body.createdAt);
  });

  for (const id of [
    'short',
    'x'.repeat(21),
    'noSuchNote000000000!',
    '__proto__0000000000_',
    '%2e%2e%2fdirectory000',
  ]) {
    it(`refuses ${id} as the id of a note`, async () => {
      for (const method of ['get', 'delete'] as const) {
        const answer = await api.as('owner')[method](`/v1/notes/${id}`);
        assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['params.id']);
      }
    });
  }

  for (const query of [
    'pageSize=0',
    'pageSize=101',
    'pageSize=x',
    'pageToken=',
    'owner=',
    'owner=a%2Fb',
    'all=true',
  ]) {
    it(`refuses the query ${query}`, async () => {
      for (const who of ['member', 'support'] as const) {
        const answer = await api.as(who).get(`/v1/notes?${query}`);
        const named = new Set(fieldsOf(assertProblem(answer, 400, 'invalid_argument')));
        assert.deepEqual(named, new Set([`query.${query.split('=')[0]}`]));
      }
    });
  }

  it('refuses a change without fields', async () => {
    const id = await seed(api.firestore, 'member');
    const answer = await api.as('member').patch(`/v1/notes/${id}`).set('If-Match', '"1"').send({});
    assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['body']);
  });
});
