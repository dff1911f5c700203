import assert from 'node:assert/strict';
import fc from 'fast-check';
import { externalId } from '../../../src/authn/external-identity.ts';
import { isUid } from '../../../src/core/uid.ts';

describe('externalId', () => {
  it('returns the same id in every version: entries are stored under it', () => {
    assert.equal(
      externalId('https://login.example.com/', 'auth0|ada'),
      'ext-aWMui5vIEZUimFcx9Ucbmdtig3mq5PlKGAa2JrN-61c',
    );
  });

  it('returns a valid Firebase uid of fixed length for any subject', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (issuer, subject) => {
        const id = externalId(issuer, subject);
        assert.ok(isUid(id) && /^ext-[\w-]{43}$/.test(id));
      }),
    );
  });

  it('differs for two issuers, and for pairs with the same concatenation', () => {
    const ids = [
      ['https://a.example', 'ada'],
      ['https://b.example', 'ada'],
      ['https://a.exampl', 'eada'],
      ['https://a.example","', 'ada'],
      ['https://a.example', '","ada'],
      ['https://a.example', 'Ada'],
      ['https://a.example/', 'ada'],
    ].map(([issuer = '', subject = '']) => externalId(issuer, subject));
    assert.equal(new Set(ids).size, ids.length);
  });
});
