import assert from 'node:assert/strict';
import { evaluateSignUp } from '../../../src/sign-up/policy.ts';

const DOMAINS = ['acme.com', 'acme.co.uk'];

describe('sign-up policy', () => {
  it('admits every user without a list of domains', () => {
    for (const candidate of [{}, { email: 'x@evil.example' }, { email: 'x', emailVerified: false }]) {
      assert.equal(evaluateSignUp(candidate, []), 'admitted');
    }
  });

  for (const email of ['x@acme.com', 'X@ACME.COM', 'x.y+z@acme.co.uk']) {
    it(`admits ${email} when verified, and gives no roles before`, () => {
      assert.equal(evaluateSignUp({ email, emailVerified: true }, DOMAINS), 'admitted');
      assert.equal(evaluateSignUp({ email, emailVerified: false }, DOMAINS), 'unverified');
      assert.equal(evaluateSignUp({ email }, DOMAINS), 'unverified');
    });
  }

  const refused = [
    'x@acme.com.evil.com',
    'x@notacme.com',
    'x@sub.acme.com',
    'x@acme.co',
    'x@acme.com.',
    'x@acme.com ',
    ' x@acme.com\n',
    'x@ acme.com',
    'x@com',
    'acme.com@evil.com',
    'x@acme.com@evil.com',
    'x@evil.com@acme.com',
    '"x@evil.com"@acme.com',
    'x@evil.com,y@acme.com',
    'x@acme.com\0@evil.com',
    'x@evil.com\0@acme.com',
    'x@аcme.com',
    'x@xn--cme-6cd.com',
    'x@acme。com',
    '@acme.com',
    'acme.com',
    '@',
    '',
    'x@',
    'x@__proto__',
    'x@includes',
    'x\u200b@acme.com',
    '\u202emoc.live\u202c@acme.com',
    'x@acme.com\ufeff',
  ];
  for (const email of refused) {
    it(`refuses ${JSON.stringify(email)}, verified or not`, () => {
      assert.equal(evaluateSignUp({ email, emailVerified: true }, DOMAINS), 'refused');
      assert.equal(evaluateSignUp({ email, emailVerified: false }, DOMAINS), 'refused');
    });
  }

  const of = (provider: string, email = 'bea@acme.com') => ({ providerEmails: [{ provider, email }] });
  const byProvider: [what: string, request: Parameters<typeof evaluateSignUp>[0], decision: string][] = [
    ['Google, with several accounts per address', of('google.com'), 'admitted'],
    ['Apple', of('apple.com'), 'admitted'],
    ['Google in upper case', of('google.com', 'Bea@ACME.com'), 'admitted'],
    ['Google, after the own address was changed', { email: 'x@y.org', ...of('google.com') }, 'admitted'],
    ['Facebook', of('facebook.com'), 'unverified'],
    ['Microsoft', of('microsoft.com'), 'unverified'],
    ['GitHub', of('github.com'), 'unverified'],
    ['a SAML provider', of('saml.acme'), 'unverified'],
    ['an OpenID provider', of('oidc.acme'), 'unverified'],
    ['a password', of('password'), 'unverified'],
    ['a name like Google', of('google.com.evil.com'), 'unverified'],
    ['Google, for another domain', of('google.com', 'bea@evil.com'), 'refused'],
    [
      'Facebook, beside a verified address of another domain',
      { email: 'x@y.org', emailVerified: true, ...of('facebook.com') },
      'unverified',
    ],
    [
      'Google, for the own address that Firebase calls unverified',
      { email: 'bea@acme.com', emailVerified: false, ...of('google.com') },
      'unverified',
    ],
  ];
  for (const [what, request, decision] of byProvider) {
    it(`says ${decision} for an address of ${what}`, () => {
      assert.equal(evaluateSignUp(request, DOMAINS), decision);
    });
  }

  it('refuses a user without an e-mail address', () => {
    assert.equal(evaluateSignUp({}, DOMAINS), 'refused');
    assert.equal(evaluateSignUp({ emailVerified: true }, DOMAINS), 'refused');
  });
});
