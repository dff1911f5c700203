import assert from 'node:assert/strict';
import { createOpenApiDocument } from '../../../scripts/openapi-document.ts';
import { isJsonObject } from '../../../src/core/json.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { itWithNotes } from '../../helpers/notes.ts';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Names of times: `…At`, the same of an assurance and an audit event, `sessionsValidAfter`, and the bounds of a query. */
const isTime = (name: string) => /(^at|At|After|^from|^to)$/.test(name);

interface Schema {
  readonly type?: string;
  readonly format?: string;
}

/** Every field with a schema, anywhere in a document: `[name, schema]`. */
function fieldsIn(value: unknown): [string, Schema][] {
  if (Array.isArray(value)) return value.flatMap(fieldsIn);
  if (!isJsonObject(value)) return [];
  const { properties, name, schema } = value;
  return [
    ...(isJsonObject(properties) ? Object.entries(properties) : []),
    ...(typeof name === 'string' && isJsonObject(schema) ? [[name, schema] as const] : []),
    ...Object.values(value).flatMap(fieldsIn),
  ] as [string, Schema][];
}

/** Every number in an answer that could be a time, by its path. */
function epochTimesIn(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return value > 1e8 ? [`${path}: ${value}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => epochTimesIn(inner, `${path}.${name}`));
}

describe('http: times', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it('are RFC 3339 in the schemas of all operations', () => {
    const times = fieldsIn(JSON.parse(JSON.stringify(createOpenApiDocument()))).filter(([name]) =>
      isTime(name),
    );
    const names = new Set(times.map(([name]) => name));
    for (const name of ['signedInAt', 'tokenExpiresAt', 'at', 'sessionsValidAfter', 'expiresAt', 'from'])
      assert.ok(names.has(name), name);
    for (const [name, { type, format }] of times)
      assert.deepEqual([name, type, format], [name, 'string', 'date-time']);
  });

  it('are RFC 3339 in the answer about the caller', async () => {
    const { body } = await api.as('owner').get('/v1/me');
    for (const time of [body.signedInAt, body.tokenExpiresAt]) assert.match(time, RFC_3339);
    assert.ok(Date.parse(body.tokenExpiresAt) > Date.parse(body.signedInAt));
    assert.deepEqual(epochTimesIn(body), []);
  });

  it('are RFC 3339 of a user, before and after their sessions were revoked', async () => {
    const owner = api.as('owner');
    const before = await owner.get('/v1/users/member');
    assert.ok(!('sessionsValidAfter' in before.body));
    const { body } = await owner.post('/v1/users/member/revoke');
    assert.match(body.sessionsValidAfter, RFC_3339);
    assert.deepEqual([epochTimesIn(before.body), epochTimesIn(body)], [[], []]);
  });

  itWithNotes('are RFC 3339 of a note and of a page of notes', async () => {
    const { body } = await api.as('support').post('/v1/notes').send({ title: 'Milk' });
    for (const time of [body.createdAt, body.updatedAt]) assert.match(time, RFC_3339);
    assert.deepEqual([body.version, epochTimesIn(body)], [1, []]);
    assert.deepEqual(epochTimesIn((await api.as('support').get('/v1/notes')).body), []);
  });

  it('are RFC 3339 in what an audit event says about an entry, as a page and as lines', async () => {
    const owner = api.as('owner');
    const expiresAt = '2999-12-31T23:59:59.000Z';
    const change = { grants: [{ role: 'auditor', expiresAt }], version: 1 };
    assert.equal((await owner.put('/v1/users/norole/roles').send(change)).status, 200);
    await owner.post('/v1/users/norole/revoke');
    const { body } = await owner.get('/v1/audit?target=norole');
    assert.deepEqual(epochTimesIn(body), []);
    const [revoked, changed] = body.events;
    assert.match(revoked.after.sessionsValidAfter, RFC_3339);
    assert.deepEqual([revoked.before, changed.after.grants], [{}, [{ role: 'auditor', expiresAt }]]);
    const lines = await owner.get('/v1/audit/export?target=norole').buffer(true);
    assert.deepEqual(
      lines.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
      body.events,
    );
  });
});
