import assert from 'node:assert/strict';
import { ALL_ERROR_CODES, ERRORS } from '../../../src/core/errors.ts';
import { DESCRIPTIONS } from '../../../src/meta/error-pages.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertProblem, fieldsOf, HTTPS, sendRaw } from '../../helpers/responses.ts';

/** The path on the function, of a URL through Hosting. */
const onFunction = (type: string) => new URL(type).pathname.replace('/api/', '/');

describe('http: the type of a problem', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it('is a URL on the project’s Hosting site, which the Host header does not change', async () => {
    for (const host of ['evil.example', 'localhost:1', 'gatehouse-test.web.app.evil.example']) {
      const headers = [HTTPS, ['X-Forwarded-Host', host], ['Host', host]] as const;
      const { text } = await sendRaw(api.port, { path: '/v1/me', headers: headers.slice(0, 2) });
      assert.equal(JSON.parse(text).type, 'https://gatehouse-test.web.app/api/v1/errors/unauthenticated');
    }
  });

  it('leads to the page of the error, without a credential', async () => {
    for (const refused of [
      await api.as().get('/v1/me'),
      await api.as('member').get('/v1/users'),
      await api.as('owner').get('/v1/users?pageSize=0'),
      await api.as('owner').get('/v1/nowhere'),
    ]) {
      const { code, type, title, status } = refused.body;
      const page = await api.as().get(onFunction(type)).expect(200);
      const { callable } = ERRORS[code as keyof typeof ERRORS];
      const description = DESCRIPTIONS[code as keyof typeof ERRORS];
      assert.deepEqual(page.body, { code, title, status, callable, description });
    }
  });

  it('has a page for every error, for every client, browsers included', async () => {
    for (const code of ALL_ERROR_CODES) {
      const { body, headers } = await api
        .as()
        .get(`/v1/errors/${code}`)
        .set('Accept', 'text/html')
        .expect(200);
      assert.match(String(headers['content-type']), /^application\/json/);
      assert.deepEqual([body.code, body.description], [code, DESCRIPTIONS[code]]);
      // A page is read alone.
      assert.doesNotMatch(body.description, /\b(the same|above|below)\b/i);
    }
  });

  it('has no page for another code', async () => {
    for (const code of ['nothing', 'NOT_FOUND', 'constructor', '__proto__', '%3Cscript%3E']) {
      const answer = await api.as().get(`/v1/errors/${code}`).set('Accept', 'text/html');
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['params.code']);
    }
  });
});

describe('http: the type of a problem, by ERROR_DOCS_URL', () => {
  it('is below that URL', async () => {
    const api = await openApi({ env: { ERROR_DOCS_URL: 'https://api.shop.example/v1/errors' } });
    try {
      const { body } = await api.as().get('/v1/me');
      assert.equal(body.type, 'https://api.shop.example/v1/errors/unauthenticated');
    } finally {
      await api.close();
    }
  });
});
