import assert from 'node:assert/strict';
import { findCredential } from '../../../src/authn/credential.ts';
import { assertRefused } from '../../helpers/refusal.ts';

describe('credential', () => {
  it('is none without an Authorization header', () => {
    assert.equal(findCredential([]), undefined);
  });

  for (const value of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'Bearer   a.b.c']) {
    it(`is the token of "${value}"`, () => {
      assert.deepEqual(findCredential([value]), { kind: 'bearer', token: 'a.b.c' });
    });
  }

  it('is refused when there are two, even the same twice', async () => {
    await assertRefused(() => findCredential(['Bearer a.b.c', 'Bearer a.b.c']), 'invalid_request');
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
      await assertRefused(
        () => findCredential([value]),
        'invalid_token',
        'Authorization is not of the form "Bearer <token>"',
      );
    });
  }
});
