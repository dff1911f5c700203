import assert from 'node:assert/strict';
import { GRANT_TYPE } from '../../../src/token-exchange/schema.ts';
import { type ExchangeApi, openExchangeApi } from '../../helpers/exchange-api.ts';
import { itWithNotes } from '../../helpers/notes.ts';

const BASE_PATH = '/Sign_in/id-2/v1';

describe('http: BASE_PATH', () => {
  let api: ExchangeApi;
  before(async () => {
    api = await openExchangeApi({ env: { BASE_PATH } });
  });
  after(() => api.close());

  for (const root of ['/v1', BASE_PATH]) {
    itWithNotes(`serves ${root}`, async () => {
      const created = await api.as('member').post(`${root}/notes`).send({ title: 'Milk' });
      assert.equal(created.status, 201, created.text);
      const read = await api.as('member').get(`${root}/${created.headers.location}`);
      assert.deepEqual([read.status, read.body], [200, created.body]);
      const other = await api.as('member').put(`${root}/notes`);
      assert.deepEqual([other.status, other.headers.allow], [405, 'HEAD, GET, POST']);
    });

    it(`answers OAuth clients below ${root} as RFC 6749 says`, async () => {
      const answer = await api.as().post(`${root}/token/exchange`).send({ grant_type: GRANT_TYPE });
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
    });
  }

  for (const path of ['/api/v1', '/Sign_in/id-2', '/sign_in/id-2/v1', `${BASE_PATH}/v1`, `/v1${BASE_PATH}`]) {
    it(`answers 404 to ${path}/me`, async () => {
      assert.equal((await api.as('member').get(`${path}/me`)).status, 404);
    });
  }

  it('names the pages of errors below it, and serves them', async () => {
    const { body } = await api.as().get(`${BASE_PATH}/me`);
    assert.equal(body.type, `https://gatehouse-test.web.app${BASE_PATH}/errors/unauthenticated`);
    const page = await api.as().get(new URL(body.type).pathname);
    assert.deepEqual([page.status, page.body.code], [200, 'unauthenticated']);
  });

  it('is in the `servers` of the OpenAPI document', async () => {
    const { body } = await api.as().get(`${BASE_PATH}/openapi.json`);
    const urls = body.servers.map(({ url }: { url: string }) => url);
    assert.deepEqual(urls, [BASE_PATH, '/v1', `http://127.0.0.1:5002${BASE_PATH}`]);
  });

  it('does not change the route in the log', async () => {
    api.lines.length = 0;
    await api.as('member').get(`${BASE_PATH}/me`);
    assert.equal(api.lines.at(-1)?.route, '/v1/me');
  });
});

it('http: BASE_PATH may be /v1', async () => {
  const api = await openExchangeApi({ env: { BASE_PATH: '/v1' } });
  try {
    assert.equal((await api.as('member').get('/v1/me')).status, 200);
    assert.equal((await api.as('member').get('/api/v1/me')).status, 404);
  } finally {
    await api.close();
  }
});
