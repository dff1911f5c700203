import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import * as z from 'zod';
import { createOpenApiDocument } from '../../../scripts/openapi-document.ts';
import { createApp } from '../../../src/http/app.ts';
import { mayCall, OPERATION_NEEDS } from '../../expectations/access.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { routes } from '../../helpers/operations.ts';

interface Operation {
  readonly operationId: string;
  readonly security: object[];
  readonly parameters?: { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

// As sent: JSON has no `undefined`.
const document = JSON.parse(JSON.stringify(createOpenApiDocument())) as Document;
const expectedRoutes = routes
  .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  .sort();

const OIDC = { type: 'oidc', issuer: 'https://login.example.com', audience: 'gatehouse' };
const externalUser = { issuer: OIDC.issuer, subject: 'ada' };

describe('http: OpenAPI', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ product: { trustedIssuers: [OIDC] } });
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

  it('requires a token on every route except the public ones', () => {
    for (const row of routes) {
      const expected = mayCall(row.name, 'anonymous') ? [] : [{ firebase: [] }];
      assert.deepEqual(operationOf(row).security, expected, row.path);
    }
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
          const paths = route.path as unknown as readonly string[];
          return method ? paths.map((path) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`) : [];
        }) ?? [],
    );
    const mounted = expectedRoutes.flatMap((row) =>
      ['/v1', '/api/v1'].map((mount) => row.replace(' ', ` ${mount}`)),
    );
    assert.deepEqual(served.sort(), mounted.sort());
  });

  const answers: [
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    url: string,
    body?: object,
  ][] = [
    ['get', '/health', '/health'],
    ['get', '/openapi.json', '/openapi.json'],
    ['get', '/me', '/me'],
    ['get', '/roles', '/roles'],
    ['get', '/users', '/users'],
    ['get', '/users', '/users?role=member&pageSize=1'],
    ['get', '/users/:uid', '/users/member'],
    ['put', '/users/:uid/roles', '/users/norole/roles', { grants: [{ role: 'auditor' }], version: 1 }],
    ['post', '/users/:uid/grants', '/users/member/grants', { role: 'auditor' }],
    ['delete', '/users/:uid/grants/:role', '/users/member/grants/auditor'],
    ['get', '/users/:uid/roles', '/users/norole/roles'],
    ['post', '/users', '/users', externalUser],
    ['get', '/audit', '/audit?pageSize=1'],
    ['post', '/directory/reconcile', '/directory/reconcile'],
    ['patch', '/users/:uid', '/users/auditor', { disabled: true }],
    ['post', '/users/:uid/revoke', '/users/support/revoke'],
    ['delete', '/users/:uid', '/users/support'],
    ['post', '/me/revoke', '/me/revoke'],
  ];
  for (const [method, path, url, body] of answers) {
    it(`describes the answer of ${method.toUpperCase()} ${url}`, async () => {
      const answer = await api.as('owner')[method](`/v1${url}`).send(body);
      const { responses } = operationOf({ method, path });
      const described = responses[answer.status];
      assert.ok(described, `${answer.status} ${answer.text}`);
      if (described.content === undefined) assert.equal(answer.text, '');
      else assertConforms(described.content['application/json']?.schema, answer.body);
    });
  }

  for (const [status, url] of [
    [400, '/users?x=1'],
    [401, '/me'],
    [404, '/users/externalUser'],
  ] as const) {
    it(`describes the refusal ${status} of ${url}`, async () => {
      const answer = await (status === 401 ? api.as() : api.as('admin')).get(`/v1${url}`);
      assert.equal(answer.status, status);
      assertConforms(document.components.schemas.Problem, answer.body);
    });
  }

  it('is compared with answers of the built-in routes, except notes, export and exchange', () => {
    assert.deepEqual(
      new Set(answers.map(([method, path]) => `${method} ${path}`)),
      new Set(
        routes
          .filter(
            ({ name, path, stream }) =>
              name in OPERATION_NEEDS && !stream && !path.startsWith('/notes') && path !== '/token/exchange',
          )
          .map(({ method, path }) => `${method} ${path}`),
      ),
    );
  });
});

function operationOf({ method, path }: { method: string; path: string }): Operation {
  const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method];
  assert.ok(operation, `${method} ${path}`);
  return operation;
}

/** Checks against the document's own JSON Schema, not against the zod schema it was made from. */
function assertConforms(schema: object | undefined, value: unknown): void {
  assert.ok(schema);
  const whole = { ...schema, $defs: document.components.schemas };
  const local = JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/'));
  assert.equal(z.prettifyError(z.fromJSONSchema(local).safeParse(value).error ?? new z.ZodError([])), '');
}
