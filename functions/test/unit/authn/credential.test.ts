import assert from 'node:assert/strict';
import { createBearerAuthenticator } from '../../../src/authn/bearer.ts';
import type { Authenticator } from '../../../src/authn/credential.ts';
import { findCredential } from '../../../src/authn/credential.ts';
import { requestOf } from '../../helpers/credential-request.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const bearer = createBearerAuthenticator([]);
/** A credential of another kind: the first line of `x-api-key`. */
const apiKey: Authenticator<string> = {
  extract: ({ headers }) => headers('x-api-key')[0],
  authenticate: () => assert.fail('not called'),
  forget: () => undefined,
};
const find = (...authorization: string[]) => findCredential([bearer], requestOf(...authorization));

describe('findCredential', () => {
  it('returns nothing without an Authorization header', () => {
    assert.equal(find(), undefined);
  });

  for (const value of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'Bearer   a.b.c']) {
    it(`returns the token of "${value}"`, () => {
      assert.deepEqual(find(value), { authenticator: bearer, value: 'a.b.c' });
    });
  }

  it('refuses two Authorization headers, even with the same token', async () => {
    await assertRefused(() => find('Bearer a.b.c', 'Bearer a.b.c'), 'invalid_request');
  });

  it('returns the authenticator that found the credential', () => {
    const request = { headers: (name: string) => (name === 'x-api-key' ? ['key'] : []) };
    assert.deepEqual(findCredential([bearer, apiKey], request), { authenticator: apiKey, value: 'key' });
  });

  it('refuses a request with two kinds of credentials', async () => {
    const request = { headers: (name: string) => (name === 'x-api-key' ? ['key'] : ['Bearer a.b.c']) };
    for (const authenticators of [
      [bearer, apiKey],
      [apiKey, bearer],
    ])
      await assertRefused(() => findCredential(authenticators, request), 'invalid_request');
  });

  const malformed = {
    'an empty header': '',
    'a scheme alone': 'Bearer',
    'a scheme and a space': 'Bearer ',
    'a bare token': 'a.b.c',
    'another scheme': 'Basic YTpi',
    'a scheme that ends in Bearer': 'NotBearer a.b.c',
    'no space after the scheme': 'Bearera.b.c',
    'a tab after the scheme': 'Bearer\ta.b.c',
    'a space before the scheme': ' Bearer a.b.c',
    'two tokens': 'Bearer a.b.c d.e.f',
    'two credentials joined by a comma': 'Bearer a.b.c, Bearer d.e.f',
    'two tokens joined by a comma': 'Bearer a.b.c,d.e.f',
    'a space after the token': 'Bearer a.b.c ',
    'a line break after the token': 'Bearer a.b.c\n',
    'a no-break space after the token': 'Bearer a.b.c\u00a0',
  };
  for (const [what, value] of Object.entries(malformed)) {
    it(`refuses ${what}, instead of treating it as anonymous`, async () => {
      await assertRefused(() => find(value), 'invalid_token', 'malformed-authorization');
    });
  }
});
