import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { errorCodesOf } from '../../../scripts/openapi-errors.ts';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.ts';
import { createApp } from '../../../src/http/app.ts';
import { modules } from '../../../src/modules.ts';
import { mayCall } from '../../expectations/access.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { type DocumentedOperation, document, responseOf } from '../../helpers/documented.ts';
import { routes } from '../../helpers/operations.ts';

const expectedRoutes = routes
  .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  .sort();

describe('http: OpenAPI', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it('is a valid document of OpenAPI 3.1', async () => {
    const validator = new Validator();
    // The validator changes its input.
    assert.deepEqual(await validator.validate({ ...structuredClone(document) }), { valid: true });
    assert.equal(validator.version, '3.1');
  });

  it('has every route and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(described.sort(), expectedRoutes);
  });

  it('has the credentials of each operation as alternatives', () => {
    const [firebase, issuer, appCheck] = [{ firebase: [] }, { issuer: [] }, { appCheck: [] }];
    const forServices = [firebase, { ...firebase, ...appCheck }, issuer];
    for (const row of routes) {
      const { security } = operationOf(row);
      if (mayCall(row.name, 'anonymous')) assert.ok(!JSON.stringify(security).includes('firebase'), row.name);
      else assert.deepEqual(security.slice(0, 3), forServices, row.name);
    }
    const securityOf = (name: string) => operationNamed(name).security;
    assert.deepEqual(securityOf('getHealth'), []);
    assert.deepEqual(securityOf('exchangeToken'), [{}, appCheck]);
    const cookie = { sessionCookie: [] };
    const readByCookie = [cookie, { ...cookie, ...appCheck }];
    assert.deepEqual(securityOf('getMyAccess'), [...forServices, ...readByCookie]);
    const forUsers = [...forServices, { ...issuer, ...appCheck }];
    assert.deepEqual(securityOf('listUsers'), [...forUsers, ...readByCookie]);
    const changedByCookie = readByCookie.map((one) => ({ ...one, csrfToken: [] }));
    assert.deepEqual(securityOf('setUserRoles'), [...forUsers, ...changedByCookie]);
    assert.deepEqual(securityOf('createSession'), forUsers);
    assert.deepEqual(securityOf('endCurrentSession'), [{}, { ...cookie, csrfToken: [] }]);
  });

  it('has the module of each operation as its tag, and describes every tag', () => {
    assert.deepEqual(operationNamed('setUserRoles').tags, ['users']);
    assert.deepEqual(operationNamed('exportAuditEvents').tags, ['audit']);
    const used = routes.flatMap((row) => operationOf(row).tags);
    assert.deepEqual(
      document.tags.map(({ name }) => name),
      [...new Set(used)],
    );
    for (const { description } of document.tags) assert.match(description, /^[A-Z].*\.$/);
  });

  const TRANSPORT = ['https_required', 'origin_denied', 'payload_too_large', 'unsupported_media_type'];
  const ANY = [...TRANSPORT, 'invalid_request', 'invalid_argument', 'internal'];
  const LIMITED = [...ANY, 'rate_limited'];
  const SIGNED_IN = [
    ...['unauthenticated', 'invalid_token', 'token_stale', 'sign_in_not_allowed'],
    ...['app_check_failed', 'step_up_required', 'unavailable'],
    ...LIMITED,
  ];
  const CHANGE = ['not_found', 'permission_denied', 'own_account', 'exceeds_own_permissions', 'last_owner'];
  const codes: [name: string, codes: string[]][] = [
    ['getHealth', ANY],
    ['getMyAccess', SIGNED_IN],
    ['listUsers', [...SIGNED_IN, 'permission_denied']],
    ['getUser', [...SIGNED_IN, 'permission_denied', 'not_found']],
    ['updateUser', [...SIGNED_IN, ...CHANGE, 'csrf_failed']],
    [
      'setUserRoles',
      [
        ...SIGNED_IN,
        ...CHANGE,
        'csrf_failed',
        'version_mismatch',
        'precondition_failed',
        'precondition_required',
        'claims_too_large',
      ],
    ],
    ['endCurrentSession', [...LIMITED, 'csrf_failed', 'unavailable']],
    ['exchangeToken', [...LIMITED, 'app_check_failed', 'unavailable']],
  ];
  for (const [name, expected] of codes) {
    it(`has the errors of ${name}, each under its status`, () => {
      const operation = operationNamed(name);
      const found = Object.keys(operation.responses).flatMap((status) => {
        if (Number(status) < 400) return [];
        const [{ examples = {} } = {}] = Object.values(responseOf(operation, Number(status))?.content ?? {});
        return Object.keys(examples).map((code) => `${status} ${code}`);
      });
      const withStatus = expected.map((code) => `${ERRORS[code as ErrorCode].status} ${code}`);
      assert.deepEqual(found.sort(), withStatus.sort());
    });
  }

  it('has a step-up for operations where the rule or the policy can ask for it', () => {
    const [any] = modules.operations;
    assert.ok(any);
    const hasStepUp = (access: AccessRule, factorPolicy?: 'exempt' | 'enrolment') =>
      errorCodesOf({ ...any, access, ...(factorPolicy && { factorPolicy }) }).has('step_up_required');
    assert.ok(hasStepUp('signed-in'));
    assert.ok(hasStepUp({ permission: 'users:write' }));
    assert.ok(hasStepUp('signed-in', 'enrolment'));
    assert.ok(hasStepUp({ signedIn: true, assurance: 'aal2' }, 'exempt'));
    assert.ok(hasStepUp({ permission: 'users:write', maxAge: 300 }, 'exempt'));
    assert.ok(!hasStepUp('signed-in', 'exempt'));
    assert.ok(!hasStepUp('public'));
  });

  it('describes who may call each operation', () => {
    for (const { operationId, description } of Object.values(document.paths).flatMap(Object.values)) {
      assert.match(description, /^(Access: (public|signed in\b)|Needs the permission `)/, operationId);
    }
    const { description } = operationNamed('createSession');
    assert.equal(description, 'Access: signed in at most 300 seconds ago.');
  });

  it('has a CSRF refusal for changes that take the session cookie', () => {
    const any = modules.operations.find(({ name }) => name === 'updateUser') ?? assert.fail();
    const hasCsrf = (more: object) => errorCodesOf({ ...any, ...more }).has('csrf_failed');
    assert.ok(hasCsrf({}));
    assert.ok(!hasCsrf({ http: { ...any.http, method: 'get' } }));
    assert.ok(!hasCsrf({ credentials: 'bearer' }));
    assert.ok(!hasCsrf({ access: 'public' }));
  });

  it('has the headers of each status', () => {
    const headersOf = (name: string, status: number) =>
      Object.keys(responseOf(operationNamed(name), status)?.headers ?? {});
    const headers: [name: string, status: number, headers: string[]][] = [
      ['getMyAccess', 200, []],
      ['getUserRoles', 200, ['ETag']],
      ['getUserRoles', 304, ['ETag']],
      ['grantUserRole', 201, ['ETag', 'Location']],
      ['getMyAccess', 401, ['WWW-Authenticate']],
      ['listUsers', 403, ['WWW-Authenticate']],
      ['exchangeToken', 429, ['Retry-After', 'RateLimit', 'RateLimit-Policy']],
      ['getMyAccess', 503, ['Retry-After']],
      ['getMyAccess', 500, []],
    ];
    for (const [name, status, expected] of headers) {
      assert.deepEqual(headersOf(name, status), ['X-Request-Id', ...expected], `${name} ${status}`);
    }
  });

  it('types the parameters of a query, with bounds and defaults', () => {
    const schemas = Object.fromEntries(
      (operationNamed('listUsers').parameters ?? []).map(({ name, schema }) => [name, schema]),
    );
    const type = ({ type, minimum, maximum, default: preset }: Record<string, unknown> = {}) => [
      type,
      minimum,
      maximum,
      preset,
    ];
    assert.deepEqual(type(schemas.pageSize), ['integer', 1, 100, 50]);
    assert.deepEqual(type(schemas.disabled), ['boolean', undefined, undefined, undefined]);
  });

  it('has one media type for each success, and no field that is read-only', () => {
    for (const row of routes) {
      const types = Object.entries(operationOf(row).responses).flatMap(([status, { content = {} }]) =>
        Number(status) < 300 ? [Object.keys(content).length] : [],
      );
      assert.ok(Math.max(...types) <= 1, row.name);
    }
    assert.doesNotMatch(JSON.stringify(document), /readOnly/);
  });

  it('has every path parameter, and unique operation ids', () => {
    for (const row of routes) {
      const names = [...row.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      const params = operationOf(row).parameters?.filter((param) => param.in === 'path') ?? [];
      assert.deepEqual(
        params.map(({ name }) => name),
        names,
      );
    }
    const ids = routes.map((row) => operationOf(row).operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('is the document that the API serves', async () => {
    const { status, body } = await api.as().get('/v1/openapi.json');
    assert.equal(status, 200);
    assert.deepEqual(body, document);
  });

  it('has exactly the routes that Express has, with no handler between them', () => {
    const { stack } = createApp(api.deps).router;
    // Other handlers: one before the routes for every request; after them, 404 and the error handler.
    const others = stack.flatMap(({ route }, index) => (route === undefined ? [index] : []));
    assert.deepEqual(others, [0, stack.length - 2, stack.length - 1]);
    const served = stack.flatMap(
      ({ route }) =>
        route?.stack.flatMap(({ method }) => {
          // Express takes several paths as well as one; its types do not say so.
          const paths = [route.path as unknown as string | readonly string[]].flat();
          return method ? paths.map((path) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`) : [];
        }) ?? [],
    );
    const mounted = expectedRoutes.flatMap((row) =>
      ['/v1', '/api/v1'].map((mount) => row.replace(' ', ` ${mount}`)),
    );
    assert.deepEqual(served.sort(), [...mounted, 'get /.well-known/webauthn'].sort());
  });
});

function operationNamed(name: string): DocumentedOperation {
  const all = Object.values(document.paths).flatMap((item) => Object.values(item));
  return all.find(({ operationId }) => operationId === name) ?? assert.fail(name);
}

function operationOf({ method, path }: { method: string; path: string }): DocumentedOperation {
  const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method];
  assert.ok(operation, `${method} ${path}`);
  return operation;
}
