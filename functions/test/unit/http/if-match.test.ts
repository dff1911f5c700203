import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';

const GRANTS = [{ role: 'auditor' }];

describe('http: conditional changes of grants', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const put = (body: object, ifMatch?: string) => {
    const request = api.as('owner').put('/v1/users/norole/roles');
    return (ifMatch === undefined ? request : request.set('If-Match', ifMatch)).send(body);
  };

  it('sends the version as ETag, and accepts it as If-Match', async () => {
    const read = await api.as('owner').get('/v1/users/norole/roles');
    assert.deepEqual([read.status, read.body, read.headers.etag], [200, { grants: [], version: 1 }, '"1"']);
    const written = await put({ grants: GRANTS }, read.headers.etag);
    assert.deepEqual([written.status, written.headers.etag], [200, '"2"']);
    assert.deepEqual([written.body.roles, written.body.version, written.body.synced], [['auditor'], 2, true]);
  });

  const accepted: [what: string, body: object, ifMatch?: string][] = [
    ['the version in the body', { grants: GRANTS, version: 1 }],
    ['both, if they are equal', { grants: GRANTS, version: 1 }, '"1"'],
    ['an If-Match with spaces around it', { grants: GRANTS }, '  "1" '],
  ];
  for (const [what, body, ifMatch] of accepted) {
    it(`accepts ${what}`, async () => {
      assert.equal((await put(body, ifMatch)).status, 200);
    });
  }

  it('answers another version in the body with 409, and in If-Match with 412', async () => {
    assertProblem(await put({ grants: GRANTS, version: 7 }), 409, 'version_mismatch');
    assertProblem(await put({ grants: GRANTS }, '"7"'), 412, 'precondition_failed');
    assertProblem(await put({ grants: GRANTS, version: 7 }, '"7"'), 412, 'precondition_failed');
  });

  const refused: [what: string, body: object, ifMatch: string | undefined, field: string][] = [
    ['both, if they differ', { grants: GRANTS, version: 1 }, '"2"', 'body.version'],
    ['a star', { grants: GRANTS }, '*', 'headers.if-match'],
    ['an ETag without quotes', { grants: GRANTS }, '1', 'headers.if-match'],
    ['a list of ETags', { grants: GRANTS }, '"1", "2"', 'headers.if-match'],
    ['an ETag of another format', { grants: GRANTS }, '"abc"', 'headers.if-match'],
    ['a version with zeros before it', { grants: GRANTS }, '"01"', 'headers.if-match'],
    ['a version with a sign', { grants: GRANTS }, '"+1"', 'headers.if-match'],
    ['a version with a fraction', { grants: GRANTS }, '"1.0"', 'headers.if-match'],
    ['an ETag beyond any version', { grants: GRANTS }, '"1234567890123456"', 'headers.if-match'],
    ['a star together with a valid version', { grants: GRANTS, version: 1 }, '*', 'headers.if-match'],
  ];
  for (const [what, body, ifMatch, field] of refused) {
    it(`refuses ${what}, naming ${field}, and changes nothing`, async () => {
      const problem = assertProblem(await put(body, ifMatch), 400, 'invalid_argument');
      assert.deepEqual(fieldsOf(problem), [field]);
      assert.equal((await api.deps.users.get('norole')).version, 1);
    });
  }

  it('accepts the weak ETag that a compressing proxy makes', async () => {
    assert.equal((await put({ grants: GRANTS }, 'W/"1"')).status, 200);
  });

  for (const [what, body] of [
    ['no body', undefined],
    ['no version', { grants: GRANTS }],
    ['the version null', { grants: GRANTS, version: null }],
    ['no version, and a wrong field', { grants: 'x' }],
  ] as const) {
    it(`asks for the version with 428 for ${what}, and changes nothing`, async () => {
      const problem = assertProblem(await put(body ?? {}), 428, 'precondition_required');
      assert.deepEqual(fieldsOf(problem), ['body.version']);
      assert.equal((await api.deps.users.get('norole')).version, 1);
    });
  }

  it('refuses a version that is no version with 400', async () => {
    for (const version of ['1', 1.5, -1]) {
      const problem = assertProblem(await put({ grants: GRANTS, version }), 400, 'invalid_argument');
      assert.deepEqual(fieldsOf(problem), ['body.version']);
    }
  });

  for (const [method, path, body] of [
    ['patch', '/v1/users/norole', { disabled: true }],
    ['post', '/v1/users/norole/revoke', undefined],
    ['delete', '/v1/users/norole', undefined],
    ['post', '/v1/claim-owner', { code: 'x' }],
    ['get', '/v1/users/norole/roles', undefined],
    ['get', '/v1/health', undefined],
  ] as const) {
    it(`refuses If-Match for ${method} ${path}, which compares no versions`, async () => {
      const request = api.as('owner')[method](path).set('If-Match', '"1"');
      const problem = assertProblem(await (body ? request.send(body) : request), 400, 'invalid_argument');
      assert.deepEqual(fieldsOf(problem), ['headers.if-match']);
      assert.match(problem.detail, /compares no versions/);
      const { disabled, sessionsValidAfter } = await api.deps.users.get('norole');
      assert.deepEqual([disabled, sessionsValidAfter], [false, undefined]);
    });
  }
});
