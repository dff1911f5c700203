import { type Attack, isFirebase } from '../attack.ts';
import { type Changes, forgeOf, type Kind } from '../issuer-kinds.ts';

/** Really signed by the issuer, and by all else valid: only for whom, by whom or about whom is wrong. */

function each(kind: Kind, now: number, claim: string, values: readonly unknown[]): string[] {
  return values.map((value) => forgeOf(kind, now, { claims: { [claim]: value } }));
}

const flipCase = (text: string) =>
  text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

/** Almost the text, and what is no text. */
function strangersOf(ours: string): unknown[] {
  return [
    ...[
      undefined,
      null,
      true,
      0,
      '',
      ' ',
      {},
      [],
      [[]],
      [null],
      { [ours]: true },
      { aud: ours },
      [[ours]],
      '*',
      ['*'],
      '__proto__',
    ],
    ...[
      ours.slice(0, -1),
      ours.slice(1),
      `${ours}x`,
      `x${ours}`,
      `${ours}/`,
      `${ours} `,
      ` ${ours}`,
      `${ours}\0`,
      flipCase(ours),
    ],
    ...[
      `${ours},other`,
      `other ${ours}`,
      `${ours} other`,
      `${ours}#`,
      `${ours}?`,
      `["${ours}"]`,
      'another-project',
      ['another'],
    ],
  ];
}

const forWhom: readonly Attack[] = [
  {
    what: 'a token that is for somebody else, for nobody, or for almost us',
    tokens: (kind, { now }) => each(kind, now, kind.forWhom, strangersOf(kind.audience)),
  },
  {
    what: 'a list of audiences without ours',
    against: ({ forWhom }) => forWhom === 'aud',
    tokens: (kind, { now }) =>
      each(kind, now, 'aud', [
        ['another', 'third'],
        ['', null],
        [kind.audience.slice(1)],
        [kind.audience.toUpperCase()],
        [[kind.audience]],
        [{ aud: kind.audience }],
      ]),
  },
  {
    what: 'an ID token that is for others as well',
    against: ({ tokenUse, forWhom }) => tokenUse === 'id' && forWhom === 'aud',
    tokens: (kind, { now }) =>
      each(kind, now, 'aud', [
        [kind.audience, 'another'],
        ['another', kind.audience],
        [kind.audience, kind.audience],
        [kind.audience, ''],
      ]),
  },
  {
    what: 'a list with our client in it where a client belongs',
    against: ({ forWhom }) => forWhom === 'client_id',
    tokens: (kind, { now }) =>
      each(kind, now, 'client_id', [[kind.audience], [kind.audience, 'other'], [[kind.audience]]]),
  },
  {
    what: 'our client as audience or authorized party of a token for another client',
    against: ({ forWhom }) => forWhom === 'client_id',
    tokens: (kind, { now }) =>
      [{ aud: kind.audience }, { azp: kind.audience }, { aud: [kind.audience], azp: kind.audience }].map(
        (claims) => forgeOf(kind, now, { claims: { client_id: 'another', ...claims } }),
      ),
  },
];

/** Near misses of an issuer, each of which some comparison takes for it. */
function almost(issuer: string): unknown[] {
  const { host } = new URL(issuer);
  const path = new URL(issuer).pathname;
  const other = (text: string) => issuer.replace(host, text);
  return [
    ...[
      issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`,
      `${issuer}//`,
      `${issuer}.evil.example`,
      `${issuer}x`,
    ],
    ...[
      `x${issuer}`,
      ` ${issuer}`,
      `${issuer} `,
      `${issuer}\0`,
      `${issuer}\n`,
      issuer.toUpperCase(),
      issuer.replace('https', 'HTTPS'),
    ],
    ...[
      other(host.toUpperCase()),
      other(`${host}:443`),
      other(`${host}.`),
      other(`user@${host}`),
      other(`evil.example@${host}`),
    ],
    ...[
      other(`${host}@evil.example`),
      other(`${host}.evil.example`),
      other(`evil.example/${host}`),
      other(`x.${host}`),
    ],
    ...[
      issuer.replace('https', 'http'),
      issuer.replace('https://', '//'),
      issuer.replace('https://', ''),
      issuer.replace('//', '/'),
    ],
    ...[
      `https://${host}/x/..${path}`,
      `https://${host}/.${path}`,
      `https://${host}/${path}`,
      `https://${host}%2f${path}`,
      host,
    ],
    ...[
      `${issuer}?x=1`,
      `${issuer}#x`,
      `${issuer}\\`,
      `${issuer}%00`,
      `${issuer};x`,
      issuer.replace('o', '\u043e'),
      issuer.replace('e', '\uff45'),
    ],
    ...[
      undefined,
      null,
      true,
      0,
      '',
      [],
      {},
      [issuer],
      { iss: issuer },
      [[issuer]],
      '__proto__',
      'constructor',
      'toString',
    ],
    ...[
      'https://evil.example',
      'https://evil.example/',
      `https://evil.example/?${issuer}`,
      'about:blank',
      'data:,',
      'self',
      '*',
    ],
  ];
}

const byWhom: readonly Attack[] = [
  {
    what: 'an issuer that is almost one of ours, or none',
    tokens: (kind, { now }) => each(kind, now, 'iss', almost(kind.issuer)),
  },
  {
    what: 'the issuer of an account, of a session cookie, of another project, pool or tenant',
    tokens: (kind, { now }) =>
      each(kind, now, 'iss', [
        'https://securetoken.google.com/another-project',
        'https://securetoken.google.com/',
        'https://session.firebase.google.com/gatehouse-test',
        'https://accounts.google.com',
        'accounts.google.com',
        'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another',
        'https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_AccessPool',
        'https://issuer-cognito-idp.us-east-1.amazonaws.com/eu-west-1_AccessPool',
        'https://other.eu.auth0.com/',
        'https://tenant.us.auth0.com/',
        'https://rs256.example.com/other-realm',
        'https://rs256.example.com',
      ]),
  },
];

const aboutWhom: readonly Attack[] = [
  {
    what: 'a sub that is missing, empty, too long or no text',
    tokens: (kind, { now }) =>
      each(kind, now, 'sub', [
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
    what: 'a sub with a NUL, a slash or a line break, or a name that the database reserves',
    tokens: (kind, { now }) =>
      each(kind, now, 'sub', [
        ...[
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
        ],
        ...['.', '..', '__proto__', '__x__', '____'],
      ]),
  },
  {
    what: 'a sub with half of a surrogate pair, which is the same for a database as another one',
    tokens: (kind, { now }) =>
      ['\\ud800', '\\udc00x', 'x\\ud83d'].map((sub) =>
        forgeOf(kind, now, { payload: claimsText(kind, now, { sub: undefined }, `"sub":"${sub}"`) }),
      ),
  },
  {
    what: 'somebody of a tenant, whose id may be that of another person',
    against: isFirebase,
    tokens: (kind, { now }) =>
      [{ tenant: 'shop' }, { tenant: '' }, { tenant: null }].map((firebase) =>
        forgeOf(kind, now, { claims: { firebase } }),
      ),
  },
];

function claimsText(kind: Kind, now: number, claims: Changes['claims'], more: string): string {
  const payload = forgeOf(kind, now, { claims: claims ?? {} }).split('.')[1] ?? '';
  return `${Buffer.from(payload, 'base64url').toString().slice(0, -1)},${more}}`;
}

export const forOthers: readonly Attack[] = [...forWhom, ...byWhom, ...aboutWhom];
