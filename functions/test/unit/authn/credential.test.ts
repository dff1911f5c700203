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
  authenticate: () => assert.fail('never asked'),
  forget: () => undefined,
};
const find = (...authorization: string[]) => findCredential([bearer], requestOf(...authorization));

describe('credential', () => {
  it('is none without an Authorization header', () => {
    assert.equal(find(), undefined);
  });

  for (const value of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'Bearer   a.b.c']) {
    it(`is the token of "${value}"`, () => {
      assert.deepEqual(find(value), { authenticator: bearer, value: 'a.b.c' });
    });
  }

  it('is refused when there are two, even the same twice', async () => {
    await assertRefused(() => find('Bearer a.b.c', 'Bearer a.b.c'), 'invalid_request');
  });

  it('is that of the authenticator which is responsible for it', () => {
    const request = { headers: (name: string) => (name === 'x-api-key' ? ['key'] : []) };
    assert.deepEqual(findCredential([bearer, apiKey], request), { authenticator: apiKey, value: 'key' });
  });

  it('is refused when the request has two kinds', async () => {
    const request = { headers: (name: string) => (name === 'x-api-key' ? ['key'] : ['Bearer a.b.c']) };
    for (const authenticators of [
      [bearer, apiKey],
      [apiKey, bearer],
    ])
      await assertRefused(() => findCredential(authenticators, request), 'invalid_request');
  });

  const strange = {
    'an empty header': '',
    'a scheme alone': 'Bearer',
    'a scheme and a space': 'Bearer ',
    'a bare token': 'a.b.c',
    'another scheme': 'Basic YTpi',
    'a scheme that ends so': 'NotBearer a.b.c',
    'no space after the scheme': 'Bearera.b.c',
    'a tab after the scheme': 'Bearer\ta.b.c',
    'a space before the scheme': ' Bearer a.b.c',
    'two tokens': 'Bearer a.b.c d.e.f',
    'two credentials joined by a comma': 'Bearer a.b.c, Bearer d.e.f',
    'two tokens joined by a comma': 'Bearer a.b.c,d.e.f',
    'a space behind the token': 'Bearer a.b.c ',
    'a line break behind the token': 'Bearer a.b.c\n',
    'a no-break space behind the token': 'Bearer a.b.c\u00a0',
  };
  for (const [what, value] of Object.entries(strange)) {
    it(`is refused, not taken for none: ${what}`, async () => {
      await assertRefused(() => find(value), 'invalid_token', 'malformed-authorization');
    });
  }
});
