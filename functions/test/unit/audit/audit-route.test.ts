import assert from 'node:assert/strict';
import { get } from 'node:http';
import { unavailable } from '../../../src/errors.ts';
import { assertProblem, exchange, HTTPS } from '../../helpers/answers.ts';
import { type Api, openApi } from '../../helpers/api.ts';

const NDJSON = 'application/x-ndjson';

const EVENT = {
  ...{ id: 'e1', at: '2026-01-01T00:00:00.000000Z', actor: 'ada', action: 'roles.set', target: 'bob' },
  ...({ outcome: 'done', requestId: 'r1' } as const),
};

describe('GET /audit', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  async function fill(count: number, size = 0) {
    const { db, Timestamp } = api.firestore;
    for (let start = 0; start < count; start += 400) {
      const batch = db.batch();
      for (let n = start; n < Math.min(count, start + 400); n++) {
        const event = { actor: 'a', action: 'x.y', target: 't', outcome: 'done', requestId: 'r' };
        const at = Timestamp.fromMillis(1e12 + n);
        batch.create(db.doc(`auditEvents/e${n}`), { ...event, reason: 'x'.repeat(size), at });
      }
      await batch.commit();
    }
  }
  const read = (accept: string | undefined, path = '/v1/audit?actor=a&pageSize=10') => {
    const lines: (readonly [string, string])[] = [HTTPS, ['Authorization', `Bearer ${api.token('auditor')}`]];
    if (accept !== undefined) lines.push(['Accept', accept]);
    return exchange(api.port, { path, headers: lines });
  };

  it('streams every event as a line where NDJSON is asked for', async () => {
    await fill(35);
    const answer = await api
      .as('auditor')
      .get('/v1/audit?actor=a&pageSize=10')
      .set('Accept', NDJSON)
      .buffer(true);
    assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
    assert.match(String(answer.headers.vary), /Origin, Accept/);
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ id }) => id),
      Array.from({ length: 35 }, (_, n) => `e${34 - n}`),
    );
  });

  for (const accept of [
    'application/json',
    '*/*',
    undefined,
    'text/html',
    `${NDJSON};q=0.1, application/json`,
  ]) {
    it(`answers Accept: ${accept} with one page of JSON`, async () => {
      await fill(12);
      const { status, headers, text } = await read(accept);
      assert.equal(status, 200, text);
      assert.match(String(headers['content-type']), /^application\/json/);
      const { events, nextPageToken } = JSON.parse(text);
      assert.deepEqual([events.length, typeof nextPageToken], [10, 'string']);
    });
  }

  it('is a problem when the first page fails, NDJSON or not', async () => {
    await api.close();
    const list = () => Promise.reject(unavailable('auditEvents'));
    const stream = async function* () {
      yield await list();
    };
    api = await openApi({ rewire: (deps) => ({ ...deps, audit: { ...deps.audit, list, stream } }) });
    assertProblem(await read(NDJSON), 503, 'unavailable');
    assertProblem(await read('application/json'), 503, 'unavailable');
  });

  it('reads on no further, logs no failure, and serves on when the client stops reading', async () => {
    await api.close();
    const taken: number[] = [];
    const ended = Promise.withResolvers<void>();
    api = await openApi({
      rewire: (deps) => ({
        ...deps,
        audit: {
          ...deps.audit,
          async *stream() {
            try {
              for (let n = 0; n < 100_000; n++) {
                taken.push(n);
                yield { ...EVENT, reason: 'x'.repeat(10_000) };
                await new Promise((resolve) => setImmediate(resolve));
              }
            } finally {
              ended.resolve();
            }
          },
        },
      }),
    });
    const headers = { [HTTPS[0]]: HTTPS[1], Accept: NDJSON, Authorization: `Bearer ${api.token('auditor')}` };
    await new Promise<void>((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port: api.port, path: '/v1/audit', headers }, (response) => {
        response.once('data', () => {
          request.destroy();
          resolve();
        });
      });
      request.on('error', reject);
    });
    await ended.promise;
    assert.ok(taken.length < 100_000);
    assert.deepEqual(
      api.lines.filter(({ kind }) => kind === 'failure'),
      [],
    );
    assert.equal((await api.as('auditor').get('/v1/me')).status, 200);
  });
});
