import type { Attack } from '../attack.ts';
import { forgeWithClaim } from '../token-kinds.ts';

/** Signed by a trusted issuer. Only `iss` is wrong. */

/** Values that a lenient comparison takes for the issuer, and values that are not strings. */
function similarIssuers(issuer: string): unknown[] {
  const { host } = new URL(issuer);
  const path = new URL(issuer).pathname;
  const other = (text: string) => issuer.replace(host, text);
  return [
    issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`,
    `${issuer}//`,
    `${issuer}.evil.example`,
    `${issuer}x`,
    `x${issuer}`,
    ` ${issuer}`,
    `${issuer} `,
    `${issuer}\0`,
    `${issuer}\n`,
    issuer.toUpperCase(),
    issuer.replace('https', 'HTTPS'),
    other(host.toUpperCase()),
    other(`${host}:443`),
    other(`${host}.`),
    other(`user@${host}`),
    other(`evil.example@${host}`),
    other(`${host}@evil.example`),
    other(`${host}.evil.example`),
    other(`evil.example/${host}`),
    other(`x.${host}`),
    issuer.replace('https', 'http'),
    issuer.replace('https://', '//'),
    issuer.replace('https://', ''),
    issuer.replace('//', '/'),
    `https://${host}/x/..${path}`,
    `https://${host}/.${path}`,
    `https://${host}/${path}`,
    `https://${host}%2f${path}`,
    host,
    `${issuer}?x=1`,
    `${issuer}#x`,
    `${issuer}\\`,
    `${issuer}%00`,
    `${issuer};x`,
    issuer.replace('o', '\u043e'),
    issuer.replace('e', '\uff45'),
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
    'https://evil.example',
    'https://evil.example/',
    `https://evil.example/?${issuer}`,
    'about:blank',
    'data:,',
    'self',
    '*',
  ];
}

export const wrongIssuer: readonly Attack[] = [
  {
    name: 'an iss that is missing, untrusted, or like a trusted one',
    tokens: (kind, { now }) => forgeWithClaim(kind, now, 'iss', similarIssuers(kind.issuer)),
  },
  {
    name: 'an iss of another project, pool, tenant or token service',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'iss', [
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
