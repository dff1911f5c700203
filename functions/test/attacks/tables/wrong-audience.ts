import { type Attack, isCognito } from '../attack.ts';
import { forgeToken, forgeWithClaim } from '../token-kinds.ts';

/** Signed by the issuer. Only the audience is wrong. */

const flipCase = (text: string) =>
  text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

/** Values that are similar to the audience, or not strings. */
function similarValues(audience: string): unknown[] {
  return [
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
    { [audience]: true },
    { aud: audience },
    [[audience]],
    '*',
    ['*'],
    '__proto__',
    audience.slice(0, -1),
    audience.slice(1),
    `${audience}x`,
    `x${audience}`,
    `${audience}/`,
    `${audience} `,
    ` ${audience}`,
    `${audience}\0`,
    flipCase(audience),
    `${audience},other`,
    `other ${audience}`,
    `${audience} other`,
    `${audience}#`,
    `${audience}?`,
    `["${audience}"]`,
    'another-project',
    ['another'],
  ];
}

export const wrongAudience: readonly Attack[] = [
  {
    name: 'an audience that is missing, another, or similar',
    tokens: (kind, { now }) => forgeWithClaim(kind, now, kind.audienceClaim, similarValues(kind.audience)),
  },
  {
    name: 'an aud array without our audience',
    appliesTo: ({ audienceClaim }) => audienceClaim === 'aud',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'aud', [
        ['another', 'third'],
        ['', null],
        [kind.audience.slice(1)],
        [kind.audience.toUpperCase()],
        [[kind.audience]],
        [{ aud: kind.audience }],
      ]),
  },
  {
    name: 'an ID token with our audience and another',
    appliesTo: ({ tokenUse, audienceClaim }) => tokenUse === 'id' && audienceClaim === 'aud',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'aud', [
        [kind.audience, 'another'],
        ['another', kind.audience],
        [kind.audience, kind.audience],
        [kind.audience, ''],
      ]),
  },
  {
    name: 'a client_id that is an array with our client',
    appliesTo: ({ audienceClaim }) => audienceClaim === 'client_id',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'client_id', [[kind.audience], [kind.audience, 'other'], [[kind.audience]]]),
  },
  {
    name: 'our client in aud or azp of a token for another client',
    appliesTo: ({ audienceClaim }) => audienceClaim === 'client_id',
    tokens: (kind, { now }) =>
      [{ aud: kind.audience }, { azp: kind.audience }, { aud: [kind.audience], azp: kind.audience }].map(
        (claims) => forgeToken(kind, now, { claims: { client_id: 'another', ...claims } }),
      ),
  },
  {
    name: 'a Cognito access token for another API (RFC 8707)',
    appliesTo: (kind) => isCognito(kind) && kind.tokenUse === 'access',
    tokens: (kind, { now }) =>
      forgeWithClaim(kind, now, 'aud', [
        'https://other-api.example.com',
        ['https://other-api.example.com'],
        [kind.audience, 'https://other-api.example.com'],
        '',
        null,
      ]),
  },
];
