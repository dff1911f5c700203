import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertProblem, fieldsOf, HTTPS, jsonHeaders, sendRaw } from '../../helpers/responses.ts';

describe('http: input', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  /** Sends a body as text, also one that JSON.stringify would not write. */
  const sendBody = (method: string, path: string, body: string) =>
    sendRaw(api.port, { method, path, headers: jsonHeaders(api.token('owner'), body), body });

  const queries: [query: string, fields: string[]][] = [
    ['x=1', ['query.x']],
    ['x=1&y=2', ['query.x', 'query.y']],
    ['role=member&role=owner', ['query.role']],
    ['role[]=member', ['query.role[]']],
    ['role[name]=member', ['query.role[name]']],
    ['role=', ['query.role']],
    ['role=Member', ['query.role']],
    ['role=constructor', ['query.role']],
    ['Role=member', ['query.Role']],
    ['__proto__=x', ['query.__proto__']],
    ['__proto__[roles]=owner', ['query.__proto__[roles]']],
    ['constructor[prototype][x]=1', ['query.constructor[prototype][x]']],
    ['email=', ['query.email']],
    ['email=ann', ['query.email']],
    ['emailPrefix=', ['query.emailPrefix']],
    ['phone=+4930123456', ['query.phone']],
    ['disabled=yes', ['query.disabled']],
    ['disabled=', ['query.disabled']],
    ['email=a@example.com&email=b@example.com', ['query.email']],
    [`email=${'a'.repeat(250)}@example.com`, ['query.email']],
    ['pageSize=0', ['query.pageSize']],
    ['pageSize=101', ['query.pageSize']],
    ['pageSize=-1', ['query.pageSize']],
    ['pageSize=1.5', ['query.pageSize']],
    ['pageSize=ten', ['query.pageSize']],
    ['pageSize=NaN', ['query.pageSize']],
    ['pageSize=Infinity', ['query.pageSize']],
    ['pageSize=', ['query.pageSize']],
    ['pageSize=1&pageSize=2', ['query.pageSize']],
    ['pageToken=', ['query.pageToken']],
    [`pageToken=${'x'.repeat(2049)}`, ['query.pageToken']],
    ['pageToken=x', ['query.pageToken']],
    [`pageToken=${Buffer.from('{"page":1}').toString('base64url')}`, ['query.pageToken']],
  ];
  for (const [query, fields] of queries) {
    it(`refuses the query ${query.slice(0, 40)}`, async () => {
      const answer = await api.as('owner').get(`/v1/users?${query}`);
      assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), fields);
    });
  }

  const WHOLE = 'Send a whole number in digits, e.g. 50.';
  const texts: [query: string, field: string, message: RegExp | string][] = [
    ...['1e2', '0x10', '%205', '5%20', '%2B5', '005', '5.0', '-0', '1_000', '', '٥', '9'.repeat(16)].map(
      (text): [string, string, string] => [`pageSize=${text}`, 'query.pageSize', WHOLE],
    ),
    ...['TRUE', 'False', '1', 'yes', '%20true', ''].map((text): [string, string, string] => [
      `disabled=${text}`,
      'query.disabled',
      'Send true or false.',
    ]),
    ['pageSize=5&pageSize=5', 'query.pageSize', 'Send it once.'],
    ['disabled=true&disabled=true', 'query.disabled', 'Send it once.'],
    ['role=member&role=member', 'query.role', 'Send it once.'],
    ['pageSize=1000', 'query.pageSize', 'Send at most 100.'],
    ['pageSize=-1', 'query.pageSize', 'Send at least 1.'],
    ['role=king', 'query.role', 'Send one of member, support, auditor, admin, owner.'],
  ];
  for (const [query, field, message] of texts) {
    it(`says what ?${query} should be`, async () => {
      const { body } = await api.as('owner').get(`/v1/users?${query}`).expect(400);
      assert.equal(body.errors.length, 1);
      assert.equal(body.errors[0].field, field);
      if (typeof message === 'string') assert.equal(body.errors[0].message, message);
      else assert.match(body.errors[0].message, message);
    });
  }

  it('names every wrong parameter of a query once', async () => {
    const answer = await api.as('owner').get('/v1/users?pageSize=1e2&disabled=TRUE&x=1&pageToken=');
    const fields = fieldsOf(assertProblem(answer, 400, 'invalid_argument'));
    assert.deepEqual(fields.sort(), ['query.disabled', 'query.pageSize', 'query.pageToken', 'query.x']);
  });

  it('reads numbers and booleans of a query by the type of their schema', async () => {
    await api.as('owner').get('/v1/users/member').expect(200);
    await api.as('owner').get('/v1/users/norole').expect(200);
    for (const [query, count] of [
      ['pageSize=1', 1],
      ['pageSize=100&disabled=false', 3],
      ['disabled=true', 0],
    ] as const) {
      const { body } = await api.as('owner').get(`/v1/users?${query}`).expect(200);
      assert.equal(body.users.length, count, query);
    }
  });

  it('refuses a thousand query parameters', async () => {
    const query = Array.from({ length: 1000 }, (_, i) => `p${i}=1`).join('&');
    assertProblem(await api.as('owner').get(`/v1/users?${query}`), 400, 'invalid_argument');
  });

  // Parsers have limits, and ignore what is beyond them.
  for (const [what, path, field] of [
    ['1100 empty ones', `/v1/users?${'&'.repeat(1100)}bogus=1`, 'query.bogus'],
    ['1100 valid ones', `/v1/users?${'role=member&'.repeat(1100)}bogus=1`, 'query.bogus'],
    ['1100 empty ones, on a public route', `/v1/health?${'&'.repeat(1100)}bogus=1`, 'query.bogus'],
    [
      '1100 empty ones, for a field that needs one value',
      `/v1/users?email=a${'&'.repeat(1100)}email=b`,
      'query.email',
    ],
  ] as const) {
    it(`refuses a parameter after ${what}`, async () => {
      const answer = await api.as('owner').get(path);
      assert.ok(fieldsOf(assertProblem(answer, 400, 'invalid_argument')).includes(field), answer.text);
    });
  }

  it('refuses a header after a thousand others, which Node would ignore', async () => {
    const headers = Array.from({ length: 1100 }, () => ['a', ''] as const);
    const { status } = await sendRaw(api.port, {
      path: '/v1/me',
      headers: [HTTPS, ...headers, ['Authorization', `Bearer ${api.token('owner')}`]],
    });
    assert.equal(status, 431);
  });

  const GOOD_ROLES = { grants: [{ role: 'member' }], version: 1 };
  const bodies: [method: 'PUT' | 'PATCH', body: unknown, fields: string[]][] = [
    ['PUT', { ...GOOD_ROLES, uid: 'owner' }, ['body.uid']],
    ['PUT', { ...GOOD_ROLES, disabled: true }, ['body.disabled']],
    ['PUT', { ...GOOD_ROLES, permissions: ['owners:assign'] }, ['body.permissions']],
    ['PUT', { ...GOOD_ROLES, customClaims: { admin: true }, uid: 'x' }, ['body.customClaims', 'body.uid']],
    ['PUT', { version: 1 }, ['body.grants']],
    [
      'PUT',
      { roles: ['member'], rolesVersion: 1, version: 1 },
      ['body.grants', 'body.roles', 'body.rolesVersion'],
    ],
    ['PUT', { grants: 'owner', version: 1 }, ['body.grants']],
    ['PUT', { grants: { 0: { role: 'owner' }, length: 1 }, version: 1 }, ['body.grants']],
    ['PUT', { grants: [{ role: 'constructor' }], version: 1 }, ['body.grants.0.role']],
    ['PUT', { grants: [{ role: 'member' }, { role: 'king' }], version: 1 }, ['body.grants.1.role']],
    ['PUT', { grants: [{ role: 'member' }, { role: 'member' }], version: 1 }, ['body.grants']],
    ['PUT', { grants: [{ role: 'member', grantedBy: 'eve' }], version: 1 }, ['body.grants.0.grantedBy']],
    ['PUT', { grants: [{ role: 'member', expiresAt: 'soon' }], version: 1 }, ['body.grants.0.expiresAt']],
    ['PUT', { grants: ['member'], version: 1 }, ['body.grants.0']],
    ['PUT', { grants: [], version: '1' }, ['body.version']],
    ['PUT', { grants: [], version: -1 }, ['body.version']],
    ['PUT', { grants: [], version: 2 ** 53 }, ['body.version']],
    ['PUT', { ...GOOD_ROLES, auditReason: '' }, ['body.auditReason']],
    ['PUT', { ...GOOD_ROLES, auditReason: 'x'.repeat(201) }, ['body.auditReason']],
    ['PATCH', { disabled: false, roles: ['owner'] }, ['body.roles']],
    ['PATCH', { disabled: false, uid: 'owner' }, ['body.uid']],
    ['PATCH', { disabled: false, email: 'x@y.z', emailVerified: true }, ['body.email', 'body.emailVerified']],
    ['PATCH', { disabled: 'false' }, ['body.disabled']],
    ['PATCH', { disabled: null }, ['body.disabled']],
    ['PATCH', [], ['body']],
    ['PATCH', null, ['body']],
    ['PATCH', 'disabled', ['body']],
    ['PATCH', true, ['body']],
  ];
  for (const [method, body, fields] of bodies) {
    const text = JSON.stringify(body);
    it(`refuses ${method} of ${text.slice(0, 60)}, naming ${fields.join(' and ')}`, async () => {
      const path = method === 'PUT' ? '/v1/users/member/roles' : '/v1/users/member';
      const problem = assertProblem(await sendBody(method, path, text), 400, 'invalid_argument');
      assert.deepEqual(fieldsOf(problem).sort(), fields);
    });
  }

  it('refuses a grant with an expiry in the past, naming its field', async () => {
    const past = [{ role: 'member' }, { role: 'support', expiresAt: '2020-01-01T00:00:00Z' }];
    const answer = await sendBody(
      'PUT',
      '/v1/users/member/roles',
      JSON.stringify({ grants: past, version: 1 }),
    );
    assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['body.grants.1.expiresAt']);
  });

  for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
    it(`refuses a body with the key ${key}, without prototype pollution`, async () => {
      const body = `{"disabled":false,"${key}":{"polluted":true,"roles":["owner"]}}`;
      const problem = assertProblem(
        await sendBody('PATCH', '/v1/users/member', body),
        400,
        'invalid_argument',
      );
      assert.deepEqual(fieldsOf(problem), [`body.${JSON.parse(`"${key}"`)}`]);
      assert.equal(Reflect.get({}, 'polluted'), undefined);
    });
  }

  it('uses the last of two equal keys, as JSON.parse does', async () => {
    const answer = await sendBody('PATCH', '/v1/users/member', '{"disabled":true,"disabled":"no"}');
    assert.deepEqual(fieldsOf(assertProblem(answer, 400, 'invalid_argument')), ['body.disabled']);
  });

  for (const text of [
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '{}{}',
    '// x',
    ' ',
    '\u0000',
    '[1,2',
    '"\\ud8"',
  ]) {
    it(`refuses ${JSON.stringify(text)}, which is not JSON`, async () => {
      assertProblem(await sendBody('PATCH', '/v1/users/member', text), 400, 'invalid_request');
    });
  }

  it('refuses a body with 9,000 keys', async () => {
    const keys = Array.from({ length: 9_000 }, (_, i) => `"k${i}":0`);
    const answer = await sendBody('PATCH', '/v1/users/member', `{${keys.join()}}`);
    assertProblem(answer, 400, 'invalid_argument');
  });

  it('answers 9,000 unknown fields with no more bytes than it received', async () => {
    const keys = Array.from({ length: 9_000 }, (_, i) => `"k${i}":0`);
    const body = `{${keys.join()}}`;
    const answer = await sendBody('PATCH', '/v1/users/member', body);
    assert.ok(answer.text.length <= body.length, `${body.length} bytes in, ${answer.text.length} out`);
  });

  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    it(`refuses a body with the deepest nesting that fits: ${open}`, async () => {
      const depth = Math.floor(99_000 / (open.length + 1));
      const body = `{"disabled":${open.repeat(depth)}0${close.repeat(depth)}}`;
      assertProblem(await sendBody('PATCH', '/v1/users/member', body), 400, 'invalid_argument');
    });
  }

  it('refuses unknown fields, and another value of except, when signing out everywhere', async () => {
    for (const [body, field] of [
      ['{"uid":"owner"}', 'body.uid'],
      ['{"except":"others"}', 'body.except'],
      ['[1]', 'body'],
    ] as const) {
      const problem = assertProblem(await sendBody('POST', '/v1/me/revoke', body), 400, 'invalid_argument');
      assert.deepEqual(fieldsOf(problem), [field]);
    }
  });

  const bodiless: [method: string, path: string][] = [
    ['GET', '/v1/me'],
    ['GET', '/v1/health'],
    ['POST', '/v1/users/member/revoke'],
    ['DELETE', '/v1/users/member'],
  ];
  for (const [method, path] of bodiless) {
    for (const body of ['{"uid":"owner"}', '[1]', 'null', '0', 'false', '""']) {
      it(`refuses the body ${body} of ${method} ${path}, which takes none`, async () => {
        const problem = assertProblem(await sendBody(method, path, body), 400, 'invalid_argument');
        assert.deepEqual(fieldsOf(problem), ['body']);
        assert.ok(api.google.users.has('member'));
      });
    }
  }
});
