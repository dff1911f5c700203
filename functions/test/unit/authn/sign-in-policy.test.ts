import assert from 'node:assert/strict';
import { externalId } from '../../../src/authn/external-identity.ts';
import { EVERY_SIGN_IN, refuseSignIn, type SignInPolicy } from '../../../src/authn/sign-in-policy.ts';

const policy = (rules: Partial<SignInPolicy>): SignInPolicy => ({
  ...EVERY_SIGN_IN,
  anonymous: false,
  ...rules,
});
const PROVIDERS = policy({ providers: ['google.com', 'password'] });
const DOMAINS = policy({ emailDomains: ['acme.com', 'acme.co.uk'] });
const VERIFIED = policy({ verifiedEmail: true });

const ada = { uid: 'ada', provider: 'google.com', email: 'ada@acme.com', emailVerified: true };
const { email: _email, emailVerified: _verified, ...noAddress } = ada;

type Case = readonly [policy: SignInPolicy, signIn: Parameters<typeof refuseSignIn>[1], reason?: string];

describe('sign-in policy', () => {
  const cases: Record<string, Case> = {
    'every sign-in without rules': [EVERY_SIGN_IN, { ...noAddress, provider: 'custom' }],
    'anonymous users without rules': [EVERY_SIGN_IN, { uid: 'x', provider: 'anonymous' }],
    'a provider of the list': [PROVIDERS, ada],
    'another provider': [PROVIDERS, { ...ada, provider: 'github.com' }, 'provider-not-allowed'],
    'a provider in other letters': [PROVIDERS, { ...ada, provider: 'Google.com' }, 'provider-not-allowed'],
    'a custom token that the list does not name': [
      PROVIDERS,
      { ...ada, provider: 'custom' },
      'provider-not-allowed',
    ],
    'a token that names no provider': [PROVIDERS, { ...ada, provider: '' }, 'provider-not-allowed'],
    'an anonymous user': [PROVIDERS, { uid: 'x', provider: 'anonymous' }, 'anonymous-not-allowed'],
    'an anonymous user where domains are listed': [
      DOMAINS,
      { uid: 'x', provider: 'anonymous' },
      'anonymous-not-allowed',
    ],
    'an anonymous user beside other rules, where allowed': [
      { ...DOMAINS, ...PROVIDERS, anonymous: true },
      { uid: 'x', provider: 'anonymous' },
    ],
    'a verified address of the domain': [DOMAINS, ada],
    'a verified address of the domain in upper case': [DOMAINS, { ...ada, email: 'Ada@ACME.co.UK' }],
    'an unverified address of the domain': [DOMAINS, { ...ada, emailVerified: false }, 'email-not-verified'],
    'an address that is not said to be verified': [
      DOMAINS,
      { ...ada, emailVerified: undefined },
      'email-not-verified',
    ],
    'a user without an address, where domains are listed': [DOMAINS, noAddress, 'email-domain-not-allowed'],
    'a verified address': [VERIFIED, { ...ada, email: 'ada@evil.com' }],
    'an unverified address': [VERIFIED, { ...ada, emailVerified: false }, 'email-not-verified'],
    'a phone user, where an address is required': [
      VERIFIED,
      { uid: 'x', provider: 'phone' },
      'email-not-verified',
    ],
    'a claim without an address': [VERIFIED, { ...noAddress, emailVerified: true }, 'email-not-verified'],
    'a user of another issuer': [PROVIDERS, { email: 'x@evil.com', provider: 'anything' }],
    'the account that a token exchange created': [
      policy({ providers: ['google.com'], emailDomains: ['acme.com'] }),
      { uid: externalId('https://issuer.example', 'x') },
    ],
    'a uid like that of a token exchange': [DOMAINS, { uid: 'ext-1' }, 'email-domain-not-allowed'],
    'an exchanged session: its provider was checked before': [PROVIDERS, { ...ada, provider: undefined }],
    'an exchanged session of another domain': [
      DOMAINS,
      { ...ada, provider: undefined, email: 'x@evil.com' },
      'email-domain-not-allowed',
    ],
  };
  for (const [what, [rules, signIn, reason]] of Object.entries(cases)) {
    it(`${reason === undefined ? 'allows' : 'refuses'} ${what}`, () => {
      assert.equal(refuseSignIn(rules, signIn), reason);
    });
  }

  for (const email of [
    'x@acme.com.evil.com',
    'x@notacme.com',
    'x@sub.acme.com',
    'x@evil.com@acme.com',
    'x@acme.com ',
    'x@acme.com\n',
    'x@аcme.com',
    '\u202emoc.live\u202c@acme.com',
    '@acme.com',
    'acme.com',
    '',
  ]) {
    it(`refuses ${JSON.stringify(email)} where acme.com is listed`, () => {
      assert.equal(refuseSignIn(DOMAINS, { ...ada, email }), 'email-domain-not-allowed');
    });
  }
});
