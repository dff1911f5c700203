import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createGatewayDocument } from '../../../scripts/gateway-document.ts';
import type { IssuerProfile } from '../../../src/authn/oidc/issuer-profile.ts';
import { routes } from '../../helpers/operations.ts';
import { parseTrustedIssuers } from '../../helpers/trusted-issuers.ts';

const BACKEND = 'https://europe-west1-acme.cloudfunctions.net/api';

const issuers = (...settings: object[]) =>
  parseTrustedIssuers(JSON.stringify(settings), { local: false, allowFirebase: false });
const generate = (trusted: readonly IssuerProfile[] = [], host?: string) =>
  createGatewayDocument({ projectId: 'acme', backend: BACKEND, issuers: trusted, host });

const COGNITO = {
  type: 'cognito',
  region: 'eu-west-1',
  userPoolId: 'eu-west-1_AbCdEf',
  clientIds: ['web', 'app'],
};
const AUTH0 = { type: 'auth0', domain: 'acme.eu.auth0.com', audience: 'https://api.acme.test' };
const OIDC = {
  type: 'oidc',
  issuer: 'https://id.acme.test/realms/main',
  audience: ['notes', 'https://api.acme.test'],
  jwksUri: 'https://id.acme.test/keys',
};
const all = issuers({ ...COGNITO, tokenUse: 'id' }, AUTH0, OIDC);

/** What is the same in every definition. */
const inHeaderOnly = {
  type: 'oauth2',
  flow: 'implicit',
  'x-google-jwt-locations': [{ header: 'Authorization', value_prefix: 'Bearer ' }],
};
const definition = (issuer: string, keys: string, audiences: string) => ({
  ...inHeaderOnly,
  authorizationUrl: issuer,
  'x-google-issuer': issuer,
  'x-google-jwks_uri': keys,
  'x-google-audiences': audiences,
});

describe('createGatewayDocument', () => {
  for (const [what, trusted, host] of [
    ['with no issuer but Firebase', [], undefined],
    ['with issuers of every kind', all, undefined],
    ['with a host', all, 'gatehouse-1a2b3c.apigateway.acme.cloud.goog'],
  ] as const) {
    it(`returns valid OpenAPI 2.0 ${what}`, async () => {
      const { document, warnings } = generate(trusted, host);
      const validator = new Validator();
      assert.deepEqual(await validator.validate(structuredClone(document)), { valid: true });
      assert.equal(validator.version, '2.0');
      assert.deepEqual(warnings, []);
    });
  }

  it('has every route under /v1 and no other', () => {
    const described = Object.entries(generate().document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    const table = routes.map(({ method, path }) => `${method} /v1${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual(described.sort(), table.sort());
  });

  it('has unique operation ids', () => {
    const ids = operations(generate()).map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, routes.length);
  });

  it('requires a token of any issuer, except on public routes', () => {
    const any = ['firebase', 'cognito_1', 'cognito_2', 'auth0_3', 'oidc_4'].map((name) => ({ [name]: [] }));
    const { document } = generate(all);
    assert.ok(!('security' in document), 'no default that a route would inherit');
    for (const { method, path, access } of routes) {
      const operation = document.paths[`/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`]?.[method];
      assert.deepEqual(
        Object.entries(operation ?? {}).filter(([name]) => name === 'security'),
        access === 'public' ? [] : [['security', any]],
        path,
      );
    }
  });

  it('has the exact `iss`, the key address and the audiences of each issuer', () => {
    const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf';
    const newPool = 'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf';
    assert.deepEqual(generate(all).document.securityDefinitions, {
      firebase: definition(
        'https://securetoken.google.com/acme',
        'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
        'acme',
      ),
      cognito_1: definition(pool, `${pool}/.well-known/jwks.json`, 'web,app'),
      cognito_2: definition(newPool, `${newPool}/.well-known/jwks.json`, 'web,app'),
      // With the trailing slash: the gateway compares exactly.
      auth0_3: definition(
        'https://acme.eu.auth0.com/',
        'https://acme.eu.auth0.com/.well-known/jwks.json',
        'https://api.acme.test',
      ),
      oidc_4: definition(
        'https://id.acme.test/realms/main',
        'https://id.acme.test/keys',
        'notes,https://api.acme.test',
      ),
    });
  });

  it('warns that access tokens of Cognito also need the client in `aud`', () => {
    const { document, warnings } = generate(issuers({ ...COGNITO, tokenUse: 'access' }));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], .*eu-west-1_AbCdEf: .*does not look at `client_id`/,
    );
    assert.ok(document.info.description.includes(warnings[0] ?? assert.fail()));
    assert.equal(document.securityDefinitions.cognito_1?.['x-google-audiences'], 'web,app');
  });

  it('warns once for each entry, with its index', () => {
    const access = { ...COGNITO, tokenUse: 'access' };
    const { warnings } = generate(issuers(AUTH0, access, { ...access, clientIds: ['machine'] }));
    const places = warnings.map((warning) => warning.split(',')[0]);
    assert.deepEqual(places, ['trustedIssuers[1]', 'trustedIssuers[2]']);
  });

  it('does not warn if access tokens of Cognito have our audience', () => {
    const { document, warnings } = generate(
      issuers({ ...COGNITO, tokenUse: 'access', audience: 'https://api.acme.test' }),
    );
    assert.deepEqual(warnings, []);
    assert.equal(document.securityDefinitions.cognito_1?.['x-google-audiences'], 'https://api.acme.test');
  });

  it('has one definition for several entries of an issuer, with all audiences', () => {
    const other = { ...AUTH0, audience: 'https://notes.acme.test' };
    const { document } = generate(
      issuers(AUTH0, other, { ...COGNITO, tokenUse: 'id' }, { ...COGNITO, tokenUse: 'access' }),
    );
    const audiences = Object.entries(document.securityDefinitions).map(
      ([name, { 'x-google-audiences': text }]) => [name, text],
    );
    assert.deepEqual(audiences, [
      ['firebase', 'acme'],
      ['auth0_1', 'https://api.acme.test,https://notes.acme.test'],
      ['cognito_2', 'web,app'],
      ['cognito_3', 'web,app'],
    ]);
  });

  it('leaves the discovery of keys to the gateway if the profile does, with a warning', () => {
    const { jwksUri, ...discovered } = OIDC;
    const { document, warnings } = generate(issuers(discovered));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], https:\/\/id\.acme\.test\/realms\/main: .*discovery/,
    );
    assert.ok(!('x-google-jwks_uri' in (document.securityDefinitions.oidc_1 ?? assert.fail())));
  });

  // Without audiences, the gateway would accept its own service name as the audience.
  it('leaves out an issuer without audience and clients, with a warning', () => {
    const [profile = assert.fail()] = issuers(OIDC);
    const { document, warnings } = generate([{ ...profile, audience: null, clientIds: null }]);
    assert.deepEqual(Object.keys(document.securityDefinitions), ['firebase']);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], https:\/\/id\.acme\.test\/realms\/main is left out/,
    );
  });

  it('uses the function’s address as the backend and as the audience of the gateway’s token', () => {
    assert.deepEqual(generate().document['x-google-backend'], {
      address: BACKEND,
      jwt_audience: BACKEND,
      path_translation: 'APPEND_PATH_TO_ADDRESS',
      deadline: 60,
    });
  });

  it('forwards preflight requests only if the host is known', () => {
    const host = 'gatehouse-1a2b3c.apigateway.acme.cloud.goog';
    const { document } = generate([], host);
    assert.equal(document.host, host);
    assert.deepEqual(document['x-google-endpoints'], [{ name: host, allowCors: true }]);
    assert.ok(!('host' in generate().document) && !('x-google-endpoints' in generate().document));
  });

  it('forwards only the listed paths', () => {
    assert.ok(!('x-google-allow' in generate().document));
  });
});

function operations({ document }: ReturnType<typeof generate>) {
  // Made by `operation()`, which gives each an id.
  return Object.values(document.paths).flatMap((item) => Object.values(item)) as { operationId: string }[];
}
