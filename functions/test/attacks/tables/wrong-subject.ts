import { externalId } from '../../../src/authn/external-identity.ts';
import { type Attack, isFirebase } from '../attack.ts';
import { forgeToken, forgeWithClaim, type TokenChanges, type TokenKind } from '../token-kinds.ts';

/** Signed by the issuer. Only the subject is invalid. */

/** The claims as JSON text, with more JSON text as last member. */
function payloadWith(kind: TokenKind, now: number, claims: TokenChanges['claims'], more: string): string {
  const payload = forgeToken(kind, now, { claims: claims ?? {} }).split('.')[1] ?? '';
  return `${Buffer.from(payload, 'base64url').toString().slice(0, -1)},${more}}`;
}

export const wrongSubject: readonly Attack[] = [
  {
    name: 'a sub that is missing, empty, too long or not a string',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'sub', [
        undefined,
        null,
        true,
        0,
        4711,
        '',
        [],
        ['member'],
        {},
        { sub: 'member' },
        's'.repeat(129),
        's'.repeat(2_000),
      ]),
  },
  {
    name: 'a sub with NUL, slash, line break, or a reserved document id',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'sub', [
        'member\0',
        '\0',
        'a/b',
        '/',
        '../owner',
        'member/../owner',
        'a\nb',
        'a\r\nb',
        '\u001b[31m',
        '\u0085',
        '\u007f',
        '.',
        '..',
        '__proto__',
        '__x__',
        '____',
      ]),
  },
  {
    name: 'a sub with a lone surrogate, which UTF-8 cannot encode',
    tokens: (kind, { now }) =>
      ['\\ud800', '\\udc00x', 'x\\ud83d'].map((sub) =>
        forgeToken(kind, now, { payload: payloadWith(kind, now, { sub: undefined }, `"sub":"${sub}"`) }),
      ),
  },
  {
    // The uid of a tenant's user can equal the uid of another user.
    name: 'a token of an Identity Platform tenant',
    appliesTo: isFirebase,
    tokens: (kind, { now }) =>
      [{ tenant: 'shop' }, { tenant: '' }, { tenant: null }].map((firebase) =>
        forgeToken(kind, now, { claims: { firebase } }),
      ),
  },
  {
    // Only token exchange creates such sessions, and it records the time of the exchanged sign-in.
    name: 'an exchanged session without a valid subject_auth_time',
    appliesTo: isFirebase,
    tokens: (kind, { now }) => {
      const sub = externalId('https://id.example.com', 'member');
      return [undefined, null, true, '', String(now), -1, now + 0.5, [now]].map((subject_auth_time) =>
        forgeToken(kind, now, { claims: { sub, user_id: sub, subject_auth_time } }),
      );
    },
  },
];
