import assert from 'node:assert/strict';
import type { Response } from 'supertest';
import { createOpenApiDocument } from '../../../scripts/openapi-document.ts';
import { modules } from '../../../src/modules.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { identityOf } from '../../helpers/identities.ts';
import { describeWithNotes } from '../../helpers/notes.ts';

const ADA = identityOf('ada');
const OIDC = { type: 'oidc', issuer: ADA.issuer, audience: 'gatehouse' };

/** The path that a client requests when it resolves `Location` against the URL of the request. */
function locationOf({ headers }: Response, requested: string): string {
  return new URL(String(headers.location), `https://example.com${requested}`).pathname;
}

describeWithNotes('http: 201 with Location', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi({ product: { trustedIssuers: [OIDC] } });
  });
  afterEach(() => api.close());

  for (const mount of ['/v1', '/api/v1']) {
    it(`answers a new note below ${mount} with the URL to read it at`, async () => {
      const created = await api.as('member').post(`${mount}/notes`).send({ title: 'Milk' });
      assert.equal(created.status, 201, created.text);
      const location = locationOf(created, `${mount}/notes`);
      assert.equal(location, `${mount}/notes/${created.body.id}`);
      const read = await api.as('member').get(location);
      assert.deepEqual(
        [read.status, read.body, read.headers.etag],
        [200, created.body, created.headers.etag],
      );
    });
  }

  it('answers a new external user with 201, and an existing one with 200 and no Location', async () => {
    const { issuer, subject } = ADA;
    const created = await api.as('admin').post('/v1/users').send({ issuer, subject });
    assert.equal(created.status, 201, created.text);
    const location = locationOf(created, '/v1/users');
    assert.equal(location, `/v1/users/${ADA.id}`);
    assert.equal((await api.as('admin').get(location)).status, 200);
    const again = await api.as('admin').post('/v1/users').send({ issuer, subject });
    assert.deepEqual([again.status, again.headers.location], [200, undefined]);
    assert.equal(again.body.uid, created.body.uid);
  });

  it('lets the script of an allowed origin read Location', async () => {
    const request = api.as('member').post('/v1/notes').set('Origin', 'https://app.example.com');
    const { headers } = await request.send({ title: 'Milk' });
    assert.match(String(headers['access-control-expose-headers']), /\bLocation\b/);
  });

  it('has no Location with other answers', async () => {
    for (const answer of [
      await api.as('member').post('/v1/notes').send({ title: '' }),
      await api.as('member').get('/v1/notes'),
      await api.as('member').post('/v1/me/revoke'),
    ]) {
      assert.equal(answer.headers.location, undefined, answer.text);
    }
  });

  it('is in the OpenAPI document for every operation that creates, and for no other', () => {
    const { paths = {} } = JSON.parse(JSON.stringify(createOpenApiDocument()));
    for (const { name, http, created } of modules.operations) {
      const { responses } = paths[http.path.replaceAll(/:(\w+)/g, '{$1}')][http.method];
      assert.equal(responses['201']?.headers?.Location !== undefined, created !== undefined, name);
    }
    const successes = (path: string) =>
      Object.keys(paths[path].post.responses).filter((status) => status.startsWith('2'));
    assert.deepEqual(successes('/notes'), ['201']);
    assert.deepEqual(successes('/users'), ['200', '201']);
  });
});
