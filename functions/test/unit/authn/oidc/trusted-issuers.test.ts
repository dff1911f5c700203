import assert from 'node:assert/strict';
import { readTrustedIssuers } from '../../../../src/authn/oidc/trusted-issuers.ts';
import { parseTrustedIssuers } from '../../../helpers/trusted-issuers.ts';

const PRODUCTION = { local: false, allowFirebase: false };
const EMULATOR = { local: true, allowFirebase: false };
const parse = (entries: unknown, runtime = PRODUCTION) => readTrustedIssuers(entries, runtime);
/** The expected error for the list. */
const invalid = (problem: string) => ({ message: `Invalid configuration: trustedIssuers${problem}` });

const COGNITO = {
  ...{ type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123' },
  ...{ clientIds: ['web'], tokenUse: 'access' },
};
const AUTH0 = { type: 'auth0', domain: 'shop.eu.auth0.com', audience: 'https://api' };
const OIDC = { type: 'oidc', issuer: 'https://login.example.com', audience: 'api' };

describe('trusted issuers', () => {
  it('are none for an empty list or text', () => {
    assert.deepEqual(parse([]), []);
    for (const text of ['', ' \n', '[]']) assert.deepEqual(parseTrustedIssuers(text, PRODUCTION), []);
  });

  it('may be several, with several entries of one', () => {
    const profiles = parse([COGNITO, { ...COGNITO, tokenUse: 'id' }, AUTH0, OIDC]);
    assert.deepEqual(
      profiles.map(({ type, tokenUse }) => `${type} ${tokenUse}`),
      ['cognito access', 'cognito id', 'auth0 access', 'oidc access'],
    );
  });

  it('accepts an audience with http:, which is a name and not an address', () => {
    assert.deepEqual(parse([{ ...AUTH0, audience: 'http://api' }])[0]?.audience, ['http://api']);
  });

  const local: Record<string, object> = {
    localUrl: { ...COGNITO, localUrl: 'http://127.0.0.1:9229' },
    issuer: { ...OIDC, issuer: 'http://127.0.0.1:9000' },
    jwksUri: { ...OIDC, jwksUri: 'http://localhost:9000/keys' },
  };
  for (const [field, entry] of Object.entries(local)) {
    it(`accepts a ${field} on this machine only in the emulator`, () => {
      assert.equal(parse([entry], EMULATOR).length, 1);
      assert.throws(() => parse([AUTH0, entry]), invalid(`[1].${field}: only in the emulator`));
    });
  }

  it('accepts a localUrl for Auth0 only in the emulator, with https: too', () => {
    assert.equal(parse([{ ...AUTH0, localUrl: 'http://localhost:3000' }], EMULATOR).length, 1);
    assert.throws(
      () => parse([{ ...AUTH0, localUrl: 'https://localhost:3000' }]),
      invalid('[0].localUrl: only in the emulator'),
    );
  });

  it('accepts the type firebase only outside of a Firebase project', () => {
    const entry = { type: 'firebase', projectId: 'shop-1' };
    assert.equal(parse([entry], { local: false, allowFirebase: true })[0]?.type, 'firebase');
    assert.throws(
      () => parse([entry], EMULATOR),
      invalid('[0].type: this project’s Firebase needs no entry'),
    );
  });

  it('refuses one `iss` in entries of two issuers', () => {
    const second = 'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
    assert.throws(
      () => parse([COGNITO, { ...OIDC, issuer: second, jwksUri: `${second}/.well-known/jwks.json` }]),
      invalid(`[1]: ${second} is also an issuer of another entry`),
    );
  });

  it('refuses two key addresses for one issuer', () => {
    const problem = '[1]: another entry has the keys of https://login.example.com elsewhere';
    const other = { ...OIDC, audience: 'other', jwksUri: 'https://login.example.com/keys' };
    assert.throws(() => parse([OIDC, other]), invalid(problem));
  });

  it('refuses a second entry for the same tokens, which would never be used', () => {
    const problem = '[1]: accepts the same tokens as [0]';
    assert.throws(() => parse([COGNITO, { ...COGNITO, map: { everyone: ['member'] } }]), invalid(problem));
    assert.equal(parse([COGNITO, { ...COGNITO, clientIds: ['other'] }]).length, 2);
    assert.equal(parse([OIDC, { ...OIDC, algorithms: ['ES256'] }]).length, 2);
  });

  it('accepts a jwksUri with a query, as in Azure B2C, but no issuer with one', () => {
    const jwksUri = 'https://login.example.com/keys?p=b2c_1_signin';
    assert.equal(parse([{ ...OIDC, jwksUri }])[0]?.accepts[0]?.jwksUri, jwksUri);
    assert.throws(() => parse([{ ...OIDC, issuer: 'https://login.example.com?x' }]), /issuer/);
    assert.throws(() => parse([{ ...OIDC, jwksUri: 'https://a:b@login.example.com/' }]), /jwksUri/);
  });

  it('names every invalid field with its path', () => {
    assert.throws(
      () =>
        parse([
          { ...COGNITO, region: 'x' },
          { ...OIDC, algorithms: ['HS256'] },
        ]),
      {
        message:
          /^Invalid configuration: trustedIssuers\[0\]\.region: is not a region.*\n.*: trustedIssuers\[1\]\.algorithms\[0\]: /s,
      },
    );
  });

  for (const text of ['{', 'null', '{}', '"x"', '[null]', '[[]]', '[{"type":"saml"}]', "[{'type':'oidc'}]"]) {
    it(`refuses a text that is not a list of issuers: ${text}`, () => {
      assert.throws(() => parseTrustedIssuers(text, PRODUCTION), Error);
    });
  }

  it('says that a value is not a list, or not JSON', () => {
    assert.throws(() => parse({}), invalid(': has to be a list: [ … ]'));
    assert.throws(() => parseTrustedIssuers('[', PRODUCTION), {
      message: /^Invalid configuration: TRUSTED_ISSUERS: is not JSON: Unexpected end/,
    });
  });

  it('says in one line where the JSON is invalid', () => {
    assert.throws(() => parseTrustedIssuers('[\n  {"type": "oidc"\n   "issuer": 3}]', PRODUCTION), {
      message: /^Invalid configuration: TRUSTED_ISSUERS: is not JSON: .*\(line 3 column 4\)$/,
    });
    const problem = 'is not JSON: Unexpected token \']\', "[ 1, ]" is not valid JSON';
    const message = `Invalid configuration: TRUSTED_ISSUERS: ${problem}`;
    assert.throws(() => parseTrustedIssuers('[\n1,\n]', PRODUCTION), { message });
  });

  const invalidFields: Record<string, readonly [entry: object, message: string]> = {
    'a field that is missing': [{ ...OIDC, audience: undefined }, '[0].audience: is missing'],
    'a choice that is missing': [{ ...COGNITO, tokenUse: undefined }, '[0].tokenUse: is missing'],
    'a list that is missing': [{ ...COGNITO, clientIds: undefined }, '[0].clientIds: is missing'],
    'an unknown choice': [{ ...OIDC, tokenUse: 'x' }, '[0].tokenUse: has to be one of access, id'],
    'an invalid audience': [{ ...OIDC, audience: 7 }, '[0].audience: has to be a text, or a list of texts'],
    'a text for a list': [{ ...OIDC, clientIds: 'x' }, '[0].clientIds: has to be a list: [ … ]'],
    'a list for an object': [{ ...OIDC, map: [] }, '[0].map: has to be an object: { … }'],
    'a list for a table': [{ ...OIDC, claims: [] }, '[0].claims: has to be an object: { … }'],
    'a number for a text': [{ ...AUTH0, audience: 7 }, '[0].audience: has to be a text'],
    'a text for a number': [{ ...OIDC, maxLifetime: '60' }, '[0].maxLifetime: has to be a number'],
    'a fraction of a second': [{ ...OIDC, maxLifetime: 60.5 }, '[0].maxLifetime: has to be a whole number'],
    'a text for a boolean': [{ ...OIDC, tokenExchange: 'yes' }, '[0].tokenExchange: has to be true or false'],
    'a number that is too small': [{ ...OIDC, maxLifetime: 59 }, '[0].maxLifetime: is less than 60'],
    'a number that is too large': [
      { ...OIDC, maxLifetime: 2_592_001 },
      '[0].maxLifetime: is more than 2592000',
    ],
    'an empty name': [{ ...OIDC, map: { groups: { '': ['member'] } } }, '[0].map.groups.: has an empty name'],
    'an empty text': [{ ...AUTH0, audience: '' }, '[0].audience: is empty'],
    'a long text': [{ ...AUTH0, audience: 'a'.repeat(513) }, '[0].audience: has more than 512 characters'],
    'an unknown field': [{ ...OIDC, constructor: 1 }, '[0]: has an unknown field: constructor'],
  };
  for (const [what, [entry, message]] of Object.entries(invalidFields)) {
    it(`has a plain message for ${what}`, () => {
      assert.throws(() => parse([entry]), invalid(message));
    });
  }

  it('lists the type firebase only outside of a Firebase project', () => {
    const kinds = '[0].type: has to be one of cognito, auth0, oidc';
    assert.throws(() => parse([{ type: 'saml' }]), invalid(kinds));
    const outside = { local: false, allowFirebase: true };
    assert.throws(() => parse([{ type: 'saml' }], outside), invalid(`${kinds}, firebase`));
  });

  it('refuses the name __proto__, which would silently drop the check of a claim', () => {
    for (const field of ['"claims":{"__proto__":"x"}', '"map":{"groups":{"__proto__":["member"]}}']) {
      const text = JSON.stringify([OIDC]).replace('}]', `,${field}}]`);
      assert.throws(() => parseTrustedIssuers(text, PRODUCTION), {
        message: 'Invalid configuration: TRUSTED_ISSUERS: has a field named __proto__',
      });
    }
  });

  it('refuses more than 50 entries', () => {
    const problem = ': has more than 50 entries';
    assert.throws(() => parse(Array.from({ length: 51 }, () => OIDC)), invalid(problem));
  });
});
