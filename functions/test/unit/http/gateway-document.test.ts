import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createGatewayDocument } from '../../../scripts/gateway-document.ts';
import type { IssuerProfile } from '../../../src/authn/oidc/issuer-profile.ts';
import { routes } from '../../helpers/operations.ts';
import { parseTrustedIssuers } from '../../helpers/trusted-issuers.ts';

const BACKEND = 'https://europe-west1-acme.cloudfunctions.net/api';

const issuers = (...settings: object[]) =>
  parseTrustedIssuers(JSON.stringify(settings), { local: false, allowFirebase: false });
const written = (trusted: readonly IssuerProfile[] = [], host?: string) =>
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

describe('http: the gateway’s document', () => {
  for (const [what, trusted, host] of [
    ['with no issuer but Firebase', [], undefined],
    ['with issuers of every kind', all, undefined],
    ['with a host', all, 'gatehouse-1a2b3c.apigateway.acme.cloud.goog'],
  ] as const) {
    it(`is valid OpenAPI 2.0 ${what}`, async () => {
      const { document, warnings } = written(trusted, host);
      const validator = new Validator();
      assert.deepEqual(await validator.validate(structuredClone(document)), { valid: true });
      assert.equal(validator.version, '2.0');
      assert.deepEqual(warnings, []);
    });
  }

  it('has every route of the table under /v1 and no other', () => {
    const described = Object.entries(written().document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    const table = routes.map(({ method, path }) => `${method} /v1${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual(described.sort(), table.sort());
  });

  it('names each operation once', () => {
    const ids = operations(written()).map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, routes.length);
  });

  it('asks for a token of any issuer on every route but the public ones, and for none there', () => {
    const any = ['firebase', 'cognito_1', 'cognito_2', 'auth0_3', 'oidc_4'].map((name) => ({ [name]: [] }));
    const { document } = written(all);
    assert.ok(!('security' in document), 'nothing that a route would inherit');
    for (const { method, path, access } of routes) {
      const operation = document.paths[`/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`]?.[method];
      assert.deepEqual(
        Object.entries(operation ?? {}).filter(([name]) => name === 'security'),
        access === 'public' ? [] : [['security', any]],
        path,
      );
    }
  });

  it('says of each issuer exactly what `iss` is, where its keys are and which `aud` is ours', () => {
    const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf';
    const newPool = 'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf';
    assert.deepEqual(written(all).document.securityDefinitions, {
      firebase: definition(
        'https://securetoken.google.com/acme',
        'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
        'acme',
      ),
      cognito_1: definition(pool, `${pool}/.well-known/jwks.json`, 'web,app'),
      cognito_2: definition(newPool, `${newPool}/.well-known/jwks.json`, 'web,app'),
      // With its slash: the gateway compares letter by letter.
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

  it('warns that access tokens of Cognito have to name the client in `aud`, too', () => {
    const { document, warnings } = written(issuers({ ...COGNITO, tokenUse: 'access' }));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], .*eu-west-1_AbCdEf: .*does not look at `client_id`/,
    );
    assert.ok(document.info.description.includes(warnings[0] ?? assert.fail()));
    assert.equal(document.securityDefinitions.cognito_1?.['x-google-audiences'], 'web,app');
  });

  it('warns of each entry once, by its place', () => {
    const access = { ...COGNITO, tokenUse: 'access' };
    const { warnings } = written(issuers(AUTH0, access, { ...access, clientIds: ['machine'] }));
    const places = warnings.map((warning) => warning.split(',')[0]);
    assert.deepEqual(places, ['trustedIssuers[1]', 'trustedIssuers[2]']);
  });

  it('has nothing to warn of where access tokens of Cognito are bound to us', () => {
    const { document, warnings } = written(
      issuers({ ...COGNITO, tokenUse: 'access', audience: 'https://api.acme.test' }),
    );
    assert.deepEqual(warnings, []);
    assert.equal(document.securityDefinitions.cognito_1?.['x-google-audiences'], 'https://api.acme.test');
  });

  it('describes an issuer once that several entries share, with the audiences of all', () => {
    const other = { ...AUTH0, audience: 'https://notes.acme.test' };
    const { document } = written(
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

  it('leaves finding the keys to the gateway where the profile does, and says so', () => {
    const { jwksUri, ...discovered } = OIDC;
    const { document, warnings } = written(issuers(discovered));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], https:\/\/id\.acme\.test\/realms\/main: .*discovery/,
    );
    assert.ok(!('x-google-jwks_uri' in (document.securityDefinitions.oidc_1 ?? assert.fail())));
  });

  it('leaves out an issuer without audience and clients, which the gateway would let in by its own rule', () => {
    const [profile = assert.fail()] = issuers(OIDC);
    const { document, warnings } = written([{ ...profile, audience: null, clientIds: null }]);
    assert.deepEqual(Object.keys(document.securityDefinitions), ['firebase']);
    assert.match(
      warnings[0] ?? '',
      /^trustedIssuers\[0\], https:\/\/id\.acme\.test\/realms\/main is left out/,
    );
  });

  it('appends paths to the function’s address, which is the audience of the gateway’s own token', () => {
    assert.deepEqual(written().document['x-google-backend'], {
      address: BACKEND,
      jwt_audience: BACKEND,
      path_translation: 'APPEND_PATH_TO_ADDRESS',
      deadline: 60,
    });
  });

  it('passes preflight requests on only where it knows the name of its service', () => {
    const host = 'gatehouse-1a2b3c.apigateway.acme.cloud.goog';
    const { document } = written([], host);
    assert.equal(document.host, host);
    assert.deepEqual(document['x-google-endpoints'], [{ name: host, allowCors: true }]);
    assert.ok(!('host' in written().document) && !('x-google-endpoints' in written().document));
  });

  it('passes on only what it lists', () => {
    assert.ok(!('x-google-allow' in written().document));
  });
});

function operations({ document }: ReturnType<typeof written>) {
  // Made by `operation()`, which gives each an id.
  return Object.values(document.paths).flatMap((item) => Object.values(item)) as { operationId: string }[];
}
