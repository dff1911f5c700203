import assert from 'node:assert/strict';
import fc from 'fast-check';
import { externalId } from '../../../src/authn/external-identity.ts';
import { isUid } from '../../../src/core/uid.ts';

describe('the directory id of an external identity', () => {
  it('is what it was before: entries are found by it', () => {
    assert.equal(
      externalId('https://login.example.com/', 'auth0|ada'),
      'ext-aWMui5vIEZUimFcx9Ucbmdtig3mq5PlKGAa2JrN-61c',
    );
  });

  it('is one that Firebase takes for a uid, and of one length, whatever the subject', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (issuer, subject) => {
        const id = externalId(issuer, subject);
        assert.ok(isUid(id) && /^ext-[\w-]{43}$/.test(id));
      }),
    );
  });

  it('is two for one subject under two issuers, and for two whose texts run together alike', () => {
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
