import assert from 'node:assert/strict';
import { get } from 'node:http';
import { AUDIT_ACTIONS } from '../../../src/audit/audit-actions.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertProblem, fieldsOf, HTTPS, sendRaw } from '../../helpers/responses.ts';

const NDJSON = 'application/x-ndjson';

const EVENT = {
  ...{ id: 'e1', at: '2026-01-01T00:00:00.000000Z', actor: 'ada', target: 'bob' },
  ...({ action: 'roles.set', outcome: 'done', requestId: 'r1' } as const),
};

describe('GET /audit and GET /audit/export', () => {
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
  const EXPORT = '/v1/audit/export?actor=a';
  const PAGE = '/v1/audit?actor=a&pageSize=10';
  const read = (path: string, accept?: string) => {
    const lines: (readonly [string, string])[] = [HTTPS, ['Authorization', `Bearer ${api.token('auditor')}`]];
    if (accept !== undefined) lines.push(['Accept', accept]);
    return sendRaw(api.port, { path, headers: lines });
  };

  it('exports every event as a line, over several pages', async () => {
    await fill(235);
    const answer = await api.as('auditor').get(EXPORT).buffer(true);
    assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ id }) => id),
      Array.from({ length: 235 }, (_, n) => `e${234 - n}`),
    );
  });

  for (const path of ['/v1/audit', '/v1/audit/export']) {
    it(`filters ${path} by action, and lists the actions for any other word`, async () => {
      const ask = (action: string) => api.as('auditor').get(path).query({ action });
      assert.equal((await ask('roles.set')).status, 200);
      for (const action of ['x.y', 'Roles.set', 'roles', '', 'constructor']) {
        const { errors = [] } = assertProblem(await ask(action), 400, 'invalid_argument');
        assert.deepEqual(fieldsOf({ detail: '', errors }), ['query.action']);
        for (const known of Object.keys(AUDIT_ACTIONS)) assert.ok(errors[0]?.message.includes(known));
      }
    });
  }

  it('sends only the fields of the schema, in an export and on a page', async () => {
    await fill(1);
    await api.firestore.db.doc('auditEvents/e0').update({ token: 'secret', after: { roles: ['member'] } });
    const fields = ['action', 'actor', 'after', 'at', 'id', 'outcome', 'reason', 'requestId', 'target'];
    const line = (await read(EXPORT)).text.split('\r\n').find((text) => text.startsWith('{')) ?? '';
    const [event] = JSON.parse((await read(PAGE)).text).events;
    for (const shown of [JSON.parse(line), event]) assert.deepEqual(Object.keys(shown).sort(), fields);
  });

  it('refuses a page of an export, naming the field', async () => {
    for (const field of ['pageSize=10', 'pageToken=x']) {
      const answer = await api.as('auditor').get(`${EXPORT}&${field}`);
      const [name] = field.split('=');
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), [`query.${name}`]);
    }
  });

  it('reads at most a page for HEAD', async () => {
    await api.close();
    const walked: string[] = [];
    api = await openApi({
      rewire: (deps) => ({
        ...deps,
        audit: {
          ...deps.audit,
          list(query) {
            walked.push('a page');
            return deps.audit.list(query);
          },
          stream(query) {
            walked.push('all');
            return deps.audit.stream(query);
          },
        },
      }),
    });
    for (const [path, type] of [
      ['/v1/audit/export', /^application\/x-ndjson/],
      ['/v1/audit', /^application\/json/],
    ] as const) {
      const { status, text, headers } = await api.as('auditor').head(path);
      assert.deepEqual([status, text ?? ''], [200, '']);
      assert.match(String(headers['content-type']), type);
    }
    assert.deepEqual(walked, ['a page']);
  });

  const impossible = [
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59-14:00',
    '0001-01-01T00:00:00+14:00',
    '1970-01-01T00:00:00+00:01',
    '2026-02-30T00:00:00Z',
  ];
  for (const moment of impossible) {
    it(`refuses ${moment}, naming where`, async () => {
      for (const field of ['from', 'to']) {
        const answer = await api
          .as('auditor')
          .get('/v1/audit')
          .query({ [field]: moment });
        assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), [`query.${field}`]);
      }
      const body = { grants: [{ role: 'member', expiresAt: moment }], version: 1 };
      const answer = await api.as('owner').put('/v1/users/norole/roles').send(body);
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['body.grants.0.expiresAt']);
    });
  }

  it('reads microseconds in `from` and `to`, so that a client can resume an export', async () => {
    const { db, Timestamp } = api.firestore;
    const event = { actor: 'a', action: 'x.y', target: 't', outcome: 'done', requestId: 'r' };
    for (const n of [1, 2, 3]) {
      const at = new Timestamp(1_700_000_000, 123_000_000 + n * 1_000);
      await db.doc(`auditEvents/e${n}`).create({ ...event, at });
    }
    const ids = async (query: Record<string, string>) => {
      const { body } = await api
        .as('auditor')
        .get('/v1/audit')
        .query({ actor: 'a', ...query });
      return body.events.map(({ id }: { id: string }) => id);
    };
    const [second] = (await api.as('auditor').get('/v1/audit?actor=a')).body.events.slice(1);
    assert.equal(second.at, '2023-11-14T22:13:20.123002Z');
    assert.deepEqual(await ids({ from: second.at }), ['e3', 'e2']);
    assert.deepEqual(await ids({ to: second.at }), ['e1']);
    assert.deepEqual(await ids({ from: '2023-11-14T23:13:20.1230021+01:00' }), ['e3']);
  });

  for (const accept of ['application/json', '*/*', undefined, 'text/html', NDJSON]) {
    it(`answers Accept: ${accept} with one page of JSON`, async () => {
      await fill(12);
      const { status, headers, text } = await read(PAGE, accept);
      assert.equal(status, 200, text);
      assert.match(String(headers['content-type']), /^application\/json/);
      const { events, nextPageToken } = JSON.parse(text);
      assert.deepEqual([events.length, typeof nextPageToken], [10, 'string']);
    });
  }

  it('answers a problem when the first page fails, of a list and of an export', async () => {
    await api.close();
    const list = () => Promise.reject(unavailable('auditEvents'));
    const stream = async function* () {
      yield await list();
    };
    api = await openApi({ rewire: (deps) => ({ ...deps, audit: { ...deps.audit, list, stream } }) });
    assertProblem(await read(EXPORT), 503, 'unavailable');
    assertProblem(await read(PAGE), 503, 'unavailable');
  });

  it('stops reading without a logged failure when the client disconnects, and serves on', async () => {
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
    const headers = { [HTTPS[0]]: HTTPS[1], Authorization: `Bearer ${api.token('auditor')}` };
    await new Promise<void>((resolve, reject) => {
      const request = get(
        { host: '127.0.0.1', port: api.port, path: '/v1/audit/export', headers },
        (response) => {
          response.once('data', () => {
            request.destroy();
            resolve();
          });
        },
      );
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
